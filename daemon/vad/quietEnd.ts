/** Synthesises the silence at the end of a phrase before it is recorded. */

/**
 * Recognisers trained on whole utterances make more errors if the audio stops right after the last
 * word. The received silence is repeated forwards and backwards, so that level and kind of noise
 * stay the same. Digital silence would cost about one word error in a thousand words.
 * @param pcm ends with `quiet` samples of silence
 * @param length number of samples of the result; a longer `pcm` is returned as it is
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
