/**
 * Speech detector without a model: it compares the level with the noise floor. The floor is the
 * quietest window of the last three seconds (minimum statistics, Martin 2001). It replaces a failed
 * model. It detects speech well, but mistakes some noise for speech.
 */
import { type SpeechDetector, VAD_WINDOW } from './contract';

const FLOOR_WINDOWS = Math.round(3000 / 32);
/** Maximum floor during the first three seconds. */
const START_FLOOR_DB = -50;
/** Minimum floor, because digital silence is no useful reference. */
const LEAST_FLOOR_DB = -65;
/** Level above the floor with a probability of one half, and slope of the probability. */
const SPEECH_ABOVE_DB = 10;
const SLOPE_DB = 2;

export class EnergyDetector implements SpeechDetector {
  private history: number[] = [];
  private at = 0;

  constructor() {
    this.reset();
  }

  detect(windows: Float32Array): Promise<Float32Array> {
    const out = new Float32Array(Math.floor(windows.length / VAD_WINDOW));
    for (let w = 0; w < out.length; w++) {
      const db = levelDb(windows, w * VAD_WINDOW, VAD_WINDOW);
      const floor = Math.max(LEAST_FLOOR_DB, Math.min(...this.history));
      out[w] = 1 / (1 + Math.exp(-(db - floor - SPEECH_ABOVE_DB) / SLOPE_DB));
      this.history[this.at] = db;
      this.at = (this.at + 1) % FLOOR_WINDOWS;
    }
    return Promise.resolve(out);
  }

  reset(): void {
    this.history = new Array<number>(FLOOR_WINDOWS).fill(START_FLOOR_DB);
    this.at = 0;
  }

  dispose(): void {
    this.history = [];
  }
}

/** RMS of a stretch of samples in dBFS; −100 for silence. */
export function levelDb(samples: Float32Array, from = 0, count = samples.length): number {
  let sum = 0;
  for (let i = from; i < from + count; i++) sum += samples[i]! * samples[i]!;
  return Math.max(-100, 10 * Math.log10(sum / Math.max(1, count)));
}
