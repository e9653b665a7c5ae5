/**
 * Pipeline of a source: frames → spool and queue → phrases → text → `final`. It also sends
 * partials, levels and warnings about the audio.
 */
import type { AsrResult } from '../asr/contract/provider';
import { FRAME_MS, FRAME_SAMPLES, type Frame, type Source } from '../audio/frame';
import { type AudioLevel, LevelMeter } from '../audio/levels/levelMeter';
import { SpeechGain } from '../audio/levels/speechGain';
import { QuietWatch, quietSentence } from './quietWatch';
import type { Clock } from '../base/clock';
import type { Disposable } from '../base/disposable';
import { type MetricRecorder, noMetrics } from '../telemetry/metrics';
import { PhraseTimes } from '../telemetry/phraseTimes';
import { segmenterPresetOf, takesRaisedSpeech } from '../asr/registry';
import type {
  OpenPhrase,
  Pause,
  Phrase,
  PhraseSourceLike,
  PhraseSourceSetup,
} from '../vad/contract';
import { segmenterOptionsFor } from '../vad/segmenter';
import type { SpeechEvent } from './contract';
import type { WarningCode } from '../../protocol/vocabulary';
import { Drafts } from './drafts';
import { FrameQueue } from './frameQueue';
import type { SpeechOptions } from './options';
import { Partials } from './partials';
import { PhraseDecoder } from './phraseDecoder';
import type { EngineLease } from '../asr/contract/engine';
import type { Spool } from '../audio/spool';
import type { Receipt } from './receipt';
import { redactedResult, redactedText } from './redactedSpeech';
import { Speculation } from './speculation';
import { Streaming } from './streaming';
import { Deferred, delay } from '../base/wait';

/**
 * Smallest level change that a display can show. Smaller changes are sent at a lower rate, to show
 * that audio arrives.
 */
const LEVEL_STEP_DB = 1;
const SAME_LEVEL_MS = 1_000;

export interface PipelineSetup {
  readonly source: Source;
  readonly sessionId: string;
  readonly language: string;
  readonly spool: Spool;
  readonly engine: EngineLease;
  readonly clock: Clock;
  /** Optional; without it, nothing is counted. */
  readonly metrics?: MetricRecorder | undefined;
  /** Session clock; live frames are stamped with it. */
  readonly sessionMs?: () => number;
  readonly options: SpeechOptions;
  readonly phrases: (setup: PhraseSourceSetup) => PhraseSourceLike;
  readonly newPhraseId: () => string;
  /** Audio arrives at the speed of speech. Such a source has partials and warnings about lag. */
  readonly live: boolean;
  /** A user waits for the end of the text, as in dictation. */
  readonly awaited: boolean;
  /** Several people may speak on this source, but speaker diarization is off. */
  readonly mixed: boolean;
  readonly partials: boolean;
  /** Secrets may be redacted if the options say so. Dictated text is not redacted. */
  readonly mayRedact?: boolean;
  /** The user keeps the audio: the spool deletes no frame. */
  readonly keepAudio: boolean;
  /** First frame without final text. */
  readonly fromSeq: number;
  /** Present if the client requests a receipt. */
  readonly receipt?: Receipt | undefined;
  readonly on: PipelineHandlers;
}

export interface PipelineHandlers {
  /** Receives frames in order as they are segmented. The receiver must not keep them. */
  readonly frames?: (frames: readonly Frame[]) => Promise<void> | void;
  /** Called in order of speech. `result` is absent if the phrase was given up. */
  readonly phrase: (phrase: Phrase, result: AsrResult | undefined) => void;
  readonly passing: (event: SpeechEvent) => void;
  readonly warn: (code: WarningCode, message: string, source: Source) => void;
  /** Called when speech is detected. */
  readonly speech: () => void;
  /** Called when segmentation failed permanently. */
  readonly failed: (error: unknown) => void;
}

export interface PipelineStats {
  frames: number;
  gapFrames: number;
  lostFrames: number;
  phrases: number;
  rejected: number;
  givenUp: number;
  inferenceMs: number;
  speechMs: number;
}

interface Boundary {
  /** The flush happens after every frame before this number is segmented. */
  readonly beforeSeq: number;
  readonly done: Deferred;
}

export class SourcePipeline implements Disposable {
  /** Audio received before this object was created, in milliseconds. */
  readonly firstMs: number;
  readonly stats: PipelineStats = {
    frames: 0,
    gapFrames: 0,
    lostFrames: 0,
    phrases: 0,
    rejected: 0,
    givenUp: 0,
    inferenceMs: 0,
    speechMs: 0,
  };
  private readonly queue: FrameQueue;
  private readonly decoder: PhraseDecoder;
  private readonly partials: Partials;
  private readonly speculation: Speculation;
  private readonly streaming: Streaming;
  private readonly meter: LevelMeter;
  private readonly gain: SpeechGain | undefined;
  private readonly quiet = new QuietWatch();
  private readonly phrases: PhraseSourceLike;
  private readonly boundaries: Boundary[] = [];
  private state: 'open' | 'ended' | 'aborted' = 'open';
  private working = false;
  private engineSeen = false;
  private readonly abortion = new AbortController();
  private behindTimer: Disposable | undefined;
  private released = 0;
  /** Phrases with text that is not yet on disk. */
  private readonly unstored: { readonly firstSeq: number; readonly lastSeq: number }[] = [];
  private lastCaptureMs = 0;
  private sinceSync = 0;
  /** The last reported level. */
  private shown:
    { readonly rmsDb: number; readonly speech: boolean; readonly atMs: number } | undefined;
  private readonly syncs: Disposable;
  private readonly metrics: MetricRecorder;
  private readonly times: PhraseTimes;

  constructor(private readonly setup: PipelineSetup) {
    const { source, engine, clock, options, sessionId, language, on } = setup;
    this.metrics = setup.metrics ?? noMetrics;
    this.gain = takesRaisedSpeech(engine.provider) ? new SpeechGain() : undefined;
    this.times = new PhraseTimes({
      metrics: this.metrics,
      sessionId,
      now: () => clock.now(),
      ...(setup.live && setup.sessionMs ? { sessionMs: setup.sessionMs } : {}),
    });
    this.queue = new FrameQueue({
      source,
      spool: setup.spool,
      capacity: options.queueFrames,
      fromSeq: setup.fromSeq,
      onUnspooled: () =>
        on.warn(
          'store.degraded',
          'Earmark could not write to the disk for too long. Recording continues, but ' +
            'unrecognised audio may be lost. Free some space now.',
          source,
        ),
      onLost: () => {
        this.stats.lostFrames++;
        this.metrics.count('frames_dropped', 1, 'lost');
        on.warn(
          'frames.lost',
          'Some audio was lost because Earmark cannot write to the disk. Free some space.',
          source,
        );
      },
    });
    this.firstMs = this.nextSeq * FRAME_MS;
    const drafts = new Drafts();
    // Asked for each text, so that a change of the setting takes effect at once.
    const redacts = (): boolean => setup.mayRedact === true && options.redactTranscript;
    const redacted = (result: AsrResult): AsrResult =>
      redacts() ? redactedResult(result) : result;
    this.speculation = new Speculation({ engine, sessionId, language, drafts });
    this.decoder = new PhraseDecoder({
      engine,
      clock,
      options,
      sessionId,
      language,
      drafts,
      onOutcome: (phrase, result) => this.onOutcome(phrase, result && redacted(result)),
      onUnavailable: () =>
        on.warn(
          'engine.unavailable',
          'Speech recognition is not available now. The audio stays on disk and is ' +
            'recognised later.',
          source,
        ),
    });
    this.partials = new Partials({
      source,
      engine,
      clock,
      metrics: this.metrics,
      options,
      sessionId,
      language,
      drafts,
      redacted,
      emit: on.passing,
    });
    this.streaming = new Streaming({
      engine,
      sessionId,
      language,
      onText: (id, text) => {
        if (setup.partials) this.partials.show(id, redacts() ? redactedText(text) : text);
      },
    });
    this.meter = new LevelMeter(source, () => clock.now(), 1000 / options.levelMs);
    this.phrases = setup.phrases({
      source,
      detector: engine.detectors.create(source),
      newId: setup.newPhraseId,
      onOnset: ({ id, startMs }) => {
        on.speech();
        if (setup.partials) this.partials.onset(id, startMs);
        // A file is decoded as a whole: nobody waits for its partials.
        if (setup.live) this.streaming.onset(id);
      },
      onPhrase: (phrase) => this.onPhrase(phrase),
      onWindows: (skipped, examined) => {
        if (skipped > 0) this.metrics.count('vad_windows', skipped, 'skipped');
        if (examined > 0) this.metrics.count('vad_windows', examined, 'analysed');
      },
      // A file has no waiting user, and a source that lags has no time to spare.
      ...(setup.live
        ? {
            onPause: (pause) => this.onPause(pause),
            onResume: () => this.speculation.cancel(),
            trusted: () => this.speculation.trusted,
            doubted: () => this.speculation.doubted,
            decodeMs: (audioMs) => this.speculation.decodeMs(audioMs),
          }
        : {}),
      onFallback: () =>
        on.warn(
          'vad.fallback',
          'The speech detector failed. Earmark now finds speech by its level and ' +
            'discards nothing.',
          source,
        ),
      fromSeq: setup.fromSeq,
      options: segmenterOptionsFor(segmenterPresetOf(engine.provider), setup.live, setup),
      ...(setup.live ? { longPhrases: () => engine.actions.longPhrases } : {}),
    });
    this.syncs = setup.spool.onDidSync((synced) => {
      if (synced.source === source)
        this.sinceSync = Math.min(this.sinceSync, Math.max(0, this.queue.lastSeq - synced.seq));
    });
    if (this.queue.backlog > 0) this.kick();
  }

  /** Next expected frame. */
  get nextSeq(): number {
    return this.queue.lastSeq + 1;
  }

  get ended(): boolean {
    return this.state !== 'open';
  }

  /** Milliseconds of received audio without text. */
  get waitingMs(): number {
    return this.queue.backlog * FRAME_MS + this.decoder.pendingMs;
  }

  /** Received frames that are not on disk; holes do not count. */
  get unacknowledgedFrames(): number {
    return Math.min(
      this.sinceSync,
      Math.max(0, this.queue.lastSeq - this.setup.spool.durableSeq(this.setup.source)),
    );
  }

  /** Session time of the end of the received audio. */
  get endMs(): number {
    return this.lastCaptureMs;
  }

  /** Increases with every step. A constant value means that the pipeline is stuck. */
  get progress(): number {
    return this.queue.nextSeq + this.stats.phrases;
  }

  /**
   * Takes consecutive frames. Frames that were already received are skipped; a hole before the new
   * frames is reported. The pipeline owns their samples from now on.
   */
  push(frames: readonly Frame[]): void {
    if (this.state !== 'open') return;
    const gap = (frames[0]?.seq ?? this.nextSeq) - this.nextSeq;
    if (gap > 0) this.missing(gap);
    const fresh = gap < 0 ? frames.slice(-gap) : frames;
    const last = fresh.at(-1);
    this.setup.receipt?.add(frames);
    if (last) {
      this.stats.frames += fresh.length;
      this.sinceSync += fresh.length;
      this.lastCaptureMs = Math.max(this.lastCaptureMs, last.captureMs + FRAME_MS);
      this.queue.push(fresh);
      this.metrics.count('frames', fresh.length, this.setup.source);
      this.metrics.count('audio_bytes', fresh.length * FRAME_SAMPLES * 2);
      this.times.pushed(last.seq, last.captureMs + FRAME_MS);
    }
    for (const { pcm } of fresh) {
      const level = this.meter.push(pcm);
      if (level) this.onLevel(level);
    }
    this.watchBacklog();
    this.kick();
  }

  /** Reports missing frames: the machine slept, or the recorder was absent. */
  missing(frames: number): void {
    this.stats.gapFrames += frames;
    this.metrics.count('frames_dropped', frames, 'gap');
    const seconds = Math.round(frames * FRAME_MS) / 1000;
    this.setup.on.warn(
      'source.gap',
      `${seconds} s of audio did not arrive; silence replaces it.`,
      this.setup.source,
    );
  }

  /** The text up to and including this frame is on disk. */
  onStored(finalThrough: number): void {
    while (this.unstored[0] && this.unstored[0].lastSeq <= finalThrough) this.unstored.shift();
    this.release();
  }

  /**
   * Ends the open phrase at the last received frame. Resolves when all received audio is text, or
   * after `abort`.
   */
  async flushed(): Promise<void> {
    await this.flush();
    await this.decoder.drained();
  }

  /** Resolves when all audio received before the flush is segmented. */
  private flush(): Promise<void> {
    const done = new Deferred();
    if (this.state === 'aborted') done.resolve();
    else this.boundaries.push({ beforeSeq: this.nextSeq, done });
    this.kick();
    return done.promise;
  }

  /** Ends the input. Resolves when everything is text, or after `abort`. */
  async end(): Promise<void> {
    if (this.state === 'open') this.state = 'ended';
    await this.flushed();
  }

  /** Stops; audio without text stays in the spool. */
  abort(): void {
    this.state = 'aborted';
    this.abortion.abort();
    this.partials.close();
    this.streaming.cancel();
    this.speculation.cancel();
    this.decoder.abort();
    this.behindTimer?.dispose();
    for (const { done } of this.boundaries.splice(0)) done.resolve();
  }

  dispose(): void {
    this.abort();
    this.syncs.dispose();
    this.phrases.dispose();
  }

  private kick(): void {
    if (this.working || this.state === 'aborted') return;
    this.working = true;
    void this.work();
  }

  private async work(): Promise<void> {
    try {
      await this.engineReady();
      for (let step = this.step(); step !== undefined; step = this.step()) await step;
    } catch (error) {
      if (this.state !== 'aborted') this.setup.on.failed(error);
    }
    // Same turn as the last check for work, so that no kick gets lost in between.
    this.working = false;
  }

  /** Starts the next step; undefined if there is nothing to do. */
  private step(): Promise<void> | undefined {
    if (this.state === 'aborted') return undefined;
    const boundary = this.boundaries[0];
    const frames = this.queue.take(boundary?.beforeSeq);
    if (frames.length > 0) this.times.taken((frames.at(-1) as Frame).seq);
    if (frames.length > 0)
      return Promise.all([
        this.phrases.process(this.gain?.raise(frames) ?? frames),
        this.setup.on.frames?.(frames),
      ]).then(() => this.afterFrames());
    if (!boundary || this.queue.nextSeq < boundary.beforeSeq) return undefined;
    return this.phrases.flush().then(() => {
      this.boundaries.shift();
      boundary.done.resolve();
      this.release();
    });
  }

  /** While the model loads or the engine is unavailable, audio waits in the spool. */
  private async engineReady(): Promise<void> {
    const { engine, options, clock } = this.setup;
    for (let waits = 0; !this.abortion.signal.aborted; waits++) {
      try {
        await engine.ready();
        this.engineSeen = true;
        return;
      } catch {
        await delay(
          clock,
          options.engineRetryMs[Math.min(waits, options.engineRetryMs.length - 1)] ?? 1000,
          this.abortion.signal,
        );
      }
    }
  }

  private afterFrames(): void {
    if (!this.queue.behind) {
      this.behindTimer?.dispose();
      this.behindTimer = undefined;
      const open = (): OpenPhrase | undefined => this.phrases.openPhrase();
      this.streaming.tick((from) => this.phrases.openPhrase(from));
      if (this.setup.partials && !this.streaming.active && this.decoder.pendingCount === 0)
        this.partials.tick(open);
    }
    this.release();
  }

  private onPhrase(phrase: Phrase): Promise<void> | void {
    this.setup.on.speech();
    this.partials.close();
    this.times.spoken(phrase);
    const streamed = this.streaming.take(phrase);
    return this.decoder.add(phrase, streamed ?? this.speculation.take(phrase));
  }

  private onPause(pause: Pause): void {
    if (!this.streaming.active && !this.queue.behind && this.decoder.pendingCount === 0)
      this.speculation.pause(pause);
  }

  private onOutcome(phrase: Phrase, result: AsrResult | undefined): void {
    const spoken = result !== undefined && result.text !== '';
    this.stats.phrases++;
    if (result) this.stats.inferenceMs += result.inferenceMs;
    if (spoken) this.stats.speechMs += phrase.speechEndMs - phrase.startMs;
    else if (result) this.stats.rejected++;
    else this.stats.givenUp++;
    if (!spoken) this.partials.drop(phrase.id);
    this.metrics.count('phrases', 1, spoken ? 'spoken' : result ? 'rejected' : 'givenUp');
    this.times.decoded(phrase);
    this.unstored.push({ firstSeq: phrase.firstSeq, lastSeq: phrase.lastSeq });
    this.setup.on.phrase(phrase, result);
    this.watchQuiet(spoken);
    this.times.reportFinal(phrase, spoken);
    this.partials.settle(phrase.id);
  }

  private watchQuiet(spoken: boolean): void {
    const { live, source, on } = this.setup;
    if (!live || !spoken || !this.quiet.phrase(this.gain?.decibels ?? 0)) return;
    on.warn('audio.quiet', quietSentence(source), source);
  }

  private onLevel({ rmsDb, peakDb }: AudioLevel): void {
    const { speech } = this.phrases;
    const atMs = this.setup.clock.now();
    const { shown } = this;
    if (
      shown?.speech === speech &&
      Math.abs(rmsDb - shown.rmsDb) < LEVEL_STEP_DB &&
      atMs - shown.atMs < SAME_LEVEL_MS
    )
      return;
    this.shown = { rmsDb, speech, atMs };
    this.setup.on.passing({ kind: 'level', source: this.setup.source, rmsDb, peakDb, speech });
  }

  private watchBacklog(): void {
    // Before the model is loaded, all audio waits; the session reports that once.
    if (!this.setup.live || !this.engineSeen || !this.queue.behind || this.behindTimer) return;
    const { lostFrames } = this.stats;
    this.behindTimer = this.setup.clock.setTimeout(() => {
      if (this.stats.lostFrames === lostFrames)
        this.setup.on.warn(
          'queue.overflow',
          'Audio arrives faster than Earmark recognises it. It waits on disk and nothing ' +
            'is lost.',
          this.setup.source,
        );
    }, this.setup.options.overflowMs);
  }

  /** Releases frames that are final or silent from the spool. */
  private release(): void {
    if (this.setup.keepAudio) return;
    const before = Math.min(
      this.unstored[0]?.firstSeq ?? Infinity,
      this.decoder.firstPendingSeq ?? Infinity,
      this.phrases.neededFrom,
      this.queue.nextSeq,
      this.setup.receipt?.neededFrom ?? Infinity,
    );
    if (before <= this.released) return;
    this.released = before;
    this.setup.spool.release(this.setup.source, before);
  }
}
