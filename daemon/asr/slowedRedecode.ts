/**
 * A text that the recogniser doubts is decoded once more, as if it had been spoken slower, and the
 * one it is surer of is kept: a small model errs by how its audio lies in the frames, and the same
 * words at another rate often come out right. The factor is that with which recognisers are trained
 * to bear it (Ko et al. 2015, "Audio Augmentation for Speech Recognition").
 */
import { stretched } from '../audio/pcm';
import { type ScoredToken, meanProbability } from './tokenWords';

/**
 * Texts below this mean probability are decoded again; live short phrases with such texts wait for
 * more speech anyway (docs/decisions/0007-redecode-doubted-text.md).
 */
const DOUBTED = 0.9;
/** Of the rate at which it was spoken. */
const SLOWER = 0.9;
/**
 * A machine that needs more of the audio's own time than this to hear it once has none to hear it
 * again: with both it would fall behind, and the degradation would take partials away for it.
 */
const ROOM = 0.3;

/** As if spoken slower. */
export function slower(pcm: Float32Array): Float32Array {
  return stretched(pcm, 1 / SLOWER);
}

/**
 * @param decode of the audio as it is, or slower: the text of the first time comes with it then
 * @param audioMs how long all that is decoded lasts
 * @param now milliseconds
 */
export async function redecodeSlowed(
  decode: (first?: readonly ScoredToken[]) => Promise<readonly ScoredToken[]>,
  audioMs: number,
  now: () => number,
): Promise<readonly ScoredToken[]> {
  const begun = now();
  const first = await decode();
  // Without any text, another rate would only invent some.
  if (first.length === 0 || meanProbability(first) >= DOUBTED || now() - begun > ROOM * audioMs)
    return first;
  const second = await decode(first);
  return meanProbability(second) > meanProbability(first) ? second : first;
}
