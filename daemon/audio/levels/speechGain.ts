/**
 * Raises quiet speech while it arrives. The gain follows the level of the last seconds slowly, is
 * bounded, never clips, and stays 1 on ordinary levels. Without it, recognition loses words 20 dB
 * below them and nearly all words 40 dB below: docs/decisions/0068-quiet-and-foreign-speech.md.
 */
import { type Frame, FRAME_MS } from '../frame';
import { LOUD_RMS, TARGET_RMS } from './speechLevel';

/** At most 36 dB; noise of microphones lies about 40 dB below quiet speech. */
const MAX_GAIN = 63;
/** Frames of speech exceed the soft frames of the window by this ratio; those of noise do not. */
const MIN_RANGE = 2.5;
const SOFT_SHARE = 0.2;
/** Soft frames count at least this much: a muted microphone gives zeros between its noise. */
const MIN_SOFT_RMS = 3;
/** Share of the frames of speech below its level. */
const SPEECH_SHARE = 0.8;
/** Frames of speech that a decision needs, 0.2 s; the first sounds of a word are no level. */
const MIN_SPEECH_FRAMES = 10;
/** Loud frames among the latest that end the gain at once: 0.06 s of 0.4 s. */
const LOUD_FRAMES = 3;
const LATEST_FRAMES = 20;
/** Frames that the level considers: 6 s. */
const WINDOW_FRAMES = 6_000 / FRAME_MS;
/** Frames before the first decision: 0.3 s, less than a word and its pause. */
const FIRST_FRAMES = 300 / FRAME_MS;
/** The level is computed every 0.1 s. */
const STEP_FRAMES = 100 / FRAME_MS;
/** Rise of the gain in a step, 40 dB/s: a first word is raised before it ends. */
const MAX_RISE = 1.6;
/** Largest sample after the gain: 1 dB below full scale. */
const CEILING = 29_204;

export class SpeechGain {
  private readonly levels: number[] = [];
  private gain = 1;
  private wanted = 1;
  private untilStep = 0;

  /** Current gain, decibels. */
  get decibels(): number {
    return 20 * Math.log10(this.gain);
  }

  /** @returns the frames, or raised copies */
  raise(frames: readonly Frame[]): readonly Frame[] {
    return frames.map((frame) => this.frame(frame));
  }

  private frame(frame: Frame): Frame {
    const { pcm } = frame;
    let [sum, peak] = [0, 1];
    for (const sample of pcm) {
      sum += sample * sample;
      peak = Math.max(peak, Math.abs(sample));
    }
    this.observe(Math.sqrt(sum / Math.max(1, pcm.length)));
    // A ramp from the last gain to the next; a loud frame lowers both ends at once.
    const limit = Math.max(1, CEILING / peak);
    const from = Math.min(this.gain, limit);
    const to = Math.min(this.wanted, limit);
    this.gain = to;
    if (from === 1 && to === 1) return frame;
    const step = (to - from) / Math.max(1, pcm.length);
    return { ...frame, pcm: pcm.map((sample, i) => Math.round(sample * (from + step * i))) };
  }

  private observe(rms: number): void {
    this.levels.push(rms);
    if (this.levels.length > WINDOW_FRAMES) this.levels.shift();
    if (--this.untilStep > 0 || this.levels.length < FIRST_FRAMES) return;
    this.untilStep = STEP_FRAMES;
    const latest = this.levels.slice(-LATEST_FRAMES);
    if (latest.filter((level) => level >= LOUD_RMS).length >= LOUD_FRAMES) this.wanted = 1;
    else this.follow(this.speechLevel());
  }

  /** In a pause and in noise the level is unknown: the gain stays as it is. */
  private follow(speech: number | undefined): void {
    if (speech === undefined) return;
    this.wanted =
      speech >= LOUD_RMS ? 1 : Math.min(this.wanted * MAX_RISE, MAX_GAIN, TARGET_RMS / speech);
  }

  /** RMS of the speech in the window; undefined if there is too little. */
  private speechLevel(): number | undefined {
    const sorted = [...this.levels].sort((a, b) => a - b);
    const soft = Math.max(MIN_SOFT_RMS, sorted[Math.floor(sorted.length * SOFT_SHARE)] ?? 0);
    const speech = sorted.filter((level) => level >= soft * MIN_RANGE);
    if (speech.length < MIN_SPEECH_FRAMES) return undefined;
    return speech[Math.floor(speech.length * SPEECH_SHARE)];
  }
}
