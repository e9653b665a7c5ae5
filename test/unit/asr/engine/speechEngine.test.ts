// The engine's policy over decoders that do as they are told.
import { deepEqual, equal } from 'node:assert/strict';
import type { DecodeRequest, AsrResult } from '../../../../daemon/asr/contract/provider';
import {
  type Decoder,
  type DetectorService,
  createSpeechEngine,
} from '../../../../daemon/asr/engine/speechEngine';
import type {
  InferenceWorkerHealth,
  ManagedSpeechEngine,
} from '../../../../daemon/asr/contract/speechEngineApi';
import { ManualClock } from '../../../../daemon/base/clock';
import { Emitter } from '../../../../daemon/base/emitter';
import { EarmarkError, type ErrorCode } from '../../../../protocol/errors';

const turn = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await new Promise(setImmediate);
};
const error = (code: ErrorCode): EarmarkError => new EarmarkError(code, `This is ${code}.`);

class FakeDecoder implements Decoder {
  starts = 0;
  stops = 0;
  decodes = 0;
  /** Errors of the next starts and decodes; the warm-up does not count. */
  startErrors: EarmarkError[] = [];
  errors: EarmarkError[] = [];
  text = 'we ship it on monday';
  held = false;
  private release: (() => void)[] = [];

  start(): Promise<void> {
    this.starts++;
    const failure = this.startErrors.shift();
    return failure ? Promise.reject(failure) : Promise.resolve();
  }
  stop(): void {
    this.stops++;
  }
  health(): InferenceWorkerHealth {
    return { name: 'fake', state: 'ready', restarts: 0 };
  }
  async transcribe(pcm: Float32Array, options: DecodeRequest): Promise<AsrResult> {
    const warmUp = pcm.length === 16_000 && pcm[0] === 0;
    if (!warmUp) {
      this.decodes++;
      if (this.held) await new Promise<void>((resolve) => this.release.push(resolve));
      const failure = this.errors.shift();
      if (failure) throw failure;
    }
    return {
      text: this.text,
      words: [],
      confidence: 0.9,
      language: options.language,
      inferenceMs: 50,
    };
  }
  let(): void {
    for (const release of this.release.splice(0)) release();
  }
}

class FakeDetectors implements DetectorService {
  starts = 0;
  stops = 0;
  fails = false;
  start(): Promise<void> {
    this.starts++;
    return this.fails ? Promise.reject(error('model.missing')) : Promise.resolve();
  }
  stop(): void {
    this.stops++;
  }
  health(): InferenceWorkerHealth[] {
    return [{ name: 'vad', state: 'ready', restarts: 0 }];
  }
  create(): never {
    throw new Error('not asked for here');
  }
}

interface Rig {
  engine: ManagedSpeechEngine;
  decoders: FakeDecoder[];
  detectors: FakeDetectors;
  clock: ManualClock;
  warnings: string[];
  restart: Emitter<{ name: string }>;
  giveUp: Emitter<EarmarkError>;
}
function rig(count = 2): Rig {
  const clock = new ManualClock();
  const decoders = Array.from({ length: count }, () => new FakeDecoder());
  const detectors = new FakeDetectors();
  const restart = new Emitter<{ name: string }>();
  const giveUp = new Emitter<EarmarkError>();
  const engine = createSpeechEngine({
    clock,
    provider: 'fake',
    model: 'fake-1',
    decoders,
    detectors,
    onDidRestart: restart.event,
    onDidFail: giveUp.event,
    stopIdleMs: 60_000,
    coolDownMs: 15_000,
  });
  const warnings: string[] = [];
  engine.onDidWarn((w) => warnings.push(w.code));
  return { engine, decoders, detectors, clock, warnings, restart, giveUp };
}
const speech = new Float32Array(32_000).fill(0.1);
const decode = (
  engine: ManagedSpeechEngine,
  priority: 'final' | 'partial' = 'final',
  pcm = speech,
): Promise<AsrResult | undefined> =>
  engine.decode(pcm, { language: 'en', priority, sessionId: 's' });
const code = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'fine',
    (e: unknown) => (e as EarmarkError).code,
  );

describe('speech engine', () => {
  it('loads once for all who wait, with the first decoder alone', async () => {
    const { engine, decoders, detectors } = rig();
    equal(engine.status.state, 'UNINITIALIZED');
    const all = [engine.ready(), engine.ready(), decode(engine)];
    equal(engine.status.state, 'LOADING');
    await Promise.all(all);
    deepEqual(
      [
        engine.status.state,
        decoders.map((d) => d.starts),
        detectors.starts,
        engine.workers().map((w) => w.name),
      ],
      ['READY', [1, 0], 1, ['vad', 'fake', 'fake']],
    );
  });

  it('says at once that its workers died too often, also when nothing is decoded, and a retry brings it back', async () => {
    const { engine, decoders, giveUp, warnings } = rig();
    await engine.ready();
    giveUp.fire(error('engine.unavailable'));
    deepEqual(
      [engine.status.state, engine.status.error, warnings, decoders[0]?.stops],
      ['ERROR', error('engine.unavailable').message, ['engine.unavailable'], 1],
    );
    await engine.retry();
    deepEqual(
      [engine.status.state, (await decode(engine))?.text],
      ['READY', 'we ship it on monday'],
    );
  });

  describe('takes other files of its model between two phrases', () => {
    it('beside the old ones where a decoder is to spare', async () => {
      const { engine, decoders } = rig();
      await engine.ready();
      const [old, fresh] = decoders as [FakeDecoder, FakeDecoder];
      fresh.text = 'we ship it on tuesday';
      old.held = true;
      const before = decode(engine);
      await turn();
      const swapped = engine.swap();
      await turn();
      const [meanwhile] = await Promise.all([decode(engine)]);
      deepEqual(
        [meanwhile?.text, old.stops, engine.status.state],
        ['we ship it on tuesday', 0, 'READY'],
      );
      old.let();
      await swapped;
      deepEqual(
        [(await before)?.text, (await decode(engine))?.text, old.stops, old.decodes],
        ['we ship it on monday', 'we ship it on tuesday', 1, 1],
      );
    });

    it('in the place of the old ones where there is but one', async () => {
      const { engine, decoders } = rig(1);
      await engine.ready();
      const [only] = decoders as [FakeDecoder];
      only.held = true;
      const before = decode(engine);
      await turn();
      const swaps = [engine.swap(), engine.swap()];
      const waiting = decode(engine);
      await turn();
      deepEqual([only.starts, only.stops], [1, 0]);
      only.held = false;
      only.let();
      await Promise.all(swaps);
      deepEqual(
        [(await before)?.text, (await waiting)?.text, only.starts, only.stops, engine.status.state],
        ['we ship it on monday', 'we ship it on monday', 2, 1, 'READY'],
      );
    });

    it('and says where those are no good', async () => {
      const { engine, decoders, warnings } = rig(1);
      await engine.ready();
      decoders[0]?.startErrors.push(error('model.incompatible'));
      deepEqual(
        [await code(engine.swap()), engine.status.state, warnings],
        ['model.incompatible', 'ERROR', []],
      );
      await engine.retry();
      equal(engine.status.state, 'READY');
    });

    it('but loads nothing that was not loaded', async () => {
      const { engine, decoders } = rig();
      await engine.swap();
      deepEqual([engine.status.state, decoders[0]?.starts], ['UNINITIALIZED', 0]);
    });
  });

  it('is ready without its speech detector', async () => {
    const { engine, detectors } = rig();
    detectors.fails = true;
    await engine.ready();
    equal(engine.status.state, 'READY');
  });

  it('says what is wrong with the model, and tries again when asked again', async () => {
    const { engine, decoders } = rig();
    decoders[0]?.startErrors.push(error('model.missing'));
    equal(await code(decode(engine)), 'model.missing');
    deepEqual([engine.status.state, engine.status.error], ['ERROR', 'This is model.missing.']);
    equal((await decode(engine))?.text, 'we ship it on monday');
    equal(engine.status.error, undefined);
  });

  it('decodes the phrase in flight again after a crash, once', async () => {
    const { engine, decoders } = rig();
    await engine.ready();
    decoders[0]?.errors.push(error('engine.crashed'));
    equal((await decode(engine))?.text, 'we ship it on monday');
    decoders[0]?.errors.push(error('engine.timeout'), error('engine.crashed'));
    equal(await code(decode(engine)), 'engine.crashed');
    equal(engine.status.state, 'READY');
  });

  it('goes on with the decoder that is left, and fails with the last one', async () => {
    const { engine, decoders, warnings, clock } = rig();
    await engine.ready();
    for (const d of decoders) d.held = true;
    const two = [decode(engine), decode(engine)];
    await turn();
    deepEqual(
      decoders.map((d) => d.decodes),
      [1, 1],
    );
    decoders[1]?.errors.push(error('engine.unavailable'));
    decoders[1]?.let();
    await turn();
    equal(engine.status.state, 'READY');
    for (const d of decoders) d.held = false;
    decoders[0]?.let();
    await Promise.all(two);
    decoders[0]?.errors.push(error('engine.unavailable'));
    equal(await code(decode(engine)), 'engine.unavailable');
    deepEqual([engine.status.state, warnings], ['ERROR', ['engine.unavailable']]);
    // A loop of callers does not start it over and over; a person does, and so does time.
    deepEqual([await code(engine.ready()), decoders[0]?.starts], ['engine.unavailable', 1]);
    deepEqual(
      [await code(engine.retry()), decoders[0]?.starts, engine.status.state],
      ['fine', 2, 'READY'],
    );
    decoders[0]?.errors.push(error('engine.unavailable'));
    await code(decode(engine));
    clock.advance(15_000);
    equal(await code(engine.ready()), 'fine');
  });

  it('starts a second decoder when phrases wait, and stops it when it had nothing to do', async () => {
    const { engine, decoders, clock } = rig();
    await engine.ready();
    for (const d of decoders) d.held = true;
    const three = [decode(engine), decode(engine), decode(engine)];
    await turn();
    deepEqual(
      [decoders.map((d) => d.starts), decoders.map((d) => d.decodes), engine.status.queuedMs],
      [[1, 1], [1, 1], 2000],
    );
    for (const d of decoders) d.held = false;
    for (const d of decoders) d.let();
    await Promise.all(three);
    clock.advance(30_000);
    equal(decoders[1]?.stops, 0);
    clock.advance(60_000);
    deepEqual([decoders.map((d) => d.stops), clock.pending], [[0, 1], 0]);
    await decode(engine);
  });

  it('has partials only while it is idle', async () => {
    const { engine, decoders } = rig(1);
    equal(await decode(engine, 'partial'), undefined);
    await engine.ready();
    equal((await decode(engine, 'partial'))?.text, 'we ship it on monday');
    if (decoders[0]) decoders[0].held = true;
    const final = decode(engine);
    await turn();
    deepEqual([engine.idle, await decode(engine, 'partial')], [false, undefined]);
    decoders[0]?.let();
    await final;
    equal(engine.idle, true);
  });

  it('rejects what the guards reject, and counts finals alone', async () => {
    const { engine, decoders } = rig();
    await engine.ready();
    const short = await decode(engine, 'final', new Float32Array(3_000).fill(0.1));
    await decode(engine, 'partial', new Float32Array(3_000).fill(0.1));
    const quiet = await decode(engine, 'final', new Float32Array(32_000).fill(0.0001));
    deepEqual(
      [short?.rejected, quiet?.rejected, decoders[0]?.decodes],
      ['tooShort', 'tooQuiet', 0],
    );
    if (decoders[0]) decoders[0].text = 'so so so so so so so so so so so so so so so so';
    const loop = await decode(engine);
    deepEqual([loop?.text, loop?.rejected, loop?.inferenceMs], ['', 'loop', 50]);
    deepEqual(engine.status.rejected, {
      tooShort: 1,
      tooQuiet: 1,
      loop: 1,
      knownSilencePhrase: 0,
      tooManyWords: 0,
    });
  });

  it('knows how fast it is', async () => {
    const { engine } = rig();
    equal(engine.status.recentRtf, 0);
    await decode(engine);
    equal(engine.status.recentRtf, 0.025);
  });

  it('tells of a worker that was started again', () => {
    const { warnings, restart } = rig();
    restart.fire({ name: 'asr-1' });
    deepEqual(warnings, ['engine.restarted']);
  });

  it('ends everything when it is disposed', async () => {
    const { engine, decoders, detectors, clock } = rig();
    await engine.ready();
    for (const d of decoders) d.held = true;
    const all = [decode(engine), decode(engine), decode(engine)].map(code);
    await turn();
    engine.dispose();
    engine.dispose();
    for (const d of decoders) d.let();
    deepEqual(await Promise.all(all), ['fine', 'fine', 'engine.unavailable']);
    deepEqual(
      [
        decoders.map((d) => d.stops > 0),
        detectors.stops,
        clock.pending,
        await code(engine.ready()),
      ],
      [[true, true], 1, 0, 'engine.unavailable'],
    );
  });
});
