/** How long a decode may take before it counts as stuck. */
import { SAMPLE_RATE } from '../audio/frame';
import { DecodeStats } from './decodeStats';
import type { AsrResult } from './provider';

/** Short phrases wait for what else the machine does, too. */
const LEAST_MS = 30_000;
const TIMES_EXPECTED = 6;
/** 30 s of audio at twenty times its length: slower than that is of no use. */
const MAX_MS = 600_000;
/** Decodes until an engine's own speed is believed; before that it may be as slow as speech. */
const TRUSTED = 4;

/** The deadlines of one engine: six times what its decodes took lately, 30 s at least. */
export class Deadlines {
  private readonly stats = new DecodeStats();

  /** Milliseconds. @param samples 16 kHz */
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
