/** The silence that a phrase will end with, before it was. */

/**
 * A recogniser trained on whole utterances errs more where the audio stops right behind the last
 * word. What is to come is made from the silence that came, to and fro, so that neither its level
 * nor its kind changes (digital silence instead costs about one word error in a thousand words).
 * @param pcm ends with `quiet` samples of silence
 * @param length samples of the answer; `pcm` itself where it has as many
 */
export function withQuietEnd(pcm: Float32Array, quiet: number, length: number): Float32Array {
  if (pcm.length >= length || quiet <= 0) return pcm;
  const extended = new Float32Array(length);
  extended.set(pcm);
  for (let i = pcm.length; i < length; i++) {
    const step = (i - pcm.length) % (2 * quiet);
    extended[i] = pcm[pcm.length - 1 - (step < quiet ? step : 2 * quiet - 1 - step)] ?? 0;
  }
  return extended;
}
