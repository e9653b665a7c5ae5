// The clock of a sound device against ours.
import { deepEqual, equal } from 'node:assert/strict';
import { DeviceDrift } from '../../../daemon/audio/deviceDrift';
import { FrameCutter } from '../../../daemon/audio/frameCutter';
import { FRAME_MS, type Frame } from '../../../daemon/audio/frame';

const HOUR = 3_600_000;

/**
 * Records for so long with a device whose clock is off; answers the worst distance of a frame's
 * clock from the truth after the first ten minutes.
 */
function record(
  hours: number,
  partsPerMillion: number,
): { readonly worstMs: number; readonly movedMs: number; readonly grows: boolean } {
  const drift = new DeviceDrift();
  let [worstMs, lastMs, grows] = [0, -1, true];
  let trueMs = 0;
  const cutter = new FrameCutter({
    source: 'mic',
    onFrames: (frames: readonly Frame[]) => {
      for (const { captureMs } of frames) {
        grows &&= captureMs > lastMs;
        lastMs = captureMs;
      }
    },
  });
  const chunk = new Int16Array(1_600);
  for (let n = 1; trueMs < hours * HOUR; n++) {
    trueMs = n * 100 * (1 - partsPerMillion / 1e6);
    // Pieces come up to 80 ms late, now and then.
    const now = trueMs + (n % 7 === 0 ? 80 : n % 3);
    const step = drift.note(now, now - 100 - cutter.nextMs);
    if (step !== 0) cutter.slew(step);
    cutter.push(chunk);
    if (trueMs > 600_000) worstMs = Math.max(worstMs, Math.abs(cutter.nextMs - trueMs));
  }
  return { worstMs, movedMs: drift.totalMs, grows };
}

describe('a device whose clock is off', () => {
  for (const [what, ppm] of [
    ['fast', 100],
    ['slow', -100],
    ['badly fast', 500],
  ] as const) {
    it(`stays on our time line for four hours: ${what}`, () => {
      const { worstMs, movedMs, grows } = record(4, ppm);
      const expected = (-ppm / 1e6) * 4 * HOUR;
      deepEqual(
        {
          near: worstMs <= 2 * FRAME_MS,
          moved: Math.abs(movedMs - expected) <= 2 * FRAME_MS,
          grows,
        },
        { near: true, moved: true, grows: true },
      );
    });
  }
  it('leaves a device alone whose sound only comes late now and then', () =>
    equal(record(0.5, 0).movedMs, 0));
});
