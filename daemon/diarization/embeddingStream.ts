/**
 * Converts the frames of one source to stretches of speech with speaker embeddings. The detector
 * and the embedder are injected.
 */
import { type Frame, SAMPLE_RATE, type Source } from '../audio/frame';
import { toFloat32 } from '../audio/pcm';
import { type SpeechDetector, VAD_WINDOW } from '../vad/contract';
import { levelDb } from '../vad/energyDetector';
import type { SpeakerEmbedder, Stretch, VoiceWindow } from './contract';
import { type Span, StretchCutter, type StretchEvent } from './stretches';

/**
 * Gain for the detector, 10 dB, so that distant speakers are detected
 * (docs/decisions/0064-detector-for-speakers.md).
 */
const GAIN = 10 ** (10 / 20);
/**
 * After a long pause, a window below this level (dBFS) is silence without a detector call, as in
 * recognition (docs/decisions/0064-detector-for-speakers.md).
 */
const QUIET_DB = -60;
const LONG_PAUSE = 2 * SAMPLE_RATE;
/** Number of quiet windows before the first loud one that the detector also receives: 0.6 s. */
const WARM_UP_WINDOWS = 20;
/** Length of a stretch, in samples, at which a first guess is made without a full window. */
const GUESS = 0.7 * SAMPLE_RATE;
/** Number of windows in one message to the worker. The first window waits 0.8 s for the second. */
const TOGETHER = 2;
/** A larger jump of the capture clock starts a new stream. */
const MAX_JUMP_MS = 100;

export interface VoiceTrackSetup {
  readonly source: Source;
  readonly detector: SpeechDetector;
  readonly embedder: SpeakerEmbedder;
  readonly onWindow: (window: VoiceWindow) => void;
  /** `onWindow` has received every window of the stretch. */
  readonly onStretch: (stretch: Stretch) => void;
  /** Takes the speech probability (0…1) of each detector window, in order. Times in milliseconds. */
  readonly onProbability?: (probability: number, startMs: number, endMs: number) => void;
}

export class EmbeddingStream {
  private cutter = new StretchCutter();
  /** Session time of sample 0 of the cutter. */
  private originMs: number | undefined;
  /** Samples from `kept` on, with the cutter's sample numbers. */
  private samples = new Float32Array(4 * SAMPLE_RATE);
  private kept = 0;
  private end = 0;
  private judged = 0;
  /** Number of quiet windows since the last detector call. */
  private unheard = 0;
  private windows: VoiceWindow[] = [];
  /** Windows that wait for a common run of the encoder. */
  private waiting: (Pick<VoiceWindow, 'startMs' | 'endMs'> & { readonly pcm: Float32Array })[] = [];
  private guess: VoiceWindow | undefined;

  constructor(private readonly setup: VoiceTrackSetup) {}

  /** Session time up to which the detector has run. */
  get judgedMs(): number {
    return this.timeOf(this.judged);
  }

  /** The open stretch with its windows so far. */
  get open(): Stretch | undefined {
    const { open } = this.cutter;
    return (
      open && {
        startMs: this.timeOf(open.from),
        endMs: this.timeOf(open.to),
        windows: this.windows.length === 0 && this.guess ? [this.guess] : this.windows,
      }
    );
  }

  /**
   * Takes frames in order.
   * @throws errors of the detector and encoder; the next call continues after them
   */
  async process(frames: readonly Frame[]): Promise<void> {
    for (const frame of frames) {
      const expected = this.originMs === undefined ? undefined : this.timeOf(this.end);
      if (expected === undefined || Math.abs(frame.captureMs - expected) > MAX_JUMP_MS) {
        await this.flush();
        this.begin(frame.captureMs);
      }
      this.append(frame.pcm);
    }
    await this.judge();
  }

  /** Ends the open stretch. */
  async flush(): Promise<void> {
    await this.judge();
    await this.take(this.cutter.flush());
  }

  dispose(): void {
    this.setup.detector.dispose();
  }

  private begin(originMs: number): void {
    this.setup.detector.reset();
    this.cutter = new StretchCutter();
    this.originMs = originMs;
    this.kept = this.end = this.judged = this.unheard = 0;
    this.windows = [];
    this.waiting = [];
    this.guess = undefined;
  }

  private append(pcm: Int16Array): void {
    const length = this.end - this.kept + pcm.length;
    if (length > this.samples.length) {
      const larger = new Float32Array(2 * length);
      larger.set(this.samples.subarray(0, this.end - this.kept));
      this.samples = larger;
    }
    toFloat32(pcm, this.samples.subarray(length - pcm.length, length));
    this.end += pcm.length;
  }

  private async judge(): Promise<void> {
    const count = Math.floor((this.end - this.judged) / VAD_WINDOW);
    if (count === 0) return;
    const known = Math.min(this.unheard, WARM_UP_WINDOWS);
    const audio = this.view({
      from: this.judged - known * VAD_WINDOW,
      to: this.judged + count * VAD_WINDOW,
    });
    this.judged += count * VAD_WINDOW;
    let quiet = 0;
    if (this.cutter.pause >= LONG_PAUSE)
      while (quiet < count && levelDb(audio, (known + quiet) * VAD_WINDOW, VAD_WINDOW) < QUIET_DB)
        quiet++;
    // Silence during a pause produces no events.
    for (let i = 0; i < quiet; i++) this.cutter.push(0);
    this.unheard += quiet;
    let start = this.judged - (count - quiet) * VAD_WINDOW;
    if (quiet < count) {
      const before = Math.min(this.unheard, WARM_UP_WINDOWS);
      this.unheard = 0;
      const probabilities = await this.setup.detector.detect(
        amplified(audio.subarray((known + quiet - before) * VAD_WINDOW)),
      );
      for (const probability of probabilities.subarray(before)) {
        const startMs = this.timeOf(start);
        start += VAD_WINDOW;
        this.setup.onProbability?.(probability, startMs, this.timeOf(start));
        await this.take(this.cutter.push(probability));
      }
    }
    await this.guessEarly();
    this.forget();
  }

  private async guessEarly(): Promise<void> {
    const { open } = this.cutter;
    if (!open || this.windows.length > 0 || this.guess || open.to - open.from < GUESS) return;
    const [embedding] = await this.setup.embedder.embed([this.slice(open)]);
    if (embedding)
      this.guess = { startMs: this.timeOf(open.from), endMs: this.timeOf(open.to), embedding };
  }

  private async take(events: readonly StretchEvent[]): Promise<void> {
    for (const { kind, from, to } of events) {
      const span = { startMs: this.timeOf(from), endMs: this.timeOf(to) };
      if (kind === 'window') {
        this.waiting.push({ ...span, pcm: this.slice({ from, to }) });
        // The first window of a stretch is encoded at once, so its speaker is known early.
        if (this.waiting.length >= TOGETHER || this.windows.length === 0) await this.encode();
      } else {
        await this.encode();
        const { windows } = this;
        this.windows = [];
        this.guess = undefined;
        this.setup.onStretch({ ...span, windows });
      }
    }
  }

  private async encode(): Promise<void> {
    const cuts = this.waiting;
    if (cuts.length === 0) return;
    this.waiting = [];
    const embeddings = await this.setup.embedder.embed(cuts.map(({ pcm }) => pcm));
    cuts.forEach(({ startMs, endMs }, i) => {
      const embedding = embeddings[i];
      if (!embedding) return;
      const window = { startMs, endMs, embedding };
      this.windows.push(window);
      this.setup.onWindow(window);
    });
  }

  private slice(span: Span): Float32Array {
    return this.view(span).slice();
  }

  /** Valid until the next sample arrives. */
  private view({ from, to }: Span): Float32Array {
    return this.samples.subarray(Math.max(0, from - this.kept), to - this.kept);
  }

  private forget(): void {
    const gone =
      Math.min(this.judged - WARM_UP_WINDOWS * VAD_WINDOW, this.cutter.neededFrom) - this.kept;
    if (gone < SAMPLE_RATE) return;
    this.samples.copyWithin(0, gone, this.end - this.kept);
    this.kept += gone;
  }

  private timeOf(sample: number): number {
    return Math.round((this.originMs ?? 0) + (sample * 1000) / SAMPLE_RATE);
  }
}

/** An amplified copy. A loop, because this runs for every sample of speech. */
function amplified(samples: Float32Array): Float32Array {
  const louder = new Float32Array(samples.length);
  for (let i = 0; i < samples.length; i++)
    louder[i] = Math.max(-1, Math.min(1, GAIN * (samples[i] as number)));
  return louder;
}
