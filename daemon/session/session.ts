/** A running session from STARTING to DONE: its state, sources and events. */
import { EarmarkError, isEarmarkError } from '../../protocol/errors';
import { FRAME_MS, type Source } from '../audio/frame';
import type { Received } from '../audio/frameChain';
import type { Clock } from '../base/clock';
import { DisposableStore } from '../base/disposable';
import { placeOf } from '../base/placeOf';
import type { NamedVoice } from '../diarization/recognise';
import type { SourceVoice } from '../diarization/samePerson';
import type { Logger } from '../base/logger';
import { speakerOf } from '../transcript/speakers';
import type { Segment } from '../transcript/types';
import type { EventSink, SessionDocument, SessionView } from './contract/api';
import type { Attached } from './lifecycle/attachment';
import { SessionProjection } from './events/sessionProjection';
import { CodeContext } from './insights/codeContext';
import { type CodeSymbol } from './contract/code';
import { damagedAudio } from '../speech/damagedAudio';
import type { SessionManagerDeps } from './contract/deps';
import { EchoGate } from '../echo/echoGate';
import { EventLog } from './events/eventLog';
import type {
  DurableEvent,
  DurableEventBody,
  SessionRecord,
  RecorderWarningCode,
} from './contract/events';
import type { SessionState, WarningCode } from '../../protocol/vocabulary';
import { type InsightEdit, InsightRevisions } from './insights/insightRevisions';
import type { SessionOptions } from './contract/options';
import type { EngineChoice, EngineLease } from '../asr/contract/engine';
import type { Spool } from '../audio/spool';
import { reasonToEnd } from './lifecycle/reasonToEnd';
import { renameSpeaker } from './speakers/renameSpeaker';
import { type Stored, takeUp } from './lifecycle/recovery';
import { segmentOf } from '../speech/segmentOf';
import { SessionInsights } from './insights/sessionInsights';
import { Sources } from '../speech/sources';
import { SpeakerAssigner } from './speakers/speakerAssigner';
import { type StateChange, StateMachine, stateAtStart } from './stateMachine';
import { SpeechWarnings } from '../speech/speechWarnings';
import { addStats, type Stats } from './events/stats';
import { Deferred, within } from '../base/wait';

/** Interval at which the length and metrics of a running session are stored. */
const SAVE_MS = 30_000;

/** Sentences that are remembered to send none twice; a client can send its own. */
const WARNED_MAX = 200;

const NOTHING_STORED = { lastSeq: 0, lastTime: 0 } as const;

/** Warnings that are repeated when their sentence changes. */
const REPORTED_EACH: ReadonlySet<WarningCode> = new Set([
  'source.silent',
  'source.lost',
  'engine.failover',
  'engine.degraded',
  'store.degraded',
]);

export interface SessionSetup {
  readonly deps: SessionManagerDeps;
  readonly options: SessionOptions;
  /** Disposed when the session ends. */
  readonly engine: EngineLease;
  readonly record: SessionRecord;
  /** Stored data of a resumed session. */
  readonly stored?: Stored | undefined;
  /** Voiceprints of named people, for comparison with the session's voices. */
  readonly voiceprints: () => readonly NamedVoice[];
  /** Clock time at which the last window closed; undefined while a window is open. */
  readonly windowsGoneMs: () => number | undefined;
  /**
   * Called after the last event when the session is DONE, FAILED or suspended until the next start.
   */
  readonly onEnded: (session: Session) => void;
  readonly onDetached: (session: Session) => void;
  readonly onAck: (source: Source, ackSeq: number) => void;
}

export class Session {
  readonly log: EventLog;
  readonly projection: SessionProjection;
  private record: SessionRecord;
  private readonly machine: StateMachine;
  private readonly spool: Spool;
  private readonly sources: Sources;
  private readonly echo: EchoGate | undefined;
  private readonly speakers: SpeakerAssigner | undefined;
  private readonly insights: SessionInsights | undefined;
  readonly code: CodeContext;
  private readonly flushed = new Deferred();
  private readonly ending = new Deferred<SessionState>();
  /** Resolves when all speech is in the transcript or cannot be recognised any more. */
  readonly whenRecognised = this.flushed.promise;
  readonly whenEnded = this.ending.promise;
  private readonly disposables = new DisposableStore();
  private readonly warned = new Map<string, number>();
  private readonly speech = new SpeechWarnings({
    multilingual: () => this.setup.engine.multilingual,
    warn: (code, message, source) => this.warn(code, message, source),
  });
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly originMs: number;
  private readonly earlier: Stats;
  private phraseNumber: number;
  private lastSpeechMs: number;
  private lastDetachMs: number;
  private savedMs: number;
  private discarding = false;
  private resuming: Promise<void> | undefined;
  private released = false;

  constructor(private readonly setup: SessionSetup) {
    const { deps, options, record, stored } = setup;
    this.record = record;
    this.clock = deps.clock;
    this.code = new CodeContext(record.vocabulary, deps.learnNames);
    this.logger = deps.logger;
    const sinceStart = record.createdMs === undefined ? 0 : deps.clock.wall() - record.createdMs;
    // A resumed session continues at the time of its last event. The wall clock gives the time that
    // has passed since.
    this.originMs = deps.clock.now() - (stored ? Math.max(stored.counts.lastTime, sinceStart) : 0);
    this.lastSpeechMs = this.lastDetachMs = this.savedMs = deps.clock.now();
    const { analysisFailed: _, ...earlier } = stored?.stats ?? {};
    this.earlier = earlier;
    this.projection = stored?.projection ?? new SessionProjection();
    this.phraseNumber = this.projection.transcript.highestNumber;
    this.log = new EventLog({
      sessionId: record.id,
      store: deps.store,
      counts: stored?.counts ?? NOTHING_STORED,
      clock: deps.clock,
      metrics: deps.metrics,
      logger: deps.logger,
      options,
      sessionMs: () => this.nowMs(),
      check: (body) => this.projection.check(body),
      onWritten: (event) => this.onWritten(event),
      onProgress: (progress) => this.sources.onStored(progress),
      onOutage: () => this.logger.warn('session.storeOutage', { session: record.id }),
      onFault: (error) => this.fail(error),
      onOverflow: (error) =>
        this.fail(
          isEarmarkError(error)
            ? error
            : new EarmarkError(
                'store.unwritable',
                'Earmark could not write to the disk for too long; free some space and start ' +
                  'again.',
              ),
        ),
    });
    this.machine = new StateMachine(
      (change) => this.onState(change),
      stateAtStart(record.state, this.nowMs(), stored?.cause),
    );
    this.spool = deps.spools.open(record.id);
    this.disposables.add(this.spool.onDidSync(({ source, seq }) => setup.onAck(source, seq)));
    if (record.insights) {
      this.insights = new SessionInsights({
        analyzers: deps.analyzers,
        startedAt: record.startedAt,
        options,
        projection: this.projection,
        log: this.log,
        clock: this.clock,
        logger: this.logger,
        restore: stored && this.projection.transcript.packed(),
        link: (insight) => this.code.link(insight),
        warn: (code, message) => this.warn(code, message),
      });
    }
    if (['mic', 'system'].every((name) => record.sources.some(({ source }) => source === name))) {
      this.echo = new EchoGate({
        clock: deps.clock,
        options,
        publish: (segments, source, finalThrough) => this.publish(segments, source, finalThrough),
        revise: (plan) =>
          this.log.append(() => plan().map((revision) => ({ kind: 'revision', revision }))),
        current: (segmentId) => this.projection.transcript.get(segmentId),
      });
      this.disposables.add(this.echo);
    }
    if (record.diarize && deps.voices) {
      this.speakers = new SpeakerAssigner({
        sources: record.sources.map(({ source }) => source),
        models: deps.voices,
        detectors: setup.engine.detectors,
        projection: this.projection,
        kept: setup.voiceprints,
        onFailed: (error) => {
          this.logger.warn('session.voicesFailed', {
            session: record.id,
            error: isEarmarkError(error) ? error.code : 'unexpected',
          });
          this.warn(
            'speakers.unknown',
            'Earmark cannot distinguish speakers now. The transcript continues without it. ' +
              'Run `earmark doctor`.',
          );
        },
      });
      this.disposables.add(this.speakers);
    }
    this.sources = new Sources({
      deps,
      options,
      record,
      spool: this.spool,
      engine: setup.engine,
      progress: stored?.progress ?? [],
      sessionMs: () => this.nowMs(),
      newPhraseId: () => `s${++this.phraseNumber}`,
      on: {
        phrase: (phrase, result) => {
          this.speech.phrase(phrase, result);
          this.onPhrase(segmentOf(phrase, result), phrase.source, phrase.lastSeq);
        },
        frames: (frames) => {
          this.echo?.frames(frames);
          return this.speakers?.frames(frames);
        },
        passing: (event) => {
          if (this.echo?.shows(event) !== false) this.log.pass(event);
        },
        warn: (code, message, source) => this.warn(code, message, source),
        speech: () => (this.lastSpeechMs = this.clock.now()),
        failed: (error) => this.fail(error),
        allLost: () => void this.pause('source.lost').catch(() => undefined),
      },
    });
    this.disposables.add(setup.engine);
    this.disposables.add(setup.engine.onDidWarn(({ code, message }) => this.warn(code, message)));
    this.disposables.add(setup.engine.onDidChange(() => this.onEngine()));
    const ticker = deps.clock.setInterval(() => this.tick(), options.healthMs);
    this.disposables.add(ticker);
  }

  get id(): string {
    return this.record.id;
  }
  get state(): SessionState {
    return this.machine.name;
  }
  get ended(): boolean {
    return this.machine.ended;
  }
  get ephemeral(): boolean {
    return this.record.ephemeral;
  }
  get captured(): boolean {
    return this.record.sources.some(({ origin }) => origin.type === 'capture');
  }

  /**
   * IDLE → STREAMING.
   * @throws the error that made the session FAILED; rpc.cancelled if the session stopped meanwhile
   */
  async start(): Promise<void> {
    const token = this.machine.begin();
    this.machine.to({ name: 'STARTING', token }, 'start');
    try {
      const ready = this.setup.engine.ready();
      const recording = this.sources.startCapture();
      const early = within(this.clock, ready, this.setup.options.modelWaitMs);
      // The first failure is the reason; the other rejection must not stay unhandled.
      const [, model] = await Promise.all([recording, early]);
      if (!this.isStarting(token))
        throw new EarmarkError('rpc.cancelled', 'The session was stopped while it started.');
      this.machine.to({ name: 'STREAMING', token, sinceMs: this.nowMs() }, 'start');
      if (model === 'late')
        this.warn(
          'model.loading',
          'The speech model is still loading. Your speech is recorded and its text ' + 'follows.',
        );
      ready.catch((error: unknown) => this.isCurrent(token) && this.fail(error));
    } catch (error) {
      if (this.isStarting(token)) this.fail(error);
      throw error;
    }
  }

  /** Resumes a session after a crash or failure. */
  recover(): void {
    takeUp({
      machine: this.machine,
      clock: this.clock,
      recoverCaptureMs: this.setup.options.recoverCaptureMs,
      captured: this.captured,
      moved: this.setup.deps.ownership !== undefined,
      nowMs: () => this.nowMs(),
      attended: () => this.log.attachmentCount > 0,
      warn: (code, message) => this.warn(code, message),
      finish: (cause) => void this.finish(cause),
      stop: (cause) => this.stop(cause),
      resume: (cause) => this.resume(cause),
      add: (disposable) => this.disposables.add(disposable),
    });
    this.tellLost();
  }

  /** Reports audio that was on disk without text and is damaged now. */
  private tellLost(): void {
    const lost = this.spool.lost.filter(
      ({ source, lastSeq }) => lastSeq >= this.sources.firstSeq(source),
    );
    if (lost.length === 0) return;
    this.warn(
      'audio.damaged',
      damagedAudio(lost, (source, seq) => this.timeOfFrame(source, seq)),
    );
  }

  /**
   * Session time of a frame: the capture clock for frames in the spool; otherwise the frame count.
   */
  private timeOfFrame(source: Source, seq: number): number {
    const next = this.spool.read(source, seq, 1)[0];
    return next ? next.captureMs - (next.seq - seq) * FRAME_MS : seq * FRAME_MS;
  }

  /** Idempotent. */
  stop(cause: string): SessionState {
    if (this.machine.may('STOPPING')) {
      this.machine.begin();
      this.machine.to({ name: 'STOPPING' }, cause);
      void this.finish(cause);
    } else if (this.machine.name === 'IDLE')
      this.fail(new EarmarkError('rpc.cancelled', 'The session was stopped before it started.'));
    return this.machine.name;
  }

  /** Ends without decoding the open audio, because the session is about to be deleted. */
  async discard(cause: string): Promise<void> {
    this.discarding = true;
    this.sources.abort();
    this.stop(cause);
    await this.ending.promise;
  }

  async pause(cause: string): Promise<SessionState> {
    if (this.machine.name === 'STREAMING') {
      this.machine.begin();
      this.machine.to({ name: 'PAUSED', sinceMs: this.nowMs(), by: 'person' }, cause);
      await this.sources.stopCapture();
      void this.sources.flush();
    } else if (this.machine.state.name !== 'PAUSED') throw wrongState('paused', this.machine.name);
    else if (this.machine.state.by === 'crash')
      this.machine.to({ ...this.machine.state, by: 'held' }, cause);
    return this.machine.name;
  }

  async resume(cause: string): Promise<SessionState> {
    if (this.machine.name === 'PAUSED') {
      this.resuming ??= this.resumeNow(cause).finally(() => (this.resuming = undefined));
      await this.resuming;
    } else if (this.machine.name !== 'STREAMING') throw wrongState('resumed', this.machine.name);
    return this.machine.name;
  }

  /**
   * Resolves when all audio received so far is in the transcript or cannot be recognised. Acts like
   * a silence after that audio.
   */
  async flush(): Promise<void> {
    const activeVoices = this.sources.flush().then(() => this.log.written());
    await Promise.race([activeVoices, this.flushed.promise]);
  }

  attach(afterSeq: number, sink: EventSink): Attached {
    return this.log.attach(afterSeq, sink, () => {
      this.lastDetachMs = this.clock.now();
      this.setup.onDetached(this);
    });
  }

  /**
   * Takes samples of a pushed source.
   * @returns last frame on disk
   * @throws EarmarkError audio.unknownSource, audio.afterStop, audio.tooFast, audio.overLimit,
   * audio.oddFrame, session.wrongState
   */
  push(source: Source, seq: number, captureMs: number, pcm: Int16Array): number {
    const state = this.machine.name;
    if (state === 'IDLE' || state === 'STARTING' || state === 'PAUSED')
      throw wrongState('given audio', state);
    if (state !== 'STREAMING')
      throw new EarmarkError(
        'audio.afterStop',
        'The session was stopped; start a new one to send audio.',
      );
    return this.sources.push(source, seq, captureMs, pcm);
  }

  endSource(source: Source): void {
    this.sources.endSource(source);
  }

  /**
   * Warns of a fault of the recorder behind a pushed source.
   * @throws EarmarkError audio.unknownSource, session.wrongState
   */
  report(source: Source, code: RecorderWarningCode, message: string): void {
    this.sources.requirePushed(source);
    if (this.machine.ended) throw wrongState('given a warning', this.state);
    this.warn(code, message, source);
  }

  /** @throws EarmarkError audio.unknownSource, store.unwritable, rpc.timeout */
  received(source: Source): Promise<Received> {
    return this.sources.received(source);
  }

  nextSeqs(): readonly { readonly source: Source; readonly nextSeq: number }[] {
    return this.record.sources.map(({ source }) => ({
      source,
      nextSeq: Math.max(this.spool.durableSeq(source) + 1, this.sources.neededFrom(source)),
    }));
  }

  get owner(): string | undefined {
    return this.record.owner;
  }

  view(): SessionView {
    return {
      record: { ...this.record, state: this.machine.name, durationMs: this.durationMs() },
      lastSeq: this.log.lastSeq,
      segments: this.projection.transcript.size,
      durationMs: this.durationMs(),
      ...(this.machine.ended ? {} : { clockMs: this.nowMs() }),
    };
  }

  document(): SessionDocument {
    return {
      ...this.view(),
      transcript: this.projection.transcript.ordered(),
      speakers: [...this.projection.speakers.values()],
      insights: [...this.projection.insights.values()],
      stats: this.stats(),
    };
  }

  /** @throws EarmarkError speaker.notFound, store.unwritable */
  async renameSpeaker(speakerId: string, name: string | undefined): Promise<void> {
    if (name === undefined) this.speakers?.unrecognise(speakerId);
    let events: readonly DurableEventBody[] = [];
    await this.log.appendNow(() => (events = renameSpeaker(this.projection, speakerId, name)));
    this.speakers?.unpin(
      events.flatMap((event) => (event.kind === 'revision' ? [event.revision.segmentId] : [])),
    );
  }

  /** Voices of the current clustering; after the end, of the last clustering. */
  get voices(): readonly SourceVoice[] {
    return this.speakers?.activeVoices ?? [];
  }

  async rename(title: string): Promise<void> {
    await this.setup.deps.store.updateSession(this.id, { title });
    this.record = { ...this.record, title };
  }

  /** @throws EarmarkError session.wrongState, errors of `EngineLease.change` */
  async changeEngine(choice: EngineChoice): Promise<void> {
    if (this.machine.ended) throw wrongState('changed', this.state);
    await this.setup.engine.change(choice);
  }

  /** The next start of the daemon continues the session with the new engine. */
  private onEngine(): void {
    const { provider, model } = this.setup.engine;
    this.record = { ...this.record, provider, model };
    this.logger.info('session.engine', { session: this.id, provider, model });
    this.setup.deps.store.updateSession(this.id, { provider, model }).catch(this.unsaved);
  }

  async reviseInsight(insightId: string, change: InsightEdit): Promise<void> {
    if (this.insights) return this.insights.revise(insightId, change);
    await this.log.appendNow(new InsightRevisions(this.projection).plan(insightId, change));
  }

  /** Sends a warning; equal warnings of a source at most every `warningMs`. */
  warn(code: WarningCode, message: string, source?: Source): void {
    if (this.machine.ended) return;
    // "Silent" and "audible again" share a code but are different warnings. So are "retrying" and
    // "lost".
    const key = `${code} ${source ?? ''} ${REPORTED_EACH.has(code) ? message : ''}`;
    const last = this.warned.get(key);
    if (last !== undefined && this.clock.now() - last < this.setup.options.warningMs) return;
    if (this.warned.size >= WARNED_MAX) this.warned.clear();
    this.warned.set(key, this.clock.now());
    this.log.append([{ kind: 'warning', code, message, ...(source ? { source } : {}) }]);
  }

  /** Leaves the session as it is on disk; the next start resumes it. */
  suspend(): void {
    if (this.machine.ended) return;
    this.machine.begin();
    void this.sources.stopCapture();
    this.sources.abort();
    try {
      this.spool.sync();
    } catch {
      // Unwritten events are lost with the process; the store has every final.
    }
    this.release(false);
  }

  /** Receives the code that is open in the editor. */
  async look({
    symbols,
    focus,
  }: {
    readonly symbols?: readonly CodeSymbol[];
    readonly focus?: CodeSymbol;
  }): Promise<void> {
    if (focus) this.code.look(this.nowMs(), focus);
    if (symbols) await this.code.setSymbols(symbols);
  }

  private isCurrent(token: number): boolean {
    return this.machine.isCurrent(token) && !this.machine.ended;
  }

  private isStarting(token: number): boolean {
    return this.machine.isCurrent(token) && this.machine.name === 'STARTING';
  }

  private async resumeNow(cause: string): Promise<void> {
    const token = this.machine.begin();
    await this.sources.startCapture();
    if (!this.machine.isCurrent(token) || this.machine.name !== 'PAUSED') return;
    this.lastSpeechMs = this.clock.now();
    this.machine.to({ name: 'STREAMING', token, sinceMs: this.nowMs() }, cause);
  }

  /** STOPPING → FINALIZING → DONE, from the state that a crash left. */
  private async finish(cause: string): Promise<void> {
    try {
      // From now on, no audio enters. Received audio becomes text while the recorders end.
      const stopped = this.sources.stopCapture();
      const drained = this.sources.end();
      void drained.then(() => this.log.written()).then(() => this.flushed.resolve());
      await stopped;
      if (this.machine.name === 'STOPPING') {
        await within(this.clock, drained, this.setup.options.flushMs);
        if (this.machine.ended || this.released) return;
        this.machine.to({ name: 'FINALIZING' }, cause);
      }
      for (
        let before = -1;
        (await within(this.clock, drained, this.setup.options.finalizeStallMs)) === 'late';
      ) {
        const now = this.sources.progress;
        if (now === before)
          throw new EarmarkError(
            'engine.unavailable',
            'Speech recognition is not available, so the end of the session has no ' +
              'transcript yet. Its audio stays on disk. Restart Earmark, or run `earmark ' +
              'doctor`.',
          );
        before = now;
      }
      if (this.machine.ended || this.released) return;
      this.echo?.flush();
      this.log.append([], this.sources.lastProgress());
      await this.tellSpeakers();
      // The last analysis needs the whole transcript.
      await this.allWritten();
      if (this.machine.ended || this.released) return;
      if (this.discarding) this.insights?.dispose();
      else
        await this.insights?.finish(() => this.machine.ended || this.released || this.discarding);
      if (this.machine.ended || this.released) return;
      await this.allWritten();
      if (this.machine.ended || this.released) return;
      this.save();
      this.machine.to({ name: 'DONE' }, cause);
    } catch (error) {
      this.fail(error);
    }
  }

  /** @throws EarmarkError store.unwritable */
  private async allWritten(): Promise<void> {
    if (
      (await within(this.clock, this.log.written(), this.setup.options.finalizeStallMs)) === 'late'
    )
      throw new EarmarkError(
        'store.unwritable',
        'Earmark cannot write to the disk, so the session is not finished. Free some ' +
          'space and restart Earmark to finish it.',
      );
  }

  /** Clusters the voices for the last time, when the transcript is complete. */
  private async tellSpeakers(): Promise<void> {
    const { log, speakers } = this;
    if (!speakers || this.discarding) return;
    const speakersSettled = speakers.finish().then(() => {
      log.append(() => speakers.conclude());
    });
    await within(this.clock, speakersSettled, this.setup.options.finalizeStallMs);
  }

  private fail(error: unknown): void {
    if (this.machine.ended || this.released) return;
    const known = isEarmarkError(error)
      ? error
      : new EarmarkError(
          'internal',
          'The session ended because of a fault in Earmark. Start a new one, and see ' +
            '`earmark daemon logs`.',
          { cause: error },
        );
    this.logger.error('session.failed', {
      session: this.id,
      error: known.code,
      ...(known === error && !known.cause ? {} : { cause: placeOf(known.cause ?? error) }),
    });
    this.machine.begin();
    void this.sources.stopCapture();
    this.sources.abort();
    this.echo?.flush();
    this.log.append([{ kind: 'error', code: known.code, message: known.message }]);
    this.machine.to({ name: 'FAILED', error: known }, known.code);
  }

  private onState({ from, to, cause }: StateChange): void {
    this.record = { ...this.record, state: to.name };
    this.logger.info('session.state', { session: this.id, from: from.name, to: to.name, cause });
    this.log.append([{ kind: 'state', from: from.name, to: to.name, cause }]);
    if (this.machine.ended)
      this.release(
        to.name === 'DONE'
          ? !this.record.keepAudio
          : from.name === 'IDLE' || from.name === 'STARTING',
      );
  }

  private onPhrase(segment: Segment | undefined, source: Source, finalThrough: number): void {
    if (this.echo && !this.discarding) this.echo.phrase(segment, source, finalThrough);
    else this.publish(segment ? [segment] : [], source, finalThrough);
  }

  private publish(segments: readonly Segment[], source: Source, finalThrough: number): void {
    const progress = [this.sources.progressAt(source, finalThrough)];
    if (segments.length === 0 || this.discarding) return this.log.append([], progress);
    this.log.append(() => this.finals(segments, source), progress);
    if (this.speakers) this.log.append(() => this.speakers?.revise() ?? []);
  }

  /** Includes events for speakers that appear for the first time. */
  private finals(segments: readonly Segment[], source: Source): readonly DurableEventBody[] {
    const speakersSettled = this.speakers?.name(segments);
    const speaker = speakerOf(source);
    const bySource =
      (speakersSettled?.segments ?? segments).some((segment) => segment.speaker === speaker.name) &&
      !speakersSettled?.speakers.length;
    const named: readonly DurableEventBody[] =
      !bySource ||
      this.projection.speakers.has(speaker.id) ||
      [...this.projection.speakers.values()].some(({ name }) => name === speaker.name)
        ? []
        : [{ kind: 'speaker', speaker }];
    return [
      ...named,
      ...(speakersSettled?.speakers ?? []),
      ...(speakersSettled?.segments ?? segments).map((segment) => ({
        kind: 'final' as const,
        segment,
      })),
    ];
  }

  private onWritten(event: DurableEvent): void {
    this.projection.apply(event);
    if (this.machine.ended) return;
    this.insights?.follow(event);
    if (
      event.kind === 'revision' &&
      event.revision.by === 'person' &&
      event.revision.op === 'speaker'
    )
      this.speakers?.pin(event.revision.segmentId);
  }

  private tick(): void {
    const { state } = this.machine;
    if (state.name !== 'STREAMING' && state.name !== 'PAUSED') return;
    const now = this.clock.now();
    if (now - this.savedMs >= SAVE_MS) this.save();
    if (this.spool.behind)
      this.warn(
        'store.degraded',
        'Earmark cannot write to the disk, so the session continues in memory. Free ' +
          'some space now.',
      );
    const { waitingMs, lostFrames, rejected } = this.sources.totals();
    const { degradationLevel, status } = this.setup.engine;
    const { recentRtf, rtf, rssBytes } = status;
    if (state.name === 'STREAMING')
      this.log.pass({
        kind: 'health',
        rtf: recentRtf,
        rtfP95: rtf.p95,
        rtfP99: rtf.p99,
        rssBytes,
        provider: this.record.provider,
        model: this.record.model,
        degradationLevel,
        queueMs: waitingMs,
        dropped: lostFrames,
        rejected,
        ...(this.log.outage || this.spool.behind ? { unwritten: true } : {}),
      });
    const cause = reasonToEnd(
      {
        captured: this.captured,
        ephemeral: this.record.ephemeral,
        lengthMs: Math.max(this.captured ? this.nowMs() : 0, this.durationMs()),
        pausedMs: state.name === 'PAUSED' ? this.nowMs() - state.sinceMs : undefined,
        unattendedMs: this.log.attachmentCount > 0 ? 0 : now - this.lastDetachMs,
        silentMs: now - this.lastSpeechMs,
        unfedMs: now - this.sources.lastPushMs,
      },
      this.setup.options,
    );
    if (cause) this.stop(cause);
    else if (this.unseenMs() >= this.setup.options.unseenMs && state.name === 'STREAMING')
      void this.pause('unseen');
  }

  /** Milliseconds of recording without an open window and without a client. */
  private unseenMs(): number {
    const gone = this.setup.windowsGoneMs();
    if (!this.captured || gone === undefined || this.log.attachmentCount > 0) return 0;
    return this.clock.now() - Math.max(gone, this.lastDetachMs);
  }

  /** Stores length and metrics. They may lag behind, so a failed write is ignored. */
  private save(): void {
    this.savedMs = this.clock.now();
    this.setup.deps.store
      .updateSession(this.id, { durationMs: this.durationMs(), stats: this.stats() })
      .catch(this.unsaved);
  }

  private readonly unsaved = (error: unknown): void =>
    this.logger.warn('session.saveFailed', {
      session: this.id,
      error: error instanceof Error ? error.name : 'unknown',
    });

  private nowMs(): number {
    return this.clock.now() - this.originMs;
  }

  private durationMs(): number {
    return Math.round(
      Math.max(
        this.record.durationMs,
        this.sources.endMs,
        this.projection.transcript.packed().at(-1)?.endMs ?? 0,
      ),
    );
  }

  private stats(): Stats {
    const { waitingMs: _waiting, ...metrics } = this.sources.totals();
    return {
      ...addStats(this.earlier, metrics, this.echo ? { echoes: this.echo.echoes } : {}),
      ...(this.insights?.failed ? { analysisFailed: 1 } : {}),
    };
  }

  /** @param forgetAudio true if all audio is text, or the session never began */
  private release(forgetAudio: boolean): void {
    if (this.released) return;
    this.released = true;
    this.insights?.dispose();
    this.sources.dispose();
    this.disposables.dispose();
    if (forgetAudio || this.discarding) this.spool.remove();
    else this.spool.dispose();
    void this.log.settled().then(() => {
      this.flushed.resolve();
      this.ending.resolve(this.machine.name);
      this.setup.onEnded(this);
    });
  }
}

function wrongState(what: string, state: SessionState): EarmarkError {
  return new EarmarkError('session.wrongState', `A session that is ${state} cannot be ${what}.`, {
    details: { state },
  });
}
