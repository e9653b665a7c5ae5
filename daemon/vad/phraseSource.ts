/**
 * Turns the frames of a source into phrases: 20 ms frames → windows of 512 samples → energy gate →
 * speech detector → segmenter. The same code serves a live microphone (single frames) and a file
 * (seconds of frames). `process` resolves when the ended phrases were taken, which gives
 * backpressure.
 */
import { FRAME_MS, FRAME_SAMPLES, type Frame, SAMPLE_RATE } from '../audio/frame';
import {
  type OpenPhrase,
  type Pause,
  type Phrase,
  type PhraseLeft,
  type PhraseSourceLike,
  type PhraseSourceSetup,
  VAD_WINDOW,
} from './contract';
import { EnergyDetector, levelDb } from './energyDetector';
import { FallbackDetector } from './fallbackDetector';
import { FrameStore } from './frameStore';
import { withQuietEnd } from './quietEnd';
import { PhraseSegmenter, type SegmenterEvent, defaultSegmenterOptions } from './segmenter';

/** Frames of a batch: 2 s, so that a call of the detector stays short. */
const BATCH_FRAMES = 100;
/** A longer gap is a boundary; filling it would waste memory. */
const MAX_FILL_FRAMES = 100;
/**
 * A larger jump of the capture clock is a boundary. The recording was paused, and no phrase spans
 * the pause.
 */
const MAX_JUMP_MS = 500;
/** Quiet windows passed to the detector before the first loud window, as context. */
const WARM_UP_WINDOWS = 4;

/** Window and frame starts coincide every 8 frames: 8 × 320 samples are 5 × 512. */
const ALIGNED_FRAMES = 8;

const NOTHING = new Float32Array(0);

export class PhraseSource implements PhraseSourceLike {
  private readonly store = new FrameStore();
  private readonly segmenter: PhraseSegmenter;
  private readonly detector: FallbackDetector;
  private readonly gateDb: number;
  private queue: Promise<unknown> = Promise.resolve();
  private lastSeq: number;
  private nextCaptureMs = 0;
  /** Position after the last window with a probability. */
  private judged = 0;
  /** Quiet windows that the detector skipped, newest last. */
  private skipped: Float32Array = NOTHING;
  private openId: string | undefined;
  /** The last phrase and its end. */
  private last: (PhraseLeft & { readonly end: number }) | undefined;
  private readonly leadGap: number;
  private readonly postRoll: number;
  private begun: boolean;

  constructor(private readonly setup: PhraseSourceSetup) {
    const options = { ...defaultSegmenterOptions, ...setup.options };
    this.gateDb = options.gateDb;
    this.leadGap = Math.round(
      (Math.max(options.leadGapMs, options.doubtedLeadGapMs) * SAMPLE_RATE) / 1000,
    );
    this.postRoll = Math.round((options.postRollMs * SAMPLE_RATE) / 1000);
    this.segmenter = new PhraseSegmenter(
      options,
      (from, to) => this.store.quietest(from, to),
      setup.longPhrases,
      setup.trusted,
      setup.decodeMs,
      setup.doubted,
    );
    this.detector = new FallbackDetector(
      setup.detector,
      () => new EnergyDetector(),
      (error) => setup.onFallback?.(error),
    );
    this.lastSeq = (setup.fromSeq ?? 0) - 1;
    this.begun = setup.fromSeq !== undefined;
  }

  get speech(): boolean {
    return this.segmenter.speaking;
  }

  get processedThrough(): number {
    return this.store.end === 0 ? -1 : this.store.seqOf(this.store.end) - 1;
  }

  get neededFrom(): number {
    return this.store.seqOf(Math.min(this.segmenter.neededFrom, this.judged));
  }

  process(frames: readonly Frame[]): Promise<void> {
    return this.enqueue(async () => {
      for (let i = 0; i < frames.length; i += BATCH_FRAMES) {
        for (const frame of frames.slice(i, i + BATCH_FRAMES)) {
          // Usually the frame follows the last, and no wait is needed.
          const odd = this.accept(frame);
          if (odd) await odd;
        }
        await this.judge();
      }
    });
  }

  flush(): Promise<void> {
    return this.enqueue(() => this.flushNow());
  }

  openPhrase(fromSample = 0): OpenPhrase | undefined {
    const { state } = this.segmenter;
    if (state.kind !== 'open' || this.openId === undefined) return undefined;
    return {
      id: this.openId,
      source: this.setup.source,
      startMs: this.timeMs(state.start),
      pcm: this.store.slice(Math.min(state.start + fromSample, this.store.end), this.store.end),
    };
  }

  dispose(): void {
    this.detector.dispose();
    // Queued after the running work, which may still read the frames.
    void this.enqueue(() => Promise.resolve(this.store.close()));
  }

  /** Runs work in sequence; a failed call does not block the next. */
  private enqueue(work: () => Promise<void>): Promise<void> {
    const run = this.queue.then(work);
    this.queue = run.catch(() => undefined);
    return run;
  }

  /** @returns a promise if the frame does not directly follow the last */
  private accept(frame: Frame): Promise<void> | undefined {
    if (this.begun && frame.seq <= this.lastSeq) return undefined;
    const missing = this.begun ? frame.seq - this.lastSeq - 1 : 0;
    const jumped =
      this.begun &&
      Math.abs(frame.captureMs - this.nextCaptureMs - missing * FRAME_MS) > MAX_JUMP_MS;
    if (missing > 0 || jumped) return this.bridge(missing, jumped).then(() => this.keep(frame));
    this.keep(frame);
    return undefined;
  }

  private async bridge(missing: number, jumped: boolean): Promise<void> {
    if (missing > 0) await this.fill(missing);
    if (!jumped) return;
    await this.judge();
    await this.flushNow();
  }

  private keep(frame: Frame): void {
    if (this.store.end === 0 && this.begun) this.align(frame);
    this.begun = true;
    this.lastSeq = frame.seq;
    this.nextCaptureMs = frame.captureMs + FRAME_MS;
    this.store.append(frame);
  }

  /**
   * Aligns the windows of a resumed source with the original windows, so that phrases keep the same
   * bounds.
   */
  private align({ seq, captureMs }: Frame): void {
    this.segmenter.beginAt((seq % ALIGNED_FRAMES) * FRAME_SAMPLES);
    for (let before = seq % ALIGNED_FRAMES; before > 0; before--)
      this.store.appendSilence(seq - before, captureMs - before * FRAME_MS);
  }

  private async fill(missing: number): Promise<void> {
    if (missing > MAX_FILL_FRAMES || this.store.end === 0) {
      await this.judge();
      await this.flushNow();
      return;
    }
    for (let i = 0; i < missing; i++)
      this.store.appendSilence(this.lastSeq + 1 + i, this.nextCaptureMs + i * FRAME_MS);
  }

  /** Computes the probability of every complete window. */
  private async judge(): Promise<void> {
    const count = Math.floor((this.store.end - this.judged) / VAD_WINDOW);
    if (count === 0) return;
    await this.judgeWindows(this.store.slice(this.judged, this.judged + count * VAD_WINDOW));
  }

  /** @param samples n × 512; this call owns them */
  private async judgeWindows(samples: Float32Array): Promise<void> {
    const count = samples.length / VAD_WINDOW;
    let quiet = 0;
    if (this.segmenter.state.kind === 'silence')
      while (quiet < count && levelDb(samples, quiet * VAD_WINDOW, VAD_WINDOW) < this.gateDb)
        quiet++;
    // Without an open phrase, silent windows create no events.
    for (let i = 0; i < quiet; i++) this.take(0);
    if (quiet > 0)
      this.skip(
        samples.subarray(Math.max(0, quiet - WARM_UP_WINDOWS) * VAD_WINDOW, quiet * VAD_WINDOW),
      );
    this.setup.onWindows?.(quiet, count - quiet);
    if (quiet === count) return;
    const warmUp = this.skipped;
    this.skipped = NOTHING;
    const loud = samples.subarray(quiet * VAD_WINDOW);
    const answers = await this.detector.detect(
      warmUp.length === 0 && quiet === 0 ? samples : joined(warmUp, loud),
    );
    for (const probability of answers.subarray(warmUp.length / VAD_WINDOW)) {
      for (const event of this.take(probability)) await this.announce(event);
    }
    this.drop();
  }

  private take(probability: number): readonly SegmenterEvent[] {
    const events = this.segmenter.push(this.judged, probability);
    this.judged += VAD_WINDOW;
    return events;
  }

  /**
   * Drops frames. Audio between two phrases stays while the second may use the first as left
   * context.
   */
  private drop(): void {
    this.store.dropBefore(Math.min(this.segmenter.neededFrom - this.leadGap, this.judged));
  }

  /** Stores windows that skip the detector; only the newest stay. */
  private skip(windows: Float32Array): void {
    this.skipped = joined(this.skipped, windows).slice(-WARM_UP_WINDOWS * VAD_WINDOW);
    this.drop();
  }

  /**
   * Pads the last incomplete window with silence, then ends the open phrase at the last real
   * sample.
   */
  private async flushNow(): Promise<void> {
    const end = this.store.end;
    await this.judge();
    if (this.judged < end) {
      const last = new Float32Array(VAD_WINDOW);
      last.set(this.store.slice(this.judged, end));
      await this.judgeWindows(last);
    }
    this.judged = end;
    for (const event of this.segmenter.flush(end)) await this.announce(event);
    this.skipped = NOTHING;
    this.detector.reset();
  }

  private async announce(event: SegmenterEvent): Promise<void> {
    switch (event.kind) {
      case 'onset':
        this.openId = this.setup.newId();
        this.setup.onOnset?.({ id: this.openId, startMs: this.timeMs(event.start) });
        return;
      case 'pause':
        if (this.openId !== undefined) this.setup.onPause?.(this.pauseOf(event, this.openId));
        return;
      case 'resume':
        if (this.openId !== undefined) this.setup.onResume?.({ id: this.openId });
        return;
      case 'phrase':
        await this.setup.onPhrase(this.phraseOf(event));
    }
  }

  /** Returns the pause, with the audio that the phrase will have if silence continues. */
  private pauseOf(
    { speechEnd, end, from, start }: Extract<SegmenterEvent, { kind: 'pause' }>,
    id: string,
  ): Pause {
    const startMs = this.timeMs(start);
    const examined = this.store.slice(start, end);
    const pcm = withQuietEnd(examined, end - speechEnd, speechEnd - start + this.postRoll);
    return {
      id,
      source: this.setup.source,
      startMs,
      speechEndMs: startMs + samplesToMs(speechEnd - start),
      pcm,
      complete: examined.length === pcm.length,
      ...this.leadOf({ from, start }),
    };
  }

  private phraseOf(event: Extract<SegmenterEvent, { kind: 'phrase' }>): Phrase {
    const id = this.openId ?? this.setup.newId();
    this.openId = undefined;
    const end = Math.min(event.end, this.store.end);
    const { start } = event;
    const startMs = this.timeMs(start);
    const pcm = this.store.slice(start, end);
    const left = this.leadOf(event);
    // A flush is a hard boundary: the next phrase gets no left context.
    this.last = event.cause === 'flush' ? undefined : { id, pcm, end };
    return {
      id,
      source: this.setup.source,
      startMs,
      endMs: startMs + samplesToMs(end - start),
      speechEndMs: startMs + samplesToMs(Math.min(end, event.speechEnd) - start),
      firstSeq: this.store.seqOf(start),
      lastSeq: this.store.seqOf(end - 1),
      pcm,
      cause: event.cause,
      ...left,
      ...(event.speechTo === undefined ? {} : { right: this.store.slice(end, event.speechTo) }),
    };
  }

  /** Returns the previous phrase if the new phrase directly continues it. */
  private leadOf({ from, start }: { readonly from: number; readonly start: number }): {
    left?: PhraseLeft;
  } {
    const { last } = this;
    if (!last || from === start) return {};
    const gap = this.store.slice(last.end, start);
    return { left: { id: last.id, pcm: joined(last.pcm, gap) } };
  }

  private timeMs(position: number): number {
    return Math.round(this.store.timeOf(position));
  }
}

function joined(a: Float32Array, b: Float32Array): Float32Array {
  const both = new Float32Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

function samplesToMs(samples: number): number {
  return Math.round((samples * 1000) / SAMPLE_RATE);
}

/** Splits samples into frames and fills the last with silence; for files and tests. */
export function framesOf(source: Frame['source'], pcm: Int16Array, fromSeq = 0): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at < pcm.length; at += FRAME_SAMPLES) {
    const frame = new Int16Array(FRAME_SAMPLES);
    frame.set(pcm.subarray(at, at + FRAME_SAMPLES));
    const seq = fromSeq + at / FRAME_SAMPLES;
    frames.push({ source, seq, captureMs: seq * FRAME_MS, pcm: frame });
  }
  return frames;
}
