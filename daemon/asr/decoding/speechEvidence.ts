/**
 * Evidence of speech in the audio of a short text, for recognisers without a confidence: how much of
 * the audio is louder than its background. Pure.
 */
import { SAMPLE_RATE } from '../../audio/frame';

const WINDOW = SAMPLE_RATE / 50;
const WINDOW_MS = 20;
/** Speech exceeds the background by this much, dB; steady noise varies less. */
const ABOVE_FLOOR_DB = 10;
/** Speech of a phrase is at most this far below its loudest window, dB. */
const BELOW_PEAK_DB = 25;
/** Minimum level of the loudest window, dBFS. */
const MIN_PEAK_DB = -45;
/** Bounds of the active time per word. A hallucinated text covers seconds of noise, or a click. */
const MIN_WORD_MS = 80;
const MAX_WORD_MS = 900;

/** True if the active time of the audio fits that many spoken words. */
export function carriesWords(pcm: Float32Array, words: number): boolean {
  const levels: number[] = [];
  for (let at = 0; at + WINDOW <= pcm.length; at += WINDOW) {
    let sum = 0;
    for (let i = at; i < at + WINDOW; i++) sum += (pcm[i] ?? 0) ** 2;
    levels.push(sum === 0 ? -100 : 10 * Math.log10(sum / WINDOW));
  }
  const sorted = [...levels].sort((a, b) => a - b);
  const peak = sorted.at(-1) ?? -100;
  if (peak < MIN_PEAK_DB) return false;
  const floor = sorted[Math.floor(sorted.length / 10)] ?? -100;
  const bound = Math.max(floor + ABOVE_FLOOR_DB, peak - BELOW_PEAK_DB);
  const activeMs = WINDOW_MS * levels.filter((level) => level >= bound).length;
  return activeMs >= MIN_WORD_MS * words && activeMs <= MAX_WORD_MS * words;
}
