/** Speed of an engine: real-time factors over its last decodes and over the last seconds. */

/** Number of decodes that count for mean and percentiles. */
const KEPT = 256;

export interface RtfStats {
  /** Real-time factor weighted by audio; 0 before the first decode. */
  readonly mean: number;
  readonly p95: number;
  readonly p99: number;
  readonly decodes: number;
}

interface Decode {
  readonly atMs: number;
  readonly inferenceMs: number;
  readonly audioMs: number;
}

export class DecodeStats {
  private readonly decodes: Decode[] = [];

  add(decode: Decode): void {
    this.decodes.push(decode);
    if (this.decodes.length > KEPT) this.decodes.shift();
  }

  /** @param last number of decodes to include */
  mean(last: number = KEPT): number {
    return weighted(this.decodes.slice(-last));
  }

  /** Mean of the decodes that ended at or after `fromMs`; undefined if there were none. */
  meanSince(fromMs: number): number | undefined {
    const recent = this.decodes.filter(({ atMs }) => atMs >= fromMs);
    return recent.length === 0 ? undefined : weighted(recent);
  }

  metrics(): RtfStats {
    const sorted = this.decodes
      .filter(({ audioMs }) => audioMs > 0)
      .map(({ inferenceMs, audioMs }) => inferenceMs / audioMs)
      .sort((a, b) => a - b);
    const at = (share: number): number =>
      sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0;
    return { mean: this.mean(), p95: at(0.95), p99: at(0.99), decodes: this.decodes.length };
  }
}

function weighted(decodes: readonly Decode[]): number {
  const audioMs = decodes.reduce((sum, d) => sum + d.audioMs, 0);
  return audioMs === 0 ? 0 : decodes.reduce((sum, d) => sum + d.inferenceMs, 0) / audioMs;
}
