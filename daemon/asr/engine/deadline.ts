/** Time limit of a decode, after which it counts as stuck. */
import { SAMPLE_RATE } from '../../audio/frame';
import { DecodeStats } from '../contract/decodeStats';
import type { AsrResult } from '../contract/provider';

/** Minimum. It leaves short phrases time while the machine does other work. */
const LEAST_MS = 30_000;
const TIMES_EXPECTED = 6;
/** Maximum: twenty times the longest phrase of 30 s. A slower engine is of no use. */
const MAX_MS = 600_000;
/**
 * Number of decodes before an engine's measured speed is used. Until then, the limit assumes
 * decoding at the speed of speech.
 */
const TRUSTED = 4;

/** Deadlines of an engine: six times the recent decode time, 30 s at least. */
export class Deadlines {
  private readonly stats = new DecodeStats();

  /**
   * Returns the time limit in milliseconds.
   * @param samples 16 kHz
   */
  of(samples: number): number {
    const { mean, p95, decodes } = this.stats.metrics();
    const expected = decodes < TRUSTED ? Math.max(1, mean) : Math.max(mean, p95);
    return Math.min(MAX_MS, Math.max(LEAST_MS, TIMES_EXPECTED * expected * audioMs(samples)));
  }

  took(samples: number, { inferenceMs }: AsrResult): void {
    this.stats.add({ atMs: 0, inferenceMs, audioMs: audioMs(samples) });
  }
}

function audioMs(samples: number): number {
  return (samples * 1000) / SAMPLE_RATE;
}
