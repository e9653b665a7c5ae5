/**
 * Decodes a doubtful text again at a lower speed and keeps the text with the higher confidence. The
 * errors of a small model depend on the alignment of audio and frames, so another rate often
 * corrects them. The factor is the factor used in training with speed perturbation (Ko et al. 2015,
 * "Audio Augmentation for Speech Recognition").
 */
import { stretched } from '../../audio/pcm';
import { type ScoredToken, meanProbability } from './tokenWords';

/**
 * Texts below this mean probability are decoded again. Live short phrases with such texts wait for
 * more speech (docs/decisions/0007-redecode-doubted-text.md).
 */
const DOUBTED = 0.9;
/** Speed relative to the original. */
const SLOWER = 0.9;
/**
 * Maximum real-time factor of the first decode. On a slower machine, two decodes would fall behind
 * and degradation would turn partials off.
 */
const ROOM = 0.3;

/** Returns the audio at the lower speed. */
export function slower(pcm: Float32Array): Float32Array {
  return stretched(pcm, 1 / SLOWER);
}

/**
 * @param decode decodes the original audio, or the slowed audio together with the first text
 * @param audioMs length of all decoded audio
 * @param now returns milliseconds
 */
export async function redecodeSlowed(
  decode: (first?: readonly ScoredToken[]) => Promise<readonly ScoredToken[]>,
  audioMs: number,
  now: () => number,
): Promise<readonly ScoredToken[]> {
  const begun = now();
  const first = await decode();
  // Without any text, a second decode would only invent words.
  if (first.length === 0 || meanProbability(first) >= DOUBTED || now() - begun > ROOM * audioMs)
    return first;
  const second = await decode(first);
  return meanProbability(second) > meanProbability(first) ? second : first;
}
