// The open phrase as a stream: partials, the final, and every way back to a decode as a whole.
import { deepEqual, equal, ok } from 'node:assert/strict';
import type { AsrResult, StreamedText } from '../../../daemon/asr/contract/provider';
import type { EngineStream } from '../../../daemon/asr/contract/engine';
import { Streaming } from '../../../daemon/speech/streaming';
import type { OpenPhrase, Phrase } from '../../../daemon/vad/contract';
import { EarmarkError } from '../../../protocol/errors';

const turn = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await new Promise(setImmediate);
};
const result = (text: string, endMs = 100): AsrResult => ({
  text,
  words: [{ text, startMs: 0, endMs, confidence: 0.9, timing: 'model' }],
  confidence: 0.9,
  language: 'en',
  inferenceMs: 1,
});

/** Takes audio when the test lets it. */
class FakeStream implements EngineStream {
  samples = 0;
  pushes = 0;
  ended = 0;
  closed = 0;
  failure: EarmarkError | undefined;
  private waiting: (() => void)[] = [];
  constructor(private readonly held = false) {}
  async push(pcm: Float32Array): Promise<StreamedText> {
    this.pushes++;
    if (this.held) await new Promise<void>((resolve) => this.waiting.push(resolve));
    if (this.failure) throw this.failure;
    this.samples += pcm.length;
    return { stable: 'we', unstable: `${this.samples}` };
  }
  async end(): Promise<AsrResult> {
    await Promise.resolve();
    if (this.failure) throw this.failure;
    this.ended++;
    return result(`all ${this.samples}`, 5_000);
  }
  close(): void {
    this.closed++;
  }
  let(): void {
    for (const release of this.waiting.splice(0)) release();
  }
}

function rig(stream: FakeStream | undefined, opening: Promise<unknown> = Promise.resolve()) {
  const texts: string[] = [];
  const streaming = new Streaming({
    engine: {
      ready: () => Promise.resolve(),
      decode: () => Promise.reject(new Error('not used here')),
      idle: true,
      openStream: () => opening.then(() => stream),
    },
    sessionId: 's',
    language: 'en',
    onText: (id, { stable, unstable }) => texts.push(`${id}: ${stable} | ${unstable}`),
  });
  const pcm = new Float32Array(16_000);
  return {
    streaming,
    texts,
    /** The phrase has this many samples now. */
    spoken: (samples: number) =>
      streaming.tick((from): OpenPhrase => ({
        id: 'a',
        source: 'mic',
        startMs: 0,
        pcm: pcm.slice(from, samples),
      })),
    phrase: (samples: number, change: Partial<Phrase> = {}): Phrase => ({
      id: 'a',
      source: 'mic',
      startMs: 0,
      endMs: samples / 16,
      speechEndMs: samples / 16,
      pcm: pcm.slice(0, samples),
      firstSeq: 0,
      lastSeq: 1,
      cause: 'silence',
      ...change,
    }),
  };
}

describe('a streamed phrase', () => {
  it('gives partials, and its end gives the final with all of its audio', async () => {
    const stream = new FakeStream();
    const { streaming, texts, spoken, phrase } = rig(stream);
    streaming.onset('a');
    await turn();
    for (const samples of [1_000, 2_000, 2_100, 4_000]) {
      spoken(samples);
      await turn();
    }
    deepEqual(texts, ['a: we | 2000', 'a: we | 4000']);
    const final = await streaming.take(phrase(5_000));
    equal(final?.text, 'all 5000');
    equal(final.words[0]?.endMs, 312.5, 'no word ends after its phrase');
    equal(streaming.active, false);
    deepEqual([stream.ended, stream.closed], [1, 0]);
  });

  it('pushes one piece at a time; newer audio waits in the phrase', async () => {
    const stream = new FakeStream(true);
    const { streaming, spoken, phrase } = rig(stream);
    streaming.onset('a');
    await turn();
    for (let samples = 1_600; samples <= 16_000; samples += 320) spoken(samples);
    equal(stream.pushes, 1);
    stream.let();
    await turn();
    spoken(16_000);
    equal(stream.pushes, 2);
    stream.let();
    await turn();
    equal(stream.samples, 16_000);
    equal((await streaming.take(phrase(16_000)))?.text, 'all 16000');
  });

  it('is decoded as a whole when a push fails', async () => {
    const stream = new FakeStream();
    const { streaming, spoken, phrase, texts } = rig(stream);
    streaming.onset('a');
    await turn();
    stream.failure = new EarmarkError('engine.crashed', 'The worker stopped.');
    spoken(3_000);
    await turn();
    equal(streaming.active, false);
    equal(streaming.take(phrase(3_000)), undefined);
    deepEqual([texts.length, stream.closed], [0, 1]);
  });

  it('is decoded as a whole when the push in progress at its end fails', async () => {
    const stream = new FakeStream(true);
    const { streaming, spoken, phrase } = rig(stream);
    streaming.onset('a');
    await turn();
    spoken(3_000);
    const taken = streaming.take(phrase(3_000));
    ok(taken);
    stream.failure = new EarmarkError('engine.timeout', 'Too slow.');
    stream.let();
    equal(await taken, undefined);
    equal(stream.closed, 1);
  });

  it('is decoded as a whole after a cut, behind a cut, and when it has audio of the next', async () => {
    for (const change of [
      { cause: 'cap' as const },
      { left: { id: 'before', pcm: new Float32Array(10) } },
      { cause: 'flush' as const, pcm: new Float32Array(1_000) },
    ]) {
      const stream = new FakeStream();
      const { streaming, spoken, phrase } = rig(stream);
      streaming.onset('a');
      await turn();
      spoken(3_000);
      await turn();
      equal(streaming.take(phrase(3_000, change)), undefined);
      equal(stream.closed, 1);
    }
  });

  it('closes a stream that opens after its phrase ended or was dropped', async () => {
    let open: (value: unknown) => void = () => undefined;
    const stream = new FakeStream();
    const { streaming, phrase } = rig(stream, new Promise((resolve) => (open = resolve)));
    streaming.onset('a');
    equal(streaming.take(phrase(1_000)), undefined);
    open(undefined);
    await turn();
    equal(stream.closed, 1);
  });

  it('leaves an engine without streams to its decodes', async () => {
    const { streaming, phrase } = rig(undefined);
    streaming.onset('a');
    await turn();
    equal(streaming.active, false);
    equal(streaming.take(phrase(1_000)), undefined);
  });
});
