/** All sessions: running, left by a crash, or ended. Callers use the same interface for each. */
import { EarmarkError } from '../../../protocol/errors';
import type { Source } from '../../audio/frame';
import type { Received } from '../../audio/frameChain';
import { DisposableStore, toDisposable } from '../../base/disposable';
import { Emitter } from '../../base/emitter';
import { KeyedMutex } from '../../base/keyedMutex';
import type { SegmentChange } from '../../transcript/revise';
import type { EngineChoice } from '../../asr/contract/engine';
import type {
  EventSink,
  Sessions,
  SessionDocument,
  SessionView,
  StartRequest,
} from '../contract/api';
import { Admission, TOO_MANY_RETRY_MS } from './admission';
import { EndedSessions } from '../history/endedSessions';
import { SessionStarter } from './sessionStarter';
import { Voiceprints } from '../speakers/voiceprints';
import { BackgroundRecovery, PAGE } from './backgroundRecovery';
import { SessionQueries } from '../history/sessionQueries';
import { Subscribers } from '../events/subscribers';
import type { SessionManager, SessionManagerDeps } from '../contract/deps';
import type { RecorderWarningCode } from '../contract/events';
import type { SessionState, WarningCode } from '../../../protocol/vocabulary';
import type { CodeSymbol } from '../contract/code';
import { Edits } from '../history/edits';
import { importSession } from './importing';
import { type ImportRequest } from '../contract/importing';
import { type RewriteRequest, type Rewritten } from '../contract/rewriting';
import { Rewriting } from '../insights/rewriting';
import type { InsightEdit } from '../insights/insightRevisions';
import { SessionEviction } from './sessionEviction';
import { defaultSessionOptions, type SessionOptions } from '../contract/options';
import { SessionHandover } from './sessionHandover';
import { SessionLoader } from './sessionLoader';
import { isOpen } from '../contract/record';
import type { Retention } from '../contract/retention';
import type { Session } from '../session';
import { notVerified } from '../../speech/sources';
import { within } from '../../base/wait';
import type { SearchQuery } from '../contract/search';

export function createSessionManager(deps: SessionManagerDeps): SessionManager {
  return new Manager(deps);
}

const LAST_WRITES_MS = 400; // Time for the last events to reach the disk.

class Manager implements SessionManager {
  /** Running sessions, and ended sessions with attached clients. */
  private readonly live = new Map<string, Session>();
  private readonly admission: Admission;
  /** Serialises changes of the server that owns a stored session. */
  private readonly turns = new KeyedMutex();
  readonly voices: Voiceprints;
  private readonly endedSessions: EndedSessions;
  private readonly queries: SessionQueries;
  private readonly recovery: BackgroundRecovery;
  private readonly edits: Edits;
  private readonly rewriting: Rewriting;
  private readonly eviction: SessionEviction;
  private readonly loader: SessionLoader;
  private readonly starter: SessionStarter;
  private readonly acks = new Emitter<{
    readonly sessionId: string;
    readonly source: Source;
    readonly ackSeq: number;
  }>();
  private readonly disposables = new DisposableStore();
  private readonly subscribers = new Subscribers();
  private readonly options: { -readonly [name in keyof SessionOptions]: SessionOptions[name] };
  private readonly handover: SessionHandover | undefined;
  /** Clock time at which the last window closed; undefined while a window is open. */
  private windowsGoneMs: number | undefined;

  readonly onDidAck = this.acks.event;
  readonly onDidMove: Sessions['onDidMove'];

  constructor(private readonly deps: SessionManagerDeps) {
    this.options = { ...defaultSessionOptions, ...deps.options };
    this.windowsGoneMs = deps.clock.now();
    this.admission = new Admission({
      options: this.options,
      place: deps.place,
      running: () => this.active().map(({ owner }) => owner),
    });
    this.endedSessions = this.disposables.add(
      new EndedSessions({
        store: deps.store,
        clock: deps.clock,
        logger: deps.logger,
        options: this.options,
      }),
    );
    this.queries = this.disposables.add(
      new SessionQueries({
        deps,
        endedSessions: this.endedSessions,
        live: (id) => this.live.get(id),
      }),
    );
    this.disposables.add(this.acks);
    this.voices = this.disposables.add(
      new Voiceprints({
        store: deps.voiceStore,
        clock: deps.clock,
        speaker: (id, speakerId) => this.edits.speaker(id, speakerId),
      }),
    );
    this.edits = new Edits({
      store: deps.store,
      endedSessions: this.endedSessions,
      queries: this.queries,
      turns: this.turns,
      live: (id) => this.live.get(id),
    });
    this.rewriting = new Rewriting({
      analyzers: deps.analyzers,
      endedSessions: this.endedSessions,
      queries: this.queries,
      live: (id) => this.live.get(id),
      revise: (id, change) => this.edits.revise(id, change),
    });
    this.eviction = this.disposables.add(
      new SessionEviction({
        deps,
        options: this.options,
        endedSessions: this.endedSessions,
        queries: this.queries,
        voices: this.voices,
        turns: this.turns,
        live: this.live,
      }),
    );
    this.loader = new SessionLoader({
      deps,
      options: this.options,
      endedSessions: this.endedSessions,
      queries: this.queries,
      eviction: this.eviction,
      subscribers: this.subscribers,
      voices: this.voices,
      turns: this.turns,
      live: this.live,
      windowsGoneMs: () => this.windowsGoneMs,
      onAck: (sessionId, source, ackSeq) => this.acks.fire({ sessionId, source, ackSeq }),
    });
    this.handover =
      deps.ownership &&
      this.disposables.add(
        new SessionHandover({
          ownership: deps.ownership,
          deps,
          turns: this.turns,
          running: () => this.active().map(({ id }) => id),
          here: (id) => this.here(id),
          has: (id) => this.live.has(id),
          reopen: (record) => this.loader.reopen(record),
          place: (owner) => this.admission.place(owner),
          letGo: (id) => this.eviction.letGo(id),
          takeOff: (id) => this.eviction.takeOff(id),
          remove: (id) => this.eviction.remove(id),
        }),
      );
    this.starter = new SessionStarter({
      deps,
      admission: this.admission,
      queries: this.queries,
      eviction: this.eviction,
      subscribers: this.subscribers,
      loader: this.loader,
      handover: this.handover,
      turns: this.turns,
      live: this.live,
      attach: (id, afterSeq, sink) => this.attach(id, afterSeq, sink),
    });
    this.onDidMove = this.handover?.onDidMove ?? (() => toDisposable(() => undefined));
    this.recovery = this.disposables.add(
      new BackgroundRecovery({
        deps,
        options: this.options,
        busy: (id) => this.live.get(id)?.ended === false,
        open: (id) => this.live.has(id),
        finish: async (record) => (await this.loader.goOn(record)).whenEnded,
        close: (id) => this.eviction.close(id),
      }),
    );
  }

  get activeCount(): number {
    return this.active().length;
  }

  get running(): readonly SessionView[] {
    return this.active().map((session) => session.view());
  }

  start(request: StartRequest, sink?: EventSink): ReturnType<Sessions['start']> {
    return this.starter.start(request, sink);
  }

  async stop(sessionId: string, cause: string): Promise<SessionState> {
    const session = await this.here(sessionId);
    if (!session) return (await this.queries.stored(sessionId)).state;
    const state = session.stop(cause);
    await session.log.settled();
    return state;
  }

  async flush(sessionId: string): Promise<void> {
    await (await this.runningOne(sessionId)).flush();
  }

  async whenRecognised(sessionId: string): Promise<void> {
    await this.live.get(sessionId)?.whenRecognised;
  }

  async whenEnded(sessionId: string): Promise<SessionState> {
    return this.live.get(sessionId)?.whenEnded ?? (await this.queries.stored(sessionId)).state;
  }

  async changeEngine(sessionId: string, choice: EngineChoice): Promise<SessionView> {
    const session = await this.runningOne(sessionId);
    await session.changeEngine(choice);
    return session.view();
  }

  async pause(sessionId: string, cause: string): Promise<SessionState> {
    const session = await this.runningOne(sessionId);
    const state = await session.pause(cause);
    await session.log.settled();
    return state;
  }

  async resume(sessionId: string, cause: string): Promise<SessionState> {
    const session = await this.runningOne(sessionId);
    const state = await session.resume(cause);
    await session.log.settled();
    return state;
  }

  async attach(
    sessionId: string,
    afterSeq: number,
    sink: EventSink,
  ): ReturnType<Sessions['attach']> {
    const session = await this.here(sessionId);
    if (session) return this.attachLive(session, afterSeq, sink);
    return this.turns.take(sessionId, async () => {
      const record = await this.queries.stored(sessionId);
      // A session that could not be resumed at the start is tried again when a client asks for it.
      const live =
        this.live.get(sessionId) ??
        (isOpen(record.state) && !this.handover ? await this.loader.tryAgain(record) : undefined);
      if (live) return this.attachLive(live, afterSeq, sink);
      const view = await this.queries.viewOf(record);
      const archived = await this.endedSessions.load(sessionId);
      const attached = this.subscribers.add(sessionId, afterSeq, sink, (after, receive) =>
        this.endedSessions.attach(sessionId, archived, after, receive, () =>
          this.deps.clock.setTimeout(() => this.eviction.forgetEphemeral(sessionId), 0),
        ),
      );
      await attached.replayed;
      return {
        session: view,
        sources: record.sources.map(({ source }) => ({ source, nextSeq: 0 })),
        attachment: attached,
      };
    });
  }

  async push(
    sessionId: string,
    source: Source,
    seq: number,
    captureMs: number,
    pcm: Int16Array,
  ): Promise<number> {
    const session = this.live.get(sessionId);
    if (session) return session.push(source, seq, captureMs, pcm);
    const { state } = await this.queries.stored(sessionId);
    // A sending client attaches first, and attaching takes the session over.
    if (this.handover && isOpen(state))
      throw new EarmarkError(
        'rpc.draining',
        'Another server of the team has taken over this session; attach to it again.',
        { retryAfterMs: TOO_MANY_RETRY_MS },
      );
    throw new EarmarkError(
      'audio.afterStop',
      'The session has ended; start a new one to send audio.',
    );
  }

  async endSource(sessionId: string, source: Source): Promise<void> {
    const session = await this.here(sessionId);
    if (session) session.endSource(source);
    else await this.queries.stored(sessionId);
  }

  async report(
    sessionId: string,
    source: Source,
    code: RecorderWarningCode,
    message: string,
  ): Promise<void> {
    const session = await this.here(sessionId);
    if (!session) {
      await this.queries.stored(sessionId);
      throw new EarmarkError('session.wrongState', 'The session has ended; start a new one.');
    }
    session.report(source, code, message);
  }

  async verify(
    sessionId: string,
    source: Source,
    sent: Received,
  ): Promise<Received & { readonly confirmed: boolean }> {
    const session = await this.here(sessionId);
    if (!session) await this.queries.stored(sessionId);
    const received = session
      ? await session.received(source)
      : (await this.deps.store.progress(sessionId)).find((entry) => entry.source === source)
          ?.received;
    if (!received) throw notVerified(source);
    return {
      ...received,
      confirmed: received.frames === sent.frames && received.digest === sent.digest,
    };
  }

  async ownerOf(sessionId: string): Promise<string | undefined> {
    return (this.live.get(sessionId) ?? (await this.queries.stored(sessionId))).owner;
  }

  list(filter: Parameters<Sessions['list']>[0]): ReturnType<Sessions['list']> {
    return this.queries.list(filter);
  }

  get(sessionId: string): Promise<SessionDocument> {
    return this.queries.get(sessionId);
  }

  people(sessionId: string): Promise<readonly string[]> {
    return this.queries.people(sessionId);
  }

  clip(
    sessionId: string,
    source: Source,
    startMs: number,
    endMs: number,
  ): ReturnType<Sessions['clip']> {
    return this.queries.clip(sessionId, source, startMs, endMs);
  }

  search(query: SearchQuery): ReturnType<Sessions['search']> {
    return this.queries.search(query);
  }

  async delete(sessionId: string): Promise<void> {
    await this.eviction.discard(sessionId, 'delete');
    await this.turns.take(sessionId, () => this.eviction.remove(sessionId));
  }

  async takeUp(sessionId: string): ReturnType<Sessions['takeUp']> {
    const live = this.live.get(sessionId);
    if (live && !live.ended) return { state: live.state, left: true };
    const record = await this.queries.stored(sessionId);
    if (!(await this.recovery.isLeft(record))) return { state: record.state, left: false };
    const session = await this.loader.goOn(record);
    return { state: session.state, left: true };
  }

  async purge(sessionId: string): ReturnType<Sessions['purge']> {
    await this.eviction.discard(sessionId, 'purge');
    return this.turns.take(sessionId, async () => {
      this.eviction.letGo(sessionId);
      this.eviction.close(sessionId);
      this.voices.drop(sessionId);
      const audioFiles = this.deps.spools.remove(sessionId);
      const removed = { ...(await this.deps.store.purgeSession(sessionId)), audioFiles };
      await this.voices.refresh();
      return removed;
    });
  }

  retention(): Promise<Retention> {
    return this.recovery.retention();
  }

  setRetention(retention: Retention): Promise<void> {
    return this.recovery.setRetention(retention);
  }

  rename(sessionId: string, title: string): Promise<void> {
    return this.edits.rename(sessionId, title);
  }

  renameSpeaker(sessionId: string, speakerId: string, name: string | undefined): Promise<void> {
    return this.edits.renameSpeaker(sessionId, speakerId, name);
  }

  reviseSegment(sessionId: string, segmentId: string, change: SegmentChange): Promise<void> {
    return this.edits.reviseSegment(sessionId, segmentId, change);
  }

  reviseInsight(sessionId: string, insightId: string, change: InsightEdit): Promise<void> {
    return this.edits.reviseInsight(sessionId, insightId, change);
  }

  import(request: ImportRequest): Promise<string> {
    return importSession(this.deps, request);
  }

  writeNotes(sessionId: string, request: RewriteRequest): Promise<Rewritten> {
    return this.rewriting.write(sessionId, request);
  }

  async look(
    sessionId: string,
    seen: { readonly symbols?: readonly CodeSymbol[]; readonly focus?: CodeSymbol },
  ): Promise<void> {
    const session = this.live.get(sessionId);
    if (!session) await this.queries.stored(sessionId);
    await session?.look(seen);
  }

  setWindowCount(count: number): void {
    if (count > 0) this.windowsGoneMs = undefined;
    else this.windowsGoneMs ??= this.deps.clock.now();
  }

  warn(code: WarningCode, message: string): void {
    for (const session of this.active()) session.warn(code, message);
  }

  configure(change: Partial<SessionOptions>): void {
    Object.assign(this.options, change);
  }

  drain(): void {
    this.admission.draining = true;
  }

  async shutdown(withinMs: number, cause: string): Promise<void> {
    this.drain();
    if (this.handover) return this.handover.giveUpAll(withinMs);
    const sessions = this.active();
    for (const session of sessions) session.stop(cause);
    const late = await within(
      this.deps.clock,
      Promise.all(sessions.map((session) => session.whenEnded)),
      withinMs,
    );
    if (late === 'late') for (const session of sessions) session.suspend();
    await within(
      this.deps.clock,
      Promise.all([...this.live.values()].map(({ log }) => log.settled())),
      LAST_WRITES_MS,
    );
  }

  async recover(): Promise<readonly string[]> {
    const { store, spools, clock } = this.deps;
    const left = this.handover
      ? []
      : await store.listSessions({ limit: PAGE, offset: 0, active: true });
    const recovered = await Promise.all(
      left.map((record) =>
        this.turns.take(record.id, async () =>
          (await this.loader.recover(record)) ? [record.id] : [],
        ),
      ),
    );
    for (const id of spools.list()) {
      const record = await store.getSession(id);
      if (!record || (record.state === 'DONE' && !record.keepAudio)) spools.remove(id);
    }
    this.recovery.start();
    const over = (await store.listSessions({ limit: PAGE, offset: 0, active: false })).filter(
      ({ ephemeral }) => ephemeral,
    );
    if (over.length > 0)
      this.disposables.add(
        clock.setTimeout(
          () => over.forEach(({ id }) => this.eviction.forgetEphemeral(id)),
          this.options.unseenMs,
        ),
      );
    return recovered.flat();
  }

  async finish(sessionId: string): Promise<void> {
    await this.handover?.finish(sessionId);
  }

  dispose(): void {
    for (const session of this.live.values()) {
      session.suspend();
      session.log.dispose();
    }
    this.live.clear();
    this.disposables.dispose();
  }

  private async attachLive(
    session: Session,
    afterSeq: number,
    sink: EventSink,
  ): ReturnType<Sessions['attach']> {
    const attachment = this.subscribers.add(session.id, afterSeq, sink, (after, receive) =>
      session.attach(after, receive),
    );
    // The view is read at the attachment, so that the event stream contains every change in the
    // view.
    const answer = { session: session.view(), sources: session.nextSeqs(), attachment };
    await attachment.replayed;
    return answer;
  }

  /**
   * Returns a session in memory. A session of a stopped server is taken over.
   * @throws EarmarkError rpc.timeout while its server runs, rpc.draining
   */
  private async here(sessionId: string): Promise<Session | undefined> {
    const live = this.live.get(sessionId);
    const { handover } = this;
    if (live || !handover || !isOpen((await this.queries.stored(sessionId)).state)) return live;
    return this.turns.take(
      sessionId,
      async () => this.live.get(sessionId) ?? (await handover.take(sessionId)),
    );
  }

  private active(): readonly Session[] {
    return [...this.live.values()].filter((session) => !session.ended);
  }

  /** @throws EarmarkError session.notFound, session.wrongState */
  private async runningOne(sessionId: string): Promise<Session> {
    const session = await this.here(sessionId);
    if (session) return session;
    const { state } = await this.queries.stored(sessionId);
    throw new EarmarkError('session.wrongState', `The session is ${state}; start a new one.`, {
      details: { state },
    });
  }
}
