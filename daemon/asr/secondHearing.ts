/**
 * A text that the recogniser doubts is heard once more, as if it had been spoken slower, and the one it is surer of is kept:
 * a small model errs by how its sound lies in the frames, and the same words at another rate often come out right. The
 * factor is that with which recognisers are trained to bear it (Ko et al. 2015, "Audio Augmentation for Speech Recognition").
 */
import { stretched } from '../audio/pcm';
import { type ScoredToken, meanProbability } from './tokenWords';

/**
 * Texts below this mean probability are heard again; short phrases with such texts wait for more speech anyway. Live speech,
 * LibriSpeech, six sets of pauses, clean + other, word errors of 1234 + 1051 in the mean and decode time in times of whole
 * utterances: 47 + 119, 1.3 and 1.4 without; 45 + 114, 1.3 and 1.7 with 0.8; 45 + 116, 1.3 and 1.6 with 0.75; 44 + 116 and 45 + 111
 * with 0.85 and 0.9, but 2.0 and 2.7 times. Of other with 0.9, also at 1.05 of the rate 113, at 0.95 and 1.05 instead 118. Whole
 * utterances of clean + other: 39 + 106 without, 39 + 103 slower, 39 + 108 with 200 ms of silence around the sound instead; the
 * mean of nine ways to frame them 40 + 111, of any two of these the surer 39 + 107. The surer words of both, or the mean of
 * what both times give for each token, are no better. Nor is what was said before: 45 + 115 with it as a lead, 45 + 114 without.
 */
const DOUBTED = 0.8;
/** … of recordings: 10.47 instead of 10.94 % word errors of other as a file, 3.73 and 3.65 % of clean, for 1.2 times the decode time. */
const DOUBTED_PATIENT = 0.9;
/** Of the rate at which it was spoken. */
const SLOWER = 0.9;
/** A machine that needs more of the sound's own time than this to hear it once has none to hear it again: with both it would fall behind, and the ladder would take partials away for it. */
const ROOM = 0.3;

/** As if spoken slower. */
export function slower(pcm: Float32Array): Float32Array {
  return stretched(pcm, 1 / SLOWER);
}

/**
 * @param decode of the sound as it is, or slower: the text of the first time comes with it then
 * @param soundMs how long all that is decoded lasts
 * @param now milliseconds
 * @param patient nobody waits for the text
 */
export async function hearTwice(decode: (first?: readonly ScoredToken[]) => Promise<readonly ScoredToken[]>, soundMs: number, now: () => number, patient = false): Promise<readonly ScoredToken[]> {
  const begun = now();
  const first = await decode();
  // Where nothing was heard, another rate would only make something up.
  if (first.length === 0 || meanProbability(first) >= (patient ? DOUBTED_PATIENT : DOUBTED) || now() - begun > ROOM * soundMs) return first;
  const second = await decode(first);
  return meanProbability(second) > meanProbability(first) ? second : first;
}
