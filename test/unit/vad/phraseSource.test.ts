// One source from frames to phrases: numbering, time, seams, gaps, backpressure, fallback.
import { deepEqual, equal, ok } from 'node:assert/strict';
import fc from 'fast-check';
import { FRAME_SAMPLES, type Frame } from '../../../daemon/audio/frame';
import {
  type Pause,
  type Phrase,
  type PhraseSourceSetup,
  type SpeechDetector,
  VAD_WINDOW,
} from '../../../daemon/vad/contract';
import { PhraseSource, framesOf } from '../../../daemon/vad/phraseSource';

/** Calls a window speech when it is loud. */
class LoudnessDetector implements SpeechDetector {
  asked = 0;
  resets = 0;
  detect(windows: Float32Array): Promise<Float32Array> {
    const out = new Float32Array(windows.length / VAD_WINDOW);
    this.asked += out.length;
    for (let w = 0; w < out.length; w++)
      out[w] = windows.subarray(w * VAD_WINDOW, (w + 1) * VAD_WINDOW).some((x) => Math.abs(x) > 0.1)
        ? 0.9
        : 0.01;
    return Promise.resolve(out);
  }
  reset(): void {
    this.resets++;
  }
  dispose(): void {
    this.asked = -1;
  }
}

/** Audio made of [milliseconds, loud?]; every sample differs from the others near it. */
function audio(...parts: readonly (readonly [number, boolean])[]): Int16Array {
  const out: number[] = [];
  for (const [length, loud] of parts)
    for (let i = 0; i < length * 16; i++)
      out.push(loud ? 8000 + (out.length % 9000) : out.length % 7);
  return Int16Array.from(out);
}

function make(setup: Partial<PhraseSourceSetup> = {}): {
  source: PhraseSource;
  phrases: Phrase[];
  log: string[];
} {
  const phrases: Phrase[] = [];
  const log: string[] = [];
  let id = 0;
  const source = new PhraseSource({
    source: 'mic',
    detector: new LoudnessDetector(),
    newId: () => `p${++id}`,
    onOnset: (onset) => log.push(`onset ${onset.id} ${onset.startMs}`),
    onPhrase: (phrase) => {
      phrases.push(phrase);
      log.push(
        `${phrase.cause} ${phrase.id} ${phrase.startMs}-${phrase.endMs} frames ${phrase.firstSeq}-${phrase.lastSeq}`,
      );
    },
    onFallback: () => log.push('fallback'),
    options: { postRollMs: 200, shortPhraseMs: 0 },
    ...setup,
  });
  return { source, phrases, log };
}

describe('PhraseSource', () => {
  it('gives a phrase with its times, frames and samples', async () => {
    const { source, phrases, log } = make();
    const pcm = audio([1024, false], [992, true], [1000, false]);
    await source.process(framesOf('mic', pcm));
    deepEqual(log, ['onset p1 724', 'silence p1 724-2216 frames 36-110']);
    deepEqual(
      phrases[0]?.pcm,
      Float32Array.from(pcm.subarray(724 * 16, 2216 * 16), (x) => x / 32768),
    );
    equal(phrases[0]?.speechEndMs, 2016);
  });

  it('gives the phrase before along with one that goes on right behind it, and with nothing else', async () => {
    const recognised = async (
      leadMaxMs: number,
      leadGapMs = 400,
      doubted = false,
    ): Promise<string[]> => {
      const { source, phrases } = make({
        options: {
          postRollMs: 200,
          shortPhraseMs: 0,
          maxPhraseMs: 2048,
          cutSearchMs: 500,
          leadGapMs,
          leadMaxMs,
          doubtedLeadGapMs: 400,
        },
        doubted: () => doubted,
      });
      const pcm = audio(
        [992, true],
        [700, false],
        [992, true],
        [1500, false],
        [2500, true],
        [1000, false],
        [500, true],
      );
      await source.process(framesOf('mic', pcm));
      await source.flush();
      await source.process(
        framesOf('mic', audio([640, true], [800, false]), Math.ceil(pcm.length / FRAME_SAMPLES)),
      );
      return phrases.map(({ id, cause, left, right }) =>
        `${id} ${cause} ${left ? `after ${left.id}, ${left.pcm.length / 16} ms` : ''}${right ? `before ${right.length / 16} ms` : ''}`.trim(),
      );
    };
    const all = [
      'p1 silence',
      'p2 silence after p1, 1364 ms',
      'p3 cap before 240 ms',
      'p4 silence after p3, 1820 ms',
      'p5 flush',
      'p6 silence',
    ];
    deepEqual(await recognised(12_000), all);
    // Too long together; behind a cut it comes all the same.
    deepEqual(await recognised(2_000), [
      'p1 silence',
      'p2 silence',
      'p3 cap before 240 ms',
      'p4 silence after p3, 1820 ms',
      'p5 flush',
      'p6 silence',
    ]);
    deepEqual(await recognised(12_000, 100), [
      'p1 silence',
      'p2 silence',
      'p3 cap before 240 ms',
      'p4 silence after p3, 1820 ms',
      'p5 flush',
      'p6 silence',
    ]);
    // What is doubted needs what was said before.
    deepEqual(await recognised(12_000, 100, true), all);
  });

  it('announces a pause under the id and end that the phrase will have', async () => {
    const pauses: string[] = [];
    const { source, phrases } = make({
      onPause: (p) => pauses.push(`${p.id} ${p.startMs} ${p.speechEndMs}`),
      onResume: ({ id }) => pauses.push(`${id} goes on`),
      decodeMs: () => 80,
    });
    await source.process(
      framesOf('mic', audio([1024, false], [992, true], [390, false], [640, true], [1000, false])),
    );
    deepEqual(pauses, ['p1 724 2016', 'p1 goes on', `p1 724 ${phrases[0]?.speechEndMs}`]);
  });

  it('says whether the sound of a pause is that of its phrase to the last sample', async () => {
    for (const doubted of [true, false]) {
      const pauses: Pause[] = [];
      const { source, phrases } = make({
        onPause: (pause) => pauses.push(pause),
        decodeMs: () => 80,
        doubted: () => doubted,
        options: { postRollMs: 400, shortPhraseMs: 8_000 },
      });
      await source.process(framesOf('mic', audio([1024, false], [992, true], [1000, false])));
      deepEqual(
        pauses.map(({ complete }) => complete),
        [doubted],
      );
      if (doubted) deepEqual(pauses[0]?.pcm, phrases[0]?.pcm);
    }
  });

  it('gives the same phrases for any slicing of the input', async () => {
    const pcm = audio(
      [500, false],
      [900, true],
      [700, false],
      [3000, true],
      [300, false],
      [2500, true],
      [900, false],
    );
    const whole = make({ options: { shortPhraseMs: 0, maxPhraseMs: 2000, cutSearchMs: 800 } });
    await whole.source.process(framesOf('mic', pcm));
    await whole.source.flush();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 150 }), { minLength: 1, maxLength: 40 }),
        async (cuts) => {
          const sliced = make({
            options: { shortPhraseMs: 0, maxPhraseMs: 2000, cutSearchMs: 800 },
          });
          const frames = framesOf('mic', pcm);
          for (let at = 0, i = 0; at < frames.length; i++) {
            const take = cuts[i % cuts.length] ?? 1;
            await sliced.source.process(frames.slice(at, at + take));
            at += take;
          }
          await sliced.source.flush();
          deepEqual(sliced.log, whole.log);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('loses and doubles no sample of speech at the seams of a cap', async () => {
    const { source, phrases } = make({
      options: { shortPhraseMs: 0, maxPhraseMs: 1500, cutSearchMs: 700 },
    });
    const pcm = audio([320, false], [8000, true], [1000, false]);
    await source.process(framesOf('mic', pcm));
    const joined = phrases.flatMap((p) => [...p.pcm]);
    ok(phrases.length >= 5);
    deepEqual(
      phrases.slice(0, -1).map((p) => p.cause),
      phrases.slice(0, -1).map(() => 'cap'),
    );
    const from = (phrases[0]?.startMs ?? 0) * 16;
    deepEqual(
      joined,
      Array.from(pcm.subarray(from, from + joined.length), (x) => Math.fround(x / 32768)),
    );
    ok(from + joined.length >= 8320 * 16);
  });

  it('finds the same phrases at the same times where it is taken up behind one that silence ended', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.tuple(fc.integer({ min: 3, max: 4_000 }), fc.integer({ min: 50, max: 2_000 })),
          { minLength: 2, maxLength: 6 },
        ),
        async (parts) => {
          const options = {
            shortPhraseMs: 0,
            preRollMs: 800,
            maxPhraseMs: 2_000,
            cutSearchMs: 700,
            leadGapMs: 0,
          };
          const frames = framesOf(
            'mic',
            audio(
              ...parts.flatMap(
                ([loud, quiet]) =>
                  [
                    [loud, true],
                    [quiet, false],
                  ] as const,
              ),
              [1_000, false],
            ),
          );
          const said = (phrases: readonly Phrase[]): unknown =>
            phrases.map(({ startMs, endMs, speechEndMs, firstSeq, lastSeq, cause, pcm }) => [
              startMs,
              endMs,
              speechEndMs,
              firstSeq,
              lastSeq,
              cause,
              pcm.length,
            ]);
          const whole = make({ options });
          await whole.source.process(frames);
          for (const [i, { lastSeq, cause }] of whole.phrases.entries()) {
            if (cause !== 'silence') continue;
            const again = make({ options, fromSeq: lastSeq + 1 });
            await again.source.process(frames.slice(lastSeq + 1));
            deepEqual(said(again.phrases), said(whole.phrases.slice(i + 1)));
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('cuts at the quietest frame within the search', async () => {
    const { source, phrases } = make({
      options: { shortPhraseMs: 0, maxPhraseMs: 2000, cutSearchMs: 1000 },
    });
    await source.process(
      framesOf('mic', audio([1500, true], [60, false], [1500, true], [600, false])),
    );
    deepEqual(
      phrases.map((p) => [p.cause, p.startMs, p.endMs >= 1500 && p.endMs <= 1560]),
      [
        ['cap', 0, true],
        ['silence', phrases[0]?.endMs, false],
      ],
    );
  });

  it('offers the open phrase under the id its phrase will have', async () => {
    const { source, phrases } = make();
    const frames = framesOf('mic', audio([320, false], [1000, true], [1000, false]));
    equal(source.openPhrase(), undefined);
    await source.process(frames.slice(0, 50));
    const open = source.openPhrase();
    deepEqual(
      [open?.id, open?.startMs, open?.pcm.length, source.speech],
      ['p1', 20, 980 * 16, true],
    );
    await source.process(frames.slice(50));
    deepEqual([phrases[0]?.id, source.openPhrase(), source.speech], ['p1', undefined, false]);
  });

  it('says from which frame on audio is still needed', async () => {
    const { source } = make();
    const frames = framesOf('mic', audio([2000, false], [1000, true], [1000, false]));
    await source.process(frames.slice(0, 100));
    deepEqual(
      [source.processedThrough, source.neededFrom >= 83 && source.neededFrom <= 85],
      [99, true],
    );
    await source.process(frames.slice(100, 140));
    const atOnset = source.neededFrom;
    await source.process(frames.slice(140, 150));
    deepEqual([source.neededFrom, atOnset <= 85], [atOnset, true]);
    await source.process(frames.slice(150));
    deepEqual([source.processedThrough, source.neededFrom >= 160], [199, true]);
  });

  it('ends what is open at a flush, on the last real sample', async () => {
    const { source, log } = make();
    await source.process(framesOf('mic', audio([320, false], [500, true])));
    await source.flush();
    await source.flush();
    deepEqual(log, ['onset p1 20', 'flush p1 20-820 frames 1-40']);
  });

  it('fills a short gap with silence', async () => {
    const { source, log } = make();
    const frames = framesOf('mic', audio([320, false], [2000, true], [1000, false]));
    await source.process([...frames.slice(0, 40), ...frames.slice(50)]);
    deepEqual(
      log.map((l) => l.replace(/-\d+ frames.*/, '')),
      ['onset p1 20', 'silence p1 20'],
    );
    equal(source.processedThrough, 165);
  });

  it('takes a long gap for a boundary and keeps the times right after it', async () => {
    const { source, log } = make();
    const frames = framesOf('mic', audio([320, false], [30_000, true], [1000, false]));
    await source.process([...frames.slice(0, 40), ...frames.slice(1500)]);
    deepEqual(log, [
      'onset p1 20',
      'flush p1 20-800 frames 1-39',
      'onset p2 30000',
      'silence p2 30000-30520 frames 1500-1525',
    ]);
  });

  it('passes over frames it had before and frames before the start', async () => {
    const { source, log } = make({ fromSeq: 10 });
    const frames = framesOf('mic', audio([320, false], [500, true], [1000, false]));
    await source.process(frames.slice(0, 30));
    await source.process(frames.slice(20));
    deepEqual(log, ['onset p1 200', 'silence p1 200-1032 frames 10-51']);
  });

  it('waits for whoever takes the phrase', async () => {
    let release = (): void => undefined;
    const { source } = make({
      onPhrase: () => new Promise<void>((resolve) => (release = resolve)),
    });
    let done = false;
    const run = source
      .process(framesOf('mic', audio([320, false], [500, true], [1000, false])))
      .then(() => (done = true));
    await new Promise(setImmediate);
    equal(done, false);
    release();
    await run;
    equal(done, true);
  });

  it('does not ask the detector about silence, and gives it the silence before speech', async () => {
    const detector = new LoudnessDetector();
    const { source } = make({ detector });
    await source.process(framesOf('mic', new Int16Array(16_000 * 10)));
    equal(detector.asked, 0);
    await source.process(framesOf('mic', audio([32, true]), 500));
    ok(detector.asked >= 5 && detector.asked <= 6, String(detector.asked));
  });

  it('goes on with the energy detector when the detector fails, on the same windows', async () => {
    const failing: SpeechDetector = {
      detect: () => Promise.reject(new Error('gone')),
      reset: () => undefined,
      dispose: () => undefined,
    };
    const { source, log } = make({ detector: failing });
    await source.process(framesOf('mic', audio([1024, false], [992, true], [1000, false])));
    deepEqual(log, ['fallback', 'onset p1 724', 'silence p1 724-2216 frames 36-110']);
  });

  it('keeps no reference to the samples it was given', async () => {
    const { source, phrases } = make();
    const frames: Frame[] = framesOf('mic', audio([320, false], [500, true], [1000, false]));
    const run = source.process(frames);
    await run;
    const before = phrases[0]?.pcm.slice();
    for (const frame of frames) frame.pcm.fill(0);
    deepEqual(phrases[0]?.pcm, before);
    equal(frames[0]?.pcm.length, FRAME_SAMPLES);
  });

  it('gives the detector back', () => {
    const detector = new LoudnessDetector();
    make({ detector }).source.dispose();
    equal(detector.asked, -1);
  });
});
