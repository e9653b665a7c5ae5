/**
 * Estimates word times for engines without them. The words share the non-silent stretch of the
 * audio in proportion to their lengths. Accuracy is about half a second; every word is marked
 * `estimated`.
 */
import { SAMPLE_RATE } from '../../audio/frame';
import type { AsrWord } from '../contract/provider';

const FRAME = SAMPLE_RATE / 50;
/** Frames this far below the loudest frame count as silence. */
const RANGE_DB = 35;

/**
 * First and last millisecond of non-silent audio in 16 kHz samples; the whole length if no frame is
 * louder.
 */
export function audioBounds(pcm: Float32Array): { startMs: number; endMs: number } {
  const frames = Math.floor(pcm.length / FRAME);
  const energy = new Float64Array(frames);
  let loudest = 0;
  for (let f = 0; f < frames; f++) {
    let sum = 0;
    for (let i = f * FRAME; i < (f + 1) * FRAME; i++) sum += (pcm[i] ?? 0) ** 2;
    energy[f] = sum;
    loudest = Math.max(loudest, sum);
  }
  const wholeMs = Math.round((pcm.length * 1000) / SAMPLE_RATE);
  if (loudest === 0) return { startMs: 0, endMs: wholeMs };
  const floor = loudest * 10 ** (-RANGE_DB / 10);
  const first = energy.findIndex((e) => e >= floor);
  const last = energy.findLastIndex((e) => e >= floor);
  return { startMs: first * 20, endMs: Math.min(wholeMs, (last + 1) * 20) };
}

/** @param words spoken order, with confidence 0–1 if known. */
export function estimateWordTimes(
  words: readonly { readonly text: string; readonly confidence?: number }[],
  bounds: { startMs: number; endMs: number },
): AsrWord[] {
  // One extra letter for every word: even "a" and the gap after it take time.
  const weights = words.map((word) => word.text.length + 1);
  const total = weights.reduce((sum, w) => sum + w, 0);
  const span = bounds.endMs - bounds.startMs;
  let passed = 0;
  return words.map((word, i) => {
    const startMs = Math.round(bounds.startMs + (span * passed) / total);
    passed += weights[i] ?? 0;
    const endMs = Math.round(bounds.startMs + (span * passed) / total);
    return {
      text: word.text,
      startMs,
      endMs,
      ...(word.confidence === undefined ? {} : { confidence: word.confidence }),
      timing: 'estimated' as const,
    };
  });
}
