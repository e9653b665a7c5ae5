/**
 * A text that the recogniser doubts is heard once more, as if it had been spoken slower, and the
 * one it is surer of is kept: a small model errs by how its audio lies in the frames, and the same
 * words at another rate often come out right. The factor is that with which recognisers are trained
 * to bear it (Ko et al. 2015, "Audio Augmentation for Speech Recognition").
 */
import { stretched } from '../audio/pcm';
import { type ScoredToken, meanProbability } from './tokenWords';

/**
 * Texts below this mean probability are heard again; short phrases with such texts wait for more
 * speech anyway. Live speech, LibriSpeech other, 20 sets of pauses, word errors of 1051 in the mean
 * (115 in whole utterances; a mean of 20 is good to 1.4) and decode time in times of whole
 * utterances: 115 and 2.4 as it is; 118 and 1.9 with 0.85 as the limit, 118 and 1.7 with 0.8. With
 * 0.8, at 0.85 of the rate 123; 119 where the second has to be surer by 0.03, or has what was said
 * before as a lead, as the first has. 123 where the lead is left to the second. With 0.9, 118 where
 * the first is heard without a search. Six sets: 119 without, 113 also at 1.05 of the rate, 118 at
 * 0.95 and 1.05. Whole utterances of clean + other: 39 + 106 without, 39 + 103 slower, 39 + 108
 * with 200 ms of silence around the audio instead; the mean of nine ways to frame them 40 + 111, of
 * any two of these the surer 39 + 107. The surer words of both, or the mean of what both times give
 * for each token, are no better.
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
  // Where nothing was heard, another rate would only make something up.
  if (first.length === 0 || meanProbability(first) >= DOUBTED || now() - begun > ROOM * audioMs)
    return first;
  const second = await decode(first);
  return meanProbability(second) > meanProbability(first) ? second : first;
}
