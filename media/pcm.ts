/** Decodes audio from the extension for playback. Pure. */

/** Sample rate of all audio in Earmark. */
export const SAMPLE_RATE = 16_000;

/** @param base64 of s16le mono */
export function decodePcm(base64: string): Float32Array<ArrayBuffer> {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const samples = new Float32Array(bytes.length >> 1);
  for (let i = 0; i < samples.length; i++) samples[i] = view.getInt16(2 * i, true) / 32_768;
  return samples;
}
