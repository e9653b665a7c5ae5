// A phrase that is decoded in its pause: published when the pause lasts, dropped when speech goes
// on, done again where the engine had no room.
import { deepEqual, equal } from 'node:assert/strict';
import type { AsrResult } from '../../../daemon/asr/contract/provider';
import { Drafts } from '../../../daemon/speech/drafts';
import { Speculation } from '../../../daemon/speech/speculation';
import type { Pause, Phrase } from '../../../daemon/vad/contract';
import { Harness, say } from '../../../testing/harness/sessionHarness';
import { ScriptedEngine } from '../../../testing/fakes/scripted/scriptedEngine';

const pcm = new Float32Array(16_000).fill(0.1);
const pause = (speechEndMs: number, complete = false): Pause => ({
  id: 's1',
  source: 'mic',
  startMs: 0,
  speechEndMs,
  pcm,
  complete,
});
const phrase = (speechEndMs: number): Phrase => ({
  id: 's1',
  source: 'mic',
  startMs: 0,
  endMs: speechEndMs + 400,
  speechEndMs,
  pcm,
  firstSeq: 0,
  lastSeq: 9,
  cause: 'silence',
});
const text = (words: string, more: Partial<AsrResult> = {}): AsrResult => ({
  text: words,
  words: [],
  confidence: 0.9,
  language: 'en',
  inferenceMs: 1,
  tokens: [7, 8],
  ...more,
});

describe('speculation', () => {
  /** What the phrase that ends with its speech at `endMs` gets after a pause at 900 ms. */
  async function taken(
    endMs: number,
    answer: AsrResult | undefined | 'busy',
    before: (s: Speculation) => void = () => undefined,
  ): Promise<string | undefined> {
    const engine = new ScriptedEngine();
    engine.script = () => (answer === 'busy' ? undefined : answer);
    if (answer === 'busy') engine.hold();
    if (answer === 'busy')
      void engine.decode(pcm, { language: 'en', priority: 'final', sessionId: 'other' });
    const speculation = new Speculation({
      engine,
      sessionId: 's',
      language: 'en',
      drafts: new Drafts(),
    });
    speculation.pause(pause(900));
    before(speculation);
    return (await speculation.take(phrase(endMs)))?.text;
  }

  it('gives its text to the phrase that ends with the pause', async () =>
    equal(await taken(900, text('yes')), 'yes'));
  it('keeps its text from a phrase that went on', async () =>
    equal(await taken(1500, text('yes')), undefined));
  it('is dropped when speech goes on', async () =>
    equal(await taken(900, text('yes'), (s) => s.cancel()), undefined));
  it('leaves to the final what a guard rejected', async () =>
    equal(await taken(900, text('', { rejected: 'loop' })), undefined));
  it('leaves to the final what the engine doubts and was heard early', async () =>
    equal(await taken(900, text('yes', { trust: 'low' })), undefined));
  it('says that a text is trusted when it is there, until speech goes on', async () => {
    const seen: boolean[] = [];
    for (const trust of ['high', 'fair'] as const) {
      const engine = {
        ready: () => Promise.resolve(),
        idle: true,
        decode: () => Promise.resolve(text('yes', { trust })),
      };
      const speculation = new Speculation({
        engine,
        sessionId: 's',
        language: 'en',
        drafts: new Drafts(),
      });
      speculation.pause(pause(900));
      seen.push(speculation.trusted);
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(speculation.trusted);
      speculation.cancel();
      seen.push(speculation.trusted);
    }
    deepEqual(seen, [false, true, false, false, false, false]);
  });
  /**
   * A source of which so many texts were trusted, and what it says of itself after each of the
   * given ones.
   */
  async function recognised(
    trusted: number,
    trusts: readonly AsrResult['trust'][],
  ): Promise<{ speculation: Speculation; seen: { trusted: boolean; doubted: boolean }[] }> {
    const answers = [...Array.from({ length: trusted }, () => 'high' as const), ...trusts];
    const engine = {
      ready: () => Promise.resolve(),
      idle: true,
      decode: () => Promise.resolve(text('yes', { trust: answers.shift() } as Partial<AsrResult>)),
    };
    const speculation = new Speculation({
      engine,
      sessionId: 's',
      language: 'en',
      drafts: new Drafts(),
    });
    const seen: { trusted: boolean; doubted: boolean }[] = [];
    while (answers.length > 0) {
      speculation.pause(pause(900));
      await new Promise((resolve) => setImmediate(resolve));
      seen.push({ trusted: speculation.trusted, doubted: speculation.doubted });
    }
    return { speculation, seen: seen.slice(trusted) };
  }
  it('doubts the phrase whose text was doubted, until it is over', async () => {
    const { speculation, seen } = await recognised(4, ['low']);
    await speculation.take(phrase(1500));
    deepEqual([seen, speculation.doubted], [[{ trusted: false, doubted: true }], false]);
  });
  it('trusts a text that is not doubted where the source is well heard', async () => {
    deepEqual((await recognised(4, ['fair'])).seen, [{ trusted: true, doubted: false }]);
    deepEqual((await recognised(0, ['fair'])).seen, [{ trusted: false, doubted: true }]);
  });
  it('decodes late in a source of which few texts are trusted, until they are again', async () => {
    const { seen } = await recognised(2, ['low', 'low', 'low', 'fair', 'high', 'high', 'high']);
    deepEqual(
      seen.map(({ doubted }) => doubted),
      [true, true, true, true, true, false, false],
    );
    equal(
      new Speculation({
        engine: new ScriptedEngine(),
        sessionId: 's',
        language: 'en',
        drafts: new Drafts(),
      }).doubted,
      true,
    );
  });
  it('trusts a text by its confidence, or its end, where the engine does not judge it', async () => {
    const trusted = async (given: Partial<AsrResult>, words: string): Promise<boolean> => {
      const result = { text: words, words: [], language: 'en', inferenceMs: 1, ...given };
      const speculation = new Speculation({
        engine: {
          ready: () => Promise.resolve(),
          idle: true,
          decode: () => Promise.resolve(result),
        },
        sessionId: 's',
        language: 'en',
        drafts: new Drafts(),
      });
      speculation.pause(pause(900));
      await new Promise((resolve) => setImmediate(resolve));
      return speculation.trusted;
    };
    deepEqual(
      [
        await trusted({ confidence: 0.95 }, 'ship it'),
        await trusted({ confidence: 0.8 }, 'ship it'),
        await trusted({}, 'Ship it.'),
        await trusted({}, 'Ship it because'),
      ],
      [true, false, true, false],
    );
  });
  it('publishes a doubted text of sound that was complete: another decode would give the same', async () => {
    const engine = new ScriptedEngine();
    engine.script = () => text('yes', { trust: 'low' });
    const speculation = new Speculation({
      engine,
      sessionId: 's',
      language: 'en',
      drafts: new Drafts(),
    });
    speculation.pause(pause(900, true));
    equal((await speculation.take(phrase(900)))?.text, 'yes');
  });
  it('learns how long decodes take, with the sound before the phrase', async () => {
    const engine = {
      ready: () => Promise.resolve(),
      idle: true,
      decode: () => Promise.resolve(text('yes', { inferenceMs: 200 })),
    };
    const speculation = new Speculation({
      engine,
      sessionId: 's',
      language: 'en',
      drafts: new Drafts(),
    });
    const before = speculation.decodeMs(10_000);
    for (let i = 0; i < 200; i++) {
      speculation.pause({ ...pause(900), left: { id: 's0', pcm } });
      await new Promise((resolve) => setImmediate(resolve));
    }
    // 200 ms for two seconds.
    deepEqual([before, Math.round(speculation.decodeMs(10_000) / 10)], [300, 100]);
  });
  it('has nothing where the engine was busy', async () =>
    equal(await taken(900, 'busy'), undefined));

  it('makes finals of a recording without a second decode, and loses no word', async () => {
    const h = new Harness();
    const finals: string[] = [];
    await h.recorded({}, (event) => event.kind === 'final' && finals.push(event.segment.text));
    await h.speak('mic', say(1, 2, 3));
    deepEqual([finals, h.engine.decoded], [['w1', 'w2', 'w3'], []]);
    h.dispose();
  });

  it('gives the tokens of the last decode to the next of its phrase, and those of the final before to its continuation', () => {
    const drafts = new Drafts();
    const left = { id: 's1', pcm };
    drafts.keep('s2', [1, 2]);
    drafts.keepFinal('s1', [3]);
    deepEqual(
      [
        drafts.of({ id: 's2', left }),
        drafts.of({ id: 's3' }),
        drafts.of({ id: 's3', left: { id: 's9', pcm } }),
        drafts.of({ id: 's3', left }),
      ],
      [
        { context: { draft: [1, 2], left: { pcm, tokens: [3] } } },
        {},
        {},
        { context: { left: { pcm, tokens: [3] } } },
      ],
    );
  });
});
