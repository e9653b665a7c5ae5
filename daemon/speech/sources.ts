/** All sources of a session: their pipelines, and the recorders of captured sources. */
import { EarmarkError } from '../../protocol/errors';
import type { AsrResult } from '../asr/contract/provider';
import { FRAME_MS, FRAME_SAMPLES, type Frame, type Source } from '../audio/frame';
import type { Received } from '../audio/frameChain';
import type { Disposable } from '../base/disposable';
import { Emitter } from '../base/emitter';
import type { Phrase } from '../vad/contract';
import type { SpeechOptions } from './options';
import { type PipelineHandlers, type PipelineStats, SourcePipeline } from './pipeline';
import type { EngineLease } from '../asr/contract/engine';
import type { Progress } from './contract';
import type { Spool } from '../audio/spool';
import { Receipt } from './receipt';
import { GAP_MS, notRecorded, Recorder } from './recorder';
import { Deferred, within } from '../base/wait';
import type { SpokenSession } from './contract';
import type { Capture } from '../audio/capture';
import type { Clock } from '../base/clock';
import type { Logger } from '../base/logger';
import type { PhraseSourceSetup, PhraseSourceLike } from '../vad/contract';
import type { Allowance } from '../audio/allowance';
import type { MetricRecorder } from '../telemetry/metrics';

/**
 * Maximum wait of a receipt request for audio that is not stored yet. A stream without a leader
 * takes 4 to 9 s, and the client repeats its request.
 */
const KEPT_MS = 3_000;

/** What the sources of a session need from outside. */
export interface SpeechDeps {
  readonly capture: Capture;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Creates the segmenter of a source. */
  readonly phrases: (setup: PhraseSourceSetup) => PhraseSourceLike;
  /** Without it, audio is unlimited. */
  readonly allowance?: Allowance;
  /** Without it, nothing is counted. */
  readonly metrics?: MetricRecorder;
  /** Platform as Node names it; user advice depends on it. Default: `linux`. */
  readonly platform?: string;
  /** Voices are told apart. */
  readonly voices?: unknown;
}

export interface SourcesSetup {
  readonly deps: SpeechDeps;
  readonly engine: EngineLease;
  readonly options: SpeechOptions;
  readonly record: SpokenSession;
  readonly spool: Spool;
  /** Progress of an earlier run of the daemon. */
  readonly progress: readonly Progress[];
  readonly sessionMs: () => number;
  readonly newPhraseId: () => string;
  readonly on: PipelineHandlers & {
    readonly phrase: (phrase: Phrase, result: AsrResult | undefined) => void;
    /** No captured source has a recorder any more. */
    readonly allLost: () => void;
  };
}

export class Sources implements Disposable {
  private readonly pipelines = new Map<Source, SourcePipeline>();
  private readonly recorders = new Map<Source, Recorder>();
  private readonly receipts = new Map<Source, Receipt>();
  private readonly lost = new Set<Source>();
  /** Pushed sources that received audio since the last start; missing audio before is no gap. */
  private readonly fed = new Set<Source>();
  private readonly stored = new Emitter<void>();
  /** Serialises starts and stops of recorders. */
  private turn: Promise<unknown> = Promise.resolve();
  private pushedMs: number;
  private readonly begun: { readonly atMs: number; readonly sessionMs: number };

  constructor(private readonly setup: SourcesSetup) {
    const { deps, options, record, spool, on } = setup;
    this.pushedMs = deps.clock.now();
    this.begun = { atMs: this.pushedMs, sessionMs: setup.sessionMs() };
    for (const { source, origin } of record.sources) {
      const { finalThrough = -1, received } =
        setup.progress.find((entry) => entry.source === source) ?? {};
      const receipt =
        origin.type === 'push' && origin.verify ? new Receipt(source, spool, received) : undefined;
      if (receipt) this.receipts.set(source, receipt);
      const pipeline = new SourcePipeline({
        source,
        on,
        options,
        spool,
        receipt,
        live: record.live,
        sessionId: record.id,
        awaited: record.kind === 'dictation',
        mixed: source !== 'mic' && !(record.diarize && deps.voices),
        language: record.language,
        engine: setup.engine,
        clock: deps.clock,
        metrics: deps.metrics,
        sessionMs: setup.sessionMs,
        phrases: deps.phrases,
        newPhraseId: setup.newPhraseId,
        partials: record.live && record.partials,
        mayRedact: record.kind !== 'dictation',
        keepAudio: record.keepAudio,
        fromSeq: Math.max(finalThrough + 1, spool.range(source)?.firstSeq ?? 0),
      });
      this.pipelines.set(source, pipeline);
      if (origin.type === 'capture' && source !== 'file')
        this.recorders.set(source, this.recorder(source, origin.device, pipeline));
    }
  }

  get lastPushMs(): number {
    return this.pushedMs;
  }

  get endMs(): number {
    return Math.max(0, ...this.each((pipeline) => pipeline.endMs));
  }

  /** First frame without final text when the session was resumed. */
  firstSeq(source: Source): number {
    return (this.setup.progress.find((entry) => entry.source === source)?.finalThrough ?? -1) + 1;
  }

  /**
   * First frame that is still needed. Frames before it are text and, if requested, in the receipt.
   */
  neededFrom(source: Source): number {
    return this.receipts.get(source)?.neededFrom ?? this.firstSeq(source);
  }

  get progress(): number {
    return this.each((pipeline) => pipeline.progress).reduce((a, b) => a + b, 0);
  }

  totals(): PipelineStats & { readonly waitingMs: number; readonly audioMs: number } {
    const total = {
      frames: 0,
      gapFrames: 0,
      lostFrames: 0,
      phrases: 0,
      rejected: 0,
      givenUp: 0,
      inferenceMs: 0,
      speechMs: 0,
      waitingMs: 0,
      audioMs: 0,
    };
    for (const { stats, waitingMs } of this.pipelines.values()) {
      for (const [name, value] of Object.entries(stats) as [keyof PipelineStats, number][])
        total[name] += value;
      total.waitingMs += waitingMs;
    }
    return { ...total, audioMs: total.frames * FRAME_MS };
  }

  /**
   * Takes samples of a pushed source. A refused push stores no frame.
   * @returns last frame on disk
   */
  push(source: Source, seq: number, captureMs: number, pcm: Int16Array): number {
    const { deps, options, record, spool } = this.setup;
    const pipeline = this.pipelines.get(source);
    if (!pipeline || this.recorders.has(source)) throw unknownSource(source);
    if (pipeline.ended)
      throw new EarmarkError(
        'audio.afterStop',
        `The source ${source} has ended; start a new session to send more.`,
      );
    if (pcm.length % FRAME_SAMPLES !== 0 || pcm.length === 0)
      throw new EarmarkError(
        'audio.oddFrame',
        `Audio is accepted in whole frames of ${FRAME_SAMPLES} samples; send a ` +
          `multiple of ${FRAME_SAMPLES * 2} bytes.`,
      );
    if (!Number.isSafeInteger(seq) || seq < 0 || !Number.isFinite(captureMs))
      throw new EarmarkError(
        'audio.oddFrame',
        'A frame needs an integer sequence number from 0 and a capture time; send both.',
      );
    this.pushedMs = deps.clock.now();
    const unacknowledged = pipeline.unacknowledgedFrames + pcm.length / FRAME_SAMPLES;
    if (unacknowledged * FRAME_MS > options.unacknowledgedMs) throw tooFast(200);
    const backlogMs = record.ephemeral ? options.ephemeralBacklogMs : options.fileBacklogMs;
    if (!record.live && pipeline.waitingMs > backlogMs) throw tooFast(1000);
    if (
      record.live &&
      (seq + pcm.length / FRAME_SAMPLES) * FRAME_MS > this.spokenMs(pipeline) + options.aheadMs
    )
      throw new EarmarkError(
        'audio.tooFast',
        'More audio arrived than can have been spoken since the session started. Send ' +
          'it as it is spoken, or start the session with live: false.',
        { retryAfterMs: 1_000 },
      );
    this.allow(source, seq + pcm.length / FRAME_SAMPLES - Math.max(seq, pipeline.nextSeq));
    const atMs = this.placed(source, pipeline, seq, Math.max(0, captureMs));
    pipeline.push(framesOfChunk(source, seq, atMs, pcm));
    return spool.durableSeq(source);
  }

  /**
   * Reports a gap in the capture clock of a pushed source.
   * @returns the clock; never earlier than audio that was received before
   */
  private placed(source: Source, pipeline: SourcePipeline, seq: number, captureMs: number): number {
    const { nextSeq, endMs } = pipeline;
    if (seq < nextSeq) return captureMs;
    const jumpMs = captureMs - endMs - (seq - nextSeq) * FRAME_MS;
    const frames = Math.round(jumpMs / FRAME_MS);
    if (this.setup.record.live && this.fed.has(source) && frames * FRAME_MS > GAP_MS)
      pipeline.missing(frames);
    this.fed.add(source);
    return captureMs <= endMs - FRAME_MS ? endMs : captureMs;
  }

  /** @throws EarmarkError audio.unknownSource */
  requirePushed(source: Source): void {
    if (!this.pipelines.has(source) || this.recorders.has(source)) throw unknownSource(source);
  }

  /** Idempotent. */
  endSource(source: Source): void {
    const pipeline = this.pipelines.get(source);
    if (!pipeline || this.recorders.has(source)) throw unknownSource(source);
    void pipeline.end();
  }

  /**
   * Starts the recorders. A source that cannot be recorded is reported, and the others are
   * recorded.
   * @throws EarmarkError audio.* if no source can be recorded
   */
  startCapture(): Promise<void> {
    return this.inTurn(async () => {
      this.lost.clear();
      this.fed.clear();
      const recorders = [...this.recorders];
      const started = await Promise.allSettled(recorders.map(([, recorder]) => recorder.start()));
      const failed = started.flatMap((result, i) => {
        const source = recorders[i]?.[0];
        return result.status === 'rejected' && source !== undefined
          ? [{ source, reason: result.reason as unknown }]
          : [];
      });
      if (failed.length > 0 && failed.length === recorders.length) throw failed[0]?.reason;
      for (const { source, reason } of failed) {
        this.lost.add(source);
        this.setup.on.warn('source.lost', notRecorded(source, reason), source);
        void this.recorders.get(source)?.search();
      }
    });
  }

  stopCapture(): Promise<void> {
    const stop = (): Promise<unknown> =>
      Promise.all([...this.recorders.values()].map((recorder) => recorder.stop()));
    // Stops at once, which cancels a start in progress. Then stops again in turn: a start may have
    // waited for its own turn.
    const stopped = stop();
    const { clock, logger } = this.setup.deps;
    const { captureStopMs } = this.setup.options;
    return within(
      clock,
      this.inTurn(() => Promise.all([stopped, stop()]).then(() => undefined)),
      2 * captureStopMs,
    ).then((late) => {
      if (late === 'late') logger.warn('recorder.hangs', { session: this.setup.record.id });
    });
  }

  /** The text of a source up to and including this frame is on disk. */
  onStored({ source, finalThrough, received }: Progress): void {
    if (received) this.receipts.get(source)?.onStored(received);
    this.stored.fire();
    this.pipelines.get(source)?.onStored(finalThrough);
  }

  /** Progress of a source: its text is final up to and including this frame. */
  progressAt(source: Source, finalThrough: number): Progress {
    const received = this.receipts.get(source)?.before(finalThrough);
    return { source, finalThrough, ...(received ? { received } : {}) };
  }

  /**
   * Returns the receipt of a source once its audio is stored.
   * @throws EarmarkError audio.unknownSource if no receipt was requested, store.unwritable;
   * rpc.timeout if the team's storage servers do not answer
   */
  async received(source: Source): Promise<Received> {
    const receipt = this.receipts.get(source);
    if (!receipt) throw notVerified(source);
    const received = receipt.whole();
    const { deps, spool } = this.setup;
    const isKept = (): boolean =>
      Math.max(spool.durableSeq(source) + 1, receipt.neededFrom) >= received.frames;
    if (!isKept()) spool.sync();
    if (isKept()) return received;
    const kept = new Deferred();
    const look = (): void => void (isKept() && kept.resolve());
    const watches = [spool.onDidSync(look), this.stored.event(look)];
    const late = await within(deps.clock, kept.promise, KEPT_MS);
    for (const watch of watches) watch.dispose();
    if (late === 'late')
      throw new EarmarkError(
        'rpc.timeout',
        "The team's servers have not stored all audio yet; try again in a moment.",
        { retryAfterMs: 500 },
      );
    return received;
  }

  /**
   * Final progress when everything is text: all received audio, including trailing silence, with
   * receipts.
   */
  lastProgress(): readonly Progress[] {
    return [...this.pipelines].flatMap(([source, { nextSeq }]) => {
      const received = this.receipts.get(source)?.whole();
      const frames = received?.frames ?? nextSeq;
      return frames === 0 && !received
        ? []
        : [{ source, finalThrough: frames - 1, ...(received ? { received } : {}) }];
    });
  }

  /** Resolves when all audio received so far is text. */
  async flush(): Promise<void> {
    await Promise.all(this.each((pipeline) => pipeline.flushed()));
  }

  /** Ends the input; resolves when everything is text. */
  async end(): Promise<void> {
    await Promise.all(this.each((pipeline) => pipeline.end()));
  }

  abort(): void {
    for (const pipeline of this.pipelines.values()) pipeline.abort();
  }

  dispose(): void {
    for (const pipeline of this.pipelines.values()) pipeline.dispose();
    this.stored.dispose();
  }

  private recorder(
    source: 'mic' | 'system',
    device: string | undefined,
    pipeline: SourcePipeline,
  ): Recorder {
    const { deps, options, sessionMs, on } = this.setup;
    return new Recorder({
      source,
      device,
      options,
      sessionMs,
      capture: deps.capture,
      clock: deps.clock,
      logger: deps.logger,
      platform: deps.platform ?? 'linux',
      firstSeq: pipeline.nextSeq,
      onFrames: (frames) => pipeline.push(frames),
      warn: on.warn,
      onGap: (ms) => pipeline.missing(Math.round(ms / FRAME_MS)),
      onLost: () => {
        this.lost.add(source);
        if (this.lost.size === this.recorders.size) on.allLost();
      },
      onFound: () => this.lost.delete(source),
    });
  }

  /**
   * Maximum audio that a source can have recorded so far. Uses the monotonic clock once the
   * session's start is known, because wall clocks can be set back.
   */
  private spokenMs(pipeline: SourcePipeline): number {
    return (
      Math.max(this.begun.sessionMs, pipeline.firstMs) +
      this.setup.deps.clock.now() -
      this.begun.atMs
    );
  }

  /**
   * Checks the limits; repeated audio counts once.
   * @throws EarmarkError audio.overLimit, audio.tooFast
   */
  private allow(source: Source, frames: number): void {
    const {
      deps: { allowance },
      record: { owner },
      on,
    } = this.setup;
    const refused = owner === undefined || frames <= 0 ? undefined : allowance?.(owner, frames);
    if (!refused) return;
    if (!refused.over) throw tooFast(refused.waitMs);
    on.warn(
      'audio.overLimit',
      'Daily audio limit reached. New audio is stored and becomes text later. An ' +
        'administrator can raise the limit.',
      source,
    );
    throw new EarmarkError(
      'audio.overLimit',
      'Daily audio limit reached. Keep the recording and try again later.',
      { retryAfterMs: refused.waitMs },
    );
  }

  private each<T>(look: (pipeline: SourcePipeline) => T): T[] {
    return [...this.pipelines.values()].map(look);
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    const run = this.turn.then(work);
    this.turn = run.catch(() => undefined);
    return run;
  }
}

/** @param pcm n × 320 samples; the frames are views of it */
function framesOfChunk(source: Source, seq: number, captureMs: number, pcm: Int16Array): Frame[] {
  return Array.from({ length: pcm.length / FRAME_SAMPLES }, (_, i) => ({
    source,
    seq: seq + i,
    captureMs: captureMs + i * FRAME_MS,
    pcm: pcm.subarray(i * FRAME_SAMPLES, (i + 1) * FRAME_SAMPLES),
  }));
}

function tooFast(retryAfterMs: number): EarmarkError {
  return new EarmarkError(
    'audio.tooFast',
    'Audio arrives faster than Earmark can store it; wait for the ' +
      'acknowledgements, then send again.',
    { retryAfterMs },
  );
}

function unknownSource(source: Source): EarmarkError {
  return new EarmarkError(
    'audio.unknownSource',
    `This session accepts no audio of the source ${source}; name the source when ` +
      'you start the session.',
  );
}

export function notVerified(source: Source): EarmarkError {
  return new EarmarkError(
    'audio.unknownSource',
    `The source ${source} was named without \`verify\`, so there is no digest; keep ` +
      'your copy of the audio.',
  );
}
