/** Splits frames where their numbers or their capture clock break. */
import { FRAME_MS, type Frame } from './frame';

/** Milliseconds; rounding on the wire is smaller, and every step of the drift correction larger. */
const BREAK_MS = 2;

/** @returns runs of consecutive frames, in order, none of them empty */
export function evenRuns(frames: readonly Frame[]): readonly (readonly Frame[])[] {
  const runs: Frame[][] = [];
  let last: Frame | undefined;
  for (const frame of frames) {
    const even =
      last &&
      frame.seq === last.seq + 1 &&
      Math.abs(frame.captureMs - last.captureMs - FRAME_MS) < BREAK_MS;
    const run = runs.at(-1);
    if (even && run) run.push(frame);
    else runs.push([frame]);
    last = frame;
  }
  return runs;
}
