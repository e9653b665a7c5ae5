/** Greedy search of a CTC model: repeats are one token, blanks none. Pure. */
import { indexOfLargest } from './transducerSearch';
import type { TimedToken } from './words';

/**
 * @param logProbs [frames, classes], row-major; the blank is the last class
 * @param frames how many hold audio
 */
export function ctcTokens(logProbs: Float32Array, classes: number, frames: number): TimedToken[] {
  const tokens: TimedToken[] = [];
  let before = -1;
  for (let frame = 0; frame < frames; frame++) {
    const from = frame * classes;
    const id = indexOfLargest(logProbs, from, from + classes) - from;
    if (id !== classes - 1 && id !== before)
      tokens.push({ id, frame, duration: 1, logProb: logProbs[from + id] as number });
    before = id;
  }
  return tokens;
}
