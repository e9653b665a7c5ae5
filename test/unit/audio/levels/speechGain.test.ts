import { equal, ok } from 'node:assert/strict';
import fc from 'fast-check';
import { FRAME_SAMPLES, type Frame } from '../../../../daemon/audio/frame';
import { SpeechGain } from '../../../../daemon/audio/levels/speechGain';

/** Frames of a tone that speaks 0.4 s and pauses 0.2 s. */
const spoken = (amplitude: number, frames = 500, noise = 0): Frame[] =>
  Array.from({ length: frames }, (_, f) => ({
    source: 'mic',
    seq: f,
    captureMs: f * 20,
    pcm: Int16Array.from({ length: FRAME_SAMPLES }, (_s, i) =>
      Math.round(
        (f % 30 < 20 ? amplitude : 0) * Math.sin((i * 440 * 2 * Math.PI) / 16_000) +
          (((i * 7919 + f * 104_729) % 2001) / 1000 - 1) * noise,
      ),
    ),
  }));
const peak = (frames: readonly Frame[]): number =>
  frames.reduce((max, { pcm }) => pcm.reduce((top, x) => Math.max(top, Math.abs(x)), max), 0);
const raised = (frames: readonly Frame[]): readonly Frame[] => new SpeechGain().raise(frames);

describe('SpeechGain', () => {
  it('returns frames of ordinary speech as they are', () => {
    const frames = spoken(3000);
    ok(raised(frames).every((frame, i) => frame === frames[i]));
  });
  for (const amplitude of [40, 100, 300])
    it(`raises speech of amplitude ${amplitude} within a second`, () => {
      const after = peak(raised(spoken(amplitude)).slice(50));
      const expected = Math.min(2322, amplitude * 63);
      ok(after > expected * 0.9 && after < expected * 1.1, `${after}, expected ${expected}`);
    });
  it('leaves noise alone', () => {
    const frames = spoken(0, 500, 60);
    ok(raised(frames).every((frame, i) => frame === frames[i]));
  });
  it('keeps its gain in a pause', () => {
    const gain = new SpeechGain();
    gain.raise(spoken(100));
    const before = gain.decibels;
    gain.raise(spoken(0, 200));
    equal(gain.decibels, before);
  });
  it('leaves ordinary speech after a long silence alone', () => {
    const gain = new SpeechGain();
    gain.raise(spoken(0, 400, 4));
    const onset = spoken(3000, 100).map((frame, f) => ({
      ...frame,
      pcm: frame.pcm.map((x) => (f < 5 ? (x * f) / 5 : x)),
    }));
    ok(gain.raise(onset).every((frame, i) => frame === onset[i]));
  });
  it('drops to 1 when the speech gets loud', () => {
    const gain = new SpeechGain();
    gain.raise(spoken(60));
    ok(gain.decibels > 25, `${gain.decibels} dB`);
    gain.raise(spoken(6000, 50));
    equal(gain.decibels, 0);
  });
  it('never clips and never lowers, at any changes of level', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 32_000 }), fc.integer({ min: 1, max: 60 })), {
          maxLength: 12,
        }),
        (parts) => {
          const gain = new SpeechGain();
          for (const [amplitude, length] of parts) {
            const frames = spoken(amplitude, length);
            gain.raise(frames).forEach(({ pcm }, f) =>
              pcm.forEach((sample, i) => {
                const original = frames[f]!.pcm[i]!;
                ok(Math.abs(sample) <= Math.max(29_204, Math.abs(original)));
                ok(Math.abs(sample) >= Math.abs(original) && sample * original >= 0);
              }),
            );
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});
