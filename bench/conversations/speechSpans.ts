/** Speech within a reading: where the speech detector finds it and its level is that of speech. */
import { SAMPLE_RATE } from '../../daemon/audio/frame';
import { VAD_WINDOW } from '../../daemon/vad/contract';

export interface SampleSpan {
  readonly from: number;
  readonly to: number;
}

/** 10 ms. */
const BLOCK = SAMPLE_RATE / 100;
/** Speech is so much below the loudest tenth at most. */
const BELOW_LOUD_DB = 32;
const LEAST_PROBABILITY = 0.5;
/** Blocks: a shorter pause belongs to the speech around it; shorter speech is none. */
const LEAST_PAUSE = 25;
const LEAST_SPEECH = 12;
/** Blocks around speech that belong to it. */
const AROUND = 2;

/** @param probabilities of speech, one for every window of the detector */
export function speechSpans(pcm: Float32Array, probabilities: Float32Array): SampleSpan[] {
  const levels = Array.from({ length: Math.floor(pcm.length / BLOCK) }, (_, block) => {
    let energy = 0;
    for (let i = block * BLOCK; i < (block + 1) * BLOCK; i++) energy += (pcm[i] as number) ** 2;
    return 10 * Math.log10(energy / BLOCK + 1e-10);
  });
  const sorted = [...levels].sort((a, b) => a - b);
  const least = (sorted[Math.floor(0.9 * (sorted.length - 1))] ?? 0) - BELOW_LOUD_DB;
  const spans: { from: number; to: number }[] = [];
  levels.forEach((level, block) => {
    const window = Math.floor(((block + 0.5) * BLOCK) / VAD_WINDOW);
    if (level < least || (probabilities[window] ?? 0) < LEAST_PROBABILITY) return;
    const last = spans.at(-1);
    if (last && block - AROUND - last.to < LEAST_PAUSE) last.to = block + 1 + AROUND;
    else spans.push({ from: Math.max(0, block - AROUND), to: block + 1 + AROUND });
  });
  return spans
    .filter(({ from, to }) => to - from >= LEAST_SPEECH)
    .map(({ from, to }) => ({ from: from * BLOCK, to: Math.min(pcm.length, to * BLOCK) }));
}
