/** Envelopes of both sources: what is kept of them, and whether one is the other's echo. */
import { deepEqual, ok } from 'node:assert/strict';
import { EnvelopeTrack, FLOOR_DB, frameDb } from '../../../daemon/echo/echoEnvelope';
import { AFTER, BEFORE, correlateSpeech } from '../../../daemon/echo/echoCorrelation';
import { framesAt, join, mixed, silence, talk } from '../transcript/echoAudio';

describe('echo: envelope of a source', () => {
  const track = (levels: readonly number[], times?: readonly number[]): EnvelopeTrack => {
    const made = new EnvelopeTrack();
    framesAt('mic', Float32Array.from(levels)).forEach((frame, i) =>
      made.push({ ...frame, captureMs: times?.[i] ?? frame.captureMs }),
    );
    return made;
  };
  const rounded = (levels: Float32Array): number[] => [...levels].map(Math.round);

  it('keeps a level for each frame, and silence where nothing was heard', () =>
    deepEqual(rounded(track([-20, -40]).slice(-20, 4)), [FLOOR_DB, -20, -40, FLOOR_DB]));
  it('goes by the capture clock', () =>
    deepEqual(rounded(track([-20, -40], [100, 160]).slice(100, 5)), [
      -20,
      -40,
      -40,
      -40,
      FLOOR_DB,
    ]));
  it('takes a long hole for silence', () =>
    deepEqual(rounded(track([-20, -40], [0, 100]).slice(0, 6)), [
      -20,
      FLOOR_DB,
      FLOOR_DB,
      FLOOR_DB,
      FLOOR_DB,
      -40,
    ]));
  it('forgets what is older than five minutes', () =>
    deepEqual(rounded(track([-20, -30, -40], [0, 20, 300_000]).slice(0, 2)), [FLOOR_DB, -30]));
  it('starts anew after a very long hole', () =>
    deepEqual(rounded(track([-20, -40], [0, 3_600_000]).slice(3_600_000 - 20, 2)), [
      FLOOR_DB,
      -40,
    ]));
  it('knows the noise of the room', () =>
    deepEqual(
      Math.round(
        track([...Array.from({ length: 500 }, (_, i) => (i % 3 === 0 ? -60 : -25))]).noiseDb(
          10_000,
        ),
      ),
      -60,
    ));
  it('knows no noise before it heard enough', () =>
    deepEqual(track([-60, -60]).noiseDb(40), FLOOR_DB));
  it('measures silence and full scale', () =>
    deepEqual(
      [frameDb(new Int16Array(320)), Math.round(frameDb(new Int16Array(320).fill(3_277)))],
      [FLOOR_DB, -20],
    ));
});

describe('echo: likeness', () => {
  const frames = 200;
  const system = join(silence(BEFORE), talk(frames, 1), silence(AFTER));
  const shifted = (own: Float32Array, echo?: { lag: number; gainDb: number }): Float32Array =>
    mixed(join(silence(BEFORE), own, silence(AFTER)), system, echo).slice(BEFORE, BEFORE + frames);
  const of = (mic: Float32Array): ReturnType<typeof correlateSpeech> =>
    correlateSpeech(mic, system, -65);

  for (const gainDb of [-3, -10, -18, -25]) {
    for (const lag of [0, 3, 6, 10]) {
      it(`finds an echo of ${gainDb} dB after ${lag * 20} ms`, () => {
        const found = of(shifted(silence(frames), { lag, gainDb }));
        deepEqual(
          {
            lagMs: found?.lagMs,
            gainDb: Math.round(found?.gainDb ?? 0),
            same: (found?.correlation ?? 0) > 0.95,
            ownMs: found?.ownMs,
          },
          { lagMs: lag * 20, gainDb, same: true, ownMs: 0 },
        );
      });
    }
  }

  it('tells two voices apart, whoever they are', () => {
    for (let seed = 2; seed < 42; seed++) {
      const found = of(shifted(talk(frames, seed)));
      ok(
        found && found.correlation < 0.7 && found.ownMs > 200,
        `voice ${seed}: ${found?.correlation}, ${found?.ownMs} ms`,
      );
    }
  });

  it('hears the own voice over an echo, and after it', () => {
    const own = join(silence(120), talk(80, 5));
    const over = of(shifted(own, { lag: 4, gainDb: -12 }));
    const quiet = join(system.slice(0, BEFORE + 120), silence(80 + AFTER));
    const after = correlateSpeech(
      mixed(join(silence(BEFORE), own, silence(AFTER)), quiet, { lag: 4, gainDb: -12 }).slice(
        BEFORE,
        BEFORE + frames,
      ),
      quiet,
      -65,
    );
    ok(over && over.bothMs >= 300, `over: ${over?.bothMs}`);
    ok(
      after && after.ownMs >= 700 && after.bothMs <= 100,
      `after: ${after?.ownMs}, both ${after?.bothMs}`,
    );
  });

  it('says nothing where one of them is silent', () =>
    deepEqual(
      [
        of(silence(frames)),
        correlateSpeech(talk(frames, 1), silence(frames + BEFORE + AFTER)),
        of(talk(3, 1)),
      ],
      [undefined, undefined, undefined],
    ));
});
