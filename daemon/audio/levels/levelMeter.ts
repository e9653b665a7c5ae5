/** Loudness of one source for a level display: root mean square and peak in dBFS. */
import { SAMPLE_RATE, type Source } from '../frame';

/** Level of silence; a display cannot show −∞. */
export const SILENCE_DB = -100;
/** Limit of readings a second: the eye sees no more, and each is an event to every window. */
const LEVELS_PER_SECOND = 10;

export interface AudioLevel {
  readonly source: Source;
  readonly rmsDb: number;
  readonly peakDb: number;
}

export class LevelMeter {
  private squares = 0;
  private peak = 0;
  private count = 0;
  private lastMs = -Infinity;
  private readonly window: number;
  private readonly gapMs: number;

  /**
   * @param now monotonic milliseconds: audio faster than real time still gives at most `perSecond`
   * readings
   */
  constructor(
    private readonly source: Source,
    private readonly now: () => number,
    perSecond = LEVELS_PER_SECOND,
  ) {
    this.window = Math.floor(SAMPLE_RATE / perSecond);
    this.gapMs = 1000 / perSecond;
  }

  /** Adds samples; returns a reading when due. */
  push(pcm: Int16Array): AudioLevel | undefined {
    // Local variables, because this loop runs for every sample.
    let { squares, peak } = this;
    for (let i = 0; i < pcm.length; i++) {
      const v = pcm[i]!;
      squares += v * v;
      const magnitude = v < 0 ? -v : v;
      if (magnitude > peak) peak = magnitude;
    }
    this.squares = squares;
    this.peak = peak;
    this.count += pcm.length;
    if (this.count < this.window) return undefined;
    const now = this.now();
    if (now - this.lastMs < this.gapMs) return undefined;
    this.lastMs = now;
    const level: AudioLevel = {
      source: this.source,
      rmsDb: toDb(Math.sqrt(this.squares / this.count)),
      peakDb: toDb(this.peak),
    };
    this.squares = this.peak = this.count = 0;
    return level;
  }
}

/** Amplitude of 0…32768 in dBFS, one decimal. */
function toDb(amplitude: number): number {
  if (amplitude <= 0) return SILENCE_DB;
  return Math.max(SILENCE_DB, Math.round(200 * Math.log10(amplitude / 32_768)) / 10 + 0); // + 0 turns −0 into 0
}
