// Another engine carries on when one fails or is too slow: nothing lost, nothing doubled, and back
// again by a probe.
import { deepEqual, equal, ok } from 'node:assert/strict';
import { ManualClock } from '../../../../daemon/base/clock';
import type { ManagedEngines } from '../../../../daemon/asr/contract/enginesApi';
import type { EngineLease } from '../../../../daemon/asr/contract/engine';
import { EarmarkError } from '../../../../protocol/errors';
import {
  type SlowModel,
  slowEngines,
  slowModel,
  Speaker,
} from '../../../../testing/fakes/slowEngines';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

describe('engine route', function () {
  this.timeout(30_000);
  let clock: ManualClock;
  let engines: ManagedEngines;
  let engine: EngineLease;
  let speaker: Speaker;
  let reported: string[];

  async function begin(
    models: readonly SlowModel[],
    request: { provider?: string } = {},
  ): Promise<void> {
    clock = new ManualClock();
    engines = slowEngines(clock, models);
    engine = engines.open({ language: 'en', live: true, ...request });
    reported = [];
    engine.onDidWarn(({ code }) => reported.push(`${code} ${engine.degradationLevel}`));
    speaker = new Speaker(clock, engine);
    const ready = engine.ready();
    await speaker.silence(2 * SECOND);
    await ready;
  }
  afterEach(() => engines.dispose());

  function everyPhraseOnce(): void {
    deepEqual(
      speaker.recognised.map(({ text }) => text).sort(),
      Array.from({ length: speaker.said }, (_, i) => `phrase ${i + 1}`).sort(),
    );
  }
  const maxLag = (): number => Math.max(...speaker.recognised.map(({ lagMs }) => lagMs));

  it('gives the phrase to the next engine when one hangs, within 5 s of noticing it, and goes back by a probe', async () => {
    const first = slowModel('one', 'first', 0.1);
    const second = slowModel('two', 'second', 0.1);
    await begin([first, second]);
    await speaker.speak(20 * SECOND);
    first.hangsMs = 4_000;
    await speaker.speak(30 * SECOND);
    // 4 s until the deadline, then the second loads for 1 s and decodes for 0.5 s.
    ok(maxLag() <= 4_000 + 5_000, `lag ${maxLag()}`);
    equal(engines.list().find((e) => e.model === 'second')?.state, 'READY');
    first.hangsMs = undefined;
    await speaker.speak(30 * SECOND);
    await speaker.silence(5 * SECOND);
    everyPhraseOnce();
    equal(reported.filter((line) => line.startsWith('engine.failover')).length, 2);
  });

  it('goes on with the next engine when one is gone', async () => {
    const first = slowModel('one', 'first', 0.1);
    await begin([first, slowModel('two', 'second', 0.1)]);
    await speaker.speak(10 * SECOND);
    first.fails = new EarmarkError('engine.unavailable', 'It is gone.');
    await speaker.speak(MINUTE);
    await speaker.silence(5 * SECOND);
    everyPhraseOnce();
    ok(maxLag() <= 5 * SECOND);
  });

  it('says what is wrong with the engine that was wished, instead of taking another', async () => {
    const first = slowModel('one', 'first', 0.1);
    first.fails = new EarmarkError('model.missing', 'Pull it.');
    clock = new ManualClock();
    engines = slowEngines(clock, [first, slowModel('two', 'second', 0.1)]);
    engine = engines.open({ language: 'en', live: true, provider: 'one' });
    const outcome = engine.ready().then(
      () => 'ready',
      (error: unknown) => (error as EarmarkError).code,
    );
    await new Speaker(clock, engine).silence(2 * SECOND);
    equal(await outcome, 'model.missing');
  });

  it('fails in sight where nothing stands in, and works again after a retry', async () => {
    const only = slowModel('one', 'only', 0.1);
    await begin([only]);
    only.fails = new EarmarkError('engine.unavailable', 'It died five times.');
    await speaker.speak(5 * SECOND);
    await speaker.silence(SECOND);
    deepEqual(
      [
        speaker.recognised.map(({ text }) => text),
        reported,
        engines.main.state,
        engines.main.errors.map(({ message }) => message),
      ],
      [['engine.unavailable'], ['engine.unavailable NORMAL'], 'ERROR', ['It died five times.']],
    );
    only.fails = undefined;
    const retried = engines.retry();
    await speaker.silence(2 * SECOND);
    await retried;
    await speaker.speak(5 * SECOND);
    await speaker.silence(SECOND);
    deepEqual([speaker.recognised.at(-1)?.text, engines.main.state], ['phrase 2', 'READY']);
  });

  it('steps down to a faster provider under load, loses nothing, and is back to normal within 150 s after it', async () => {
    const first = slowModel('one', 'first', 0.1);
    await begin([first, slowModel('two', 'second', 0.05)]);
    await speaker.speak(30 * SECOND);
    first.rtf = 3;
    await speaker.speak(2 * MINUTE);
    deepEqual([engine.degradationLevel], ['FAILOVER']);
    first.rtf = 0.1;
    const begun = clock.now();
    while (engine.degradationLevel !== 'NORMAL' && clock.now() - begun < 5 * MINUTE)
      await speaker.speak(SECOND);
    ok(clock.now() - begun <= 150 * SECOND, `${clock.now() - begun} ms`);
    await speaker.silence(20 * SECOND);
    everyPhraseOnce();
    ok(maxLag() <= 10 * SECOND, `lag ${maxLag()}`);
  });

  it('goes no further down than the speed asks for, and does not swing for ten minutes', async () => {
    const first = slowModel('one', 'first', 0.1);
    await begin([first, slowModel('two', 'second', 0.05)]);
    await speaker.speak(30 * SECOND);
    const levels: string[] = [];
    engine.onDidWarn(
      ({ code }) => code === 'engine.degraded' && levels.push(engine.degradationLevel),
    );
    first.rtf = 1.5;
    await speaker.speak(10 * MINUTE, 500);
    await speaker.silence(10 * SECOND);
    deepEqual(
      [engine.degradationLevel, levels.includes('FAILOVER'), levels.length <= 3],
      ['EMERGENCY', false, true],
    );
    everyPhraseOnce();
  });

  it('does not count a file that is pushed at once', async () => {
    const first = slowModel('one', 'first', 1.6);
    await begin([first, slowModel('two', 'second', 0.1)]);
    const file = engines.open({ language: 'en', live: false });
    const all = Array.from({ length: 8 }, (_, i) =>
      file.decode(new Float32Array(80_000).fill((i + 1) / 10_000).fill(0.5, 100), {
        language: 'en',
        priority: 'final',
        sessionId: 'f',
      }),
    );
    await speaker.silence(70 * SECOND);
    deepEqual(
      [(await Promise.all(all)).map((r) => r?.text), file.degradationLevel, reported],
      [Array.from({ length: 8 }, (_, i) => `phrase ${i + 1}`), 'NORMAL', []],
    );
  });
});
