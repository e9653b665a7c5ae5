/** All sessions: starts and ends them, keeps the limits, takes up what a crash left, answers for those that are over. */
import { EarmarkError } from '../../protocol/errors';
import type { Source } from '../audio/frame';
import { DisposableStore } from '../base/disposable';
import { Emitter } from '../base/emitter';
import { revisionsOf, type SegmentChange } from '../transcript/revise';
import type { EventSink, Sessions, SessionDocument, SessionView, StartRequest } from './api';
import { Archive } from './archive';
import { Listeners } from './listeners';
import type { SessionManager, SessionManagerDeps } from './deps';
import type { SessionRecord, SessionState } from './events';
import type { CodeSymbol } from './codeContext';
import { eventsOf } from './insightFeed';
import { InsightRevisions, type InsightEdit } from './insightRevisions';
import { defaultSessionOptions, type SessionOptions } from './options';
import type { EngineLease } from './ports';
import { newRecord } from './record';
import { renameSpeaker } from './renameSpeaker';
import { overdue, parseRetention, type Retention } from './retention';
import { Session } from './session';
import { Upkeep } from './upkeep';
import { within } from './wait';
import type { SearchQuery } from './search';

export function createSessionManager(deps: SessionManagerDeps): SessionManager {
  return new Manager(deps);
}

/** Setting of the store. */
const RETENTION = 'retention';

/** Stored sessions looked at in one go. */
const PAGE = 1000;
const TOO_MANY_RETRY_MS = 500;

class Manager implements SessionManager {
  /** Sessions that run, and ended ones that somebody is still attached to. */
  private readonly live = new Map<string, Session>();
  private readonly starting = new Map<string, Promise<void>>();
  private readonly archive: Archive;
  private readonly acks = new Emitter<{ readonly sessionId: string; readonly source: Source; readonly ackSeq: number }>();
  private readonly disposables = new DisposableStore();
  private readonly listeners = new Listeners();
  private readonly upkeep: Upkeep;
  private readonly options: SessionOptions;
  private draining = false;
  /** Since when no window is there; undefined while one is. */
  private windowsGoneMs: number | undefined;

  readonly onDidAck = this.acks.event;

  constructor(private readonly deps: SessionManagerDeps) {
    this.options = { ...defaultSessionOptions, ...deps.options };
    this.windowsGoneMs = deps.clock.now();
    this.archive = new Archive({ store: deps.store, clock: deps.clock, logger: deps.logger, options: this.options });
    this.disposables.add(this.acks);
    this.disposables.add(this.archive);
    this.upkeep = this.disposables.add(
      new Upkeep({ clock: deps.clock, logger: deps.logger, options: this.options, left: () => this.left(), finish: (id) => this.finishLeft(id), expire: () => this.expire() }),
    );
  }

  get activeCount(): number {
    return this.active().length;
  }

  async start(request: StartRequest, sink?: EventSink): ReturnType<Sessions['start']> {
    const known = request.key === undefined ? undefined : this.deps.store.findByKey(request.key);
    if (known) return this.startAgain(known, sink);
    this.admit(request);
    const engine = this.deps.engines.open({ provider: request.provider, model: request.model, device: request.device, language: request.language ?? 'en', vocabulary: request.vocabulary, translate: request.translate, live: isLive(request) });
    const record = newRecord(request, engine, this.deps);
    let session: Session;
    try {
      this.deps.store.createSession(record);
      session = this.open(record, engine, false);
    } catch (error) {
      engine.dispose();
      this.deps.store.deleteSession(record.id);
      throw error;
    }
    const attachment = sink && this.listeners.add(record.id, 0, sink, (after, hear) => session.attach(after, hear));
    const started = session.start();
    this.starting.set(record.id, started);
    try {
      await started;
    } catch (error) {
      attachment?.dispose();
      // What never began is no session: the caller has the reason, the list stays clean.
      if (session.state === 'FAILED') this.remove(session.id);
      throw error;
    } finally {
      this.starting.delete(record.id);
    }
    return { session: session.view(), ...(attachment ? { attachment } : {}) };
  }

  stop(sessionId: string, cause: string): SessionState {
    return this.live.get(sessionId)?.stop(cause) ?? this.stored(sessionId).state;
  }

  async whenEnded(sessionId: string): Promise<SessionState> {
    return this.live.get(sessionId)?.whenEnded ?? this.stored(sessionId).state;
  }

  async pause(sessionId: string, cause: string): Promise<SessionState> {
    return this.running(sessionId).pause(cause);
  }

  async resume(sessionId: string, cause: string): Promise<SessionState> {
    return this.running(sessionId).resume(cause);
  }

  attach(sessionId: string, afterSeq: number, sink: EventSink): ReturnType<Sessions['attach']> {
    const session = this.live.get(sessionId);
    if (session) {
      const attachment = this.listeners.add(sessionId, afterSeq, sink, (after, hear) => session.attach(after, hear));
      return { session: session.view(), sources: session.nextSeqs(), attachment };
    }
    const record = this.stored(sessionId);
    const attachment = this.listeners.add(sessionId, afterSeq, sink, (after, hear) => this.archive.attach(sessionId, after, hear, () => this.deps.clock.setTimeout(() => this.forgetEphemeral(sessionId), 0)));
    return { session: this.viewOf(record), sources: record.sources.map(({ source }) => ({ source, nextSeq: 0 })), attachment };
  }

  push(sessionId: string, source: Source, seq: number, captureMs: number, pcm: Int16Array): number {
    const session = this.live.get(sessionId);
    if (session) return session.push(source, seq, captureMs, pcm);
    this.stored(sessionId);
    throw new EarmarkError('audio.afterStop', 'The session is over; start a new one to send audio.');
  }

  endSource(sessionId: string, source: Source): void {
    const session = this.live.get(sessionId);
    if (session) session.endSource(source);
    else this.stored(sessionId);
  }

  ownerOf(sessionId: string): string | undefined {
    return (this.live.get(sessionId) ?? this.stored(sessionId)).owner;
  }

  list(filter: { limit: number; offset: number; active?: boolean; owner?: string }): readonly SessionView[] {
    return this.deps.store.listSessions(filter).map((record) => this.live.get(record.id)?.view() ?? this.viewOf(record));
  }

  get(sessionId: string): SessionDocument {
    const session = this.live.get(sessionId);
    if (session) return session.document();
    const view = this.viewOf(this.stored(sessionId));
    const book = this.archive.read(sessionId);
    return { ...view, transcript: book.transcript.ordered(), speakers: [...book.speakers.values()], insights: [...book.insights.values()], stats: this.deps.store.stats(sessionId) };
  }

  rename(sessionId: string, title: string): void {
    const session = this.live.get(sessionId);
    if (session) return session.rename(title);
    this.stored(sessionId);
    this.deps.store.updateSession(sessionId, { title });
  }

  async delete(sessionId: string): Promise<void> {
    const session = this.live.get(sessionId);
    if (!session) this.stored(sessionId);
    await session?.discard('delete');
    this.remove(sessionId);
  }

  search(query: SearchQuery): ReturnType<Sessions['search']> {
    const { words, kind: _, limit: __, owner: ___, ...filters } = query;
    if (words.length === 0 && Object.values(filters).every((value) => value === undefined) && query.kind === 'transcript') throw new EarmarkError('rpc.invalidParams', 'Say what to look for: words, a speaker, a time, a repository, a branch or a symbol.');
    return this.deps.store.search(query).map((hit) => ({ record: this.stored(hit.sessionId), hit }));
  }

  async takeUp(sessionId: string): ReturnType<Sessions['takeUp']> {
    const live = this.live.get(sessionId);
    if (live && !live.ended) return { state: live.state, left: true };
    const { state } = this.stored(sessionId);
    if (!this.isLeft(this.stored(sessionId))) return { state, left: false };
    await this.engineReady(this.stored(sessionId));
    return { state: this.reopen(this.stored(sessionId)).state, left: true };
  }

  async purge(sessionId: string): ReturnType<Sessions['purge']> {
    const { store, spools } = this.deps;
    const session = this.live.get(sessionId);
    if (!session) this.stored(sessionId);
    await session?.discard('purge');
    this.live.get(sessionId)?.log.dispose();
    this.live.delete(sessionId);
    this.archive.drop(sessionId);
    const audioFiles = spools.remove(sessionId);
    return { ...store.purgeSession(sessionId), audioFiles };
  }

  get retention(): Retention {
    return parseRetention(this.deps.store.setting(RETENTION));
  }

  set retention(retention: Retention) {
    this.deps.store.setSetting(RETENTION, JSON.stringify(retention));
    this.expire();
  }

  renameSpeaker(sessionId: string, speakerId: string, name: string): void {
    const session = this.live.get(sessionId);
    if (session && !session.ended) return session.renameSpeaker(speakerId, name);
    this.revise(sessionId, ({ book, log }) => log.appendNow(renameSpeaker(book, speakerId, name)));
  }

  reviseSegment(sessionId: string, segmentId: string, change: SegmentChange): void {
    this.revise(sessionId, ({ book, log }) => {
      const segment = book.transcript.get(segmentId);
      if (!segment) throw new EarmarkError('segment.notFound', 'This part of the transcript is no longer there; open the session again.');
      log.appendNow(revisionsOf(segment, change).map((revision) => ({ kind: 'revision', revision })));
    });
  }

  reviseInsight(sessionId: string, insightId: string, change: InsightEdit): void {
    const session = this.live.get(sessionId);
    if (session && !session.ended) return session.reviseInsight(insightId, change);
    this.revise(sessionId, ({ book, log }) => log.appendNow(eventsOf(new InsightRevisions(book).plan(insightId, change))));
  }

  look(sessionId: string, seen: { readonly symbols?: readonly CodeSymbol[]; readonly focus?: CodeSymbol }): void {
    const session = this.live.get(sessionId);
    if (!session) this.stored(sessionId);
    session?.look(seen);
  }

  setWindowCount(count: number): void {
    if (count > 0) this.windowsGoneMs = undefined;
    else this.windowsGoneMs ??= this.deps.clock.now();
  }

  drain(): void {
    this.draining = true;
  }

  async shutdown(withinMs: number, cause: string): Promise<void> {
    this.draining = true;
    const sessions = this.active();
    for (const session of sessions) session.stop(cause);
    const late = await within(this.deps.clock, Promise.all(sessions.map((session) => session.whenEnded)), withinMs);
    if (late === 'late') for (const session of sessions) session.suspend();
  }

  recover(): readonly string[] {
    const { store, spools, clock, logger } = this.deps;
    const recovered: string[] = [];
    for (const record of store.listSessions({ limit: PAGE, offset: 0, active: true })) {
      try {
        // What never began is no session; a client that asks again by its key gets one that begins.
        if (record.state === 'IDLE') {
          this.remove(record.id);
          continue;
        }
        const session = this.open(record, this.engineOf(record), true);
        session.recover();
        recovered.push(record.id);
        logger.info('session.recovered', { session: record.id, state: record.state });
      } catch (error) {
        logger.error('session.recoverFailed', { session: record.id, error: error instanceof Error ? error.name : 'unknown' });
      }
    }
    for (const id of spools.list()) {
      const record = store.getSession(id);
      if (!record || (record.state === 'DONE' && !record.keepAudio)) spools.remove(id);
    }
    this.upkeep.start();
    const over = store.listSessions({ limit: PAGE, offset: 0, active: false }).filter(({ ephemeral }) => ephemeral);
    if (over.length > 0) this.disposables.add(clock.setTimeout(() => over.forEach(({ id }) => this.forgetEphemeral(id)), this.options.unseenMs));
    return recovered;
  }

  dispose(): void {
    for (const session of this.live.values()) {
      session.suspend();
      session.log.dispose();
    }
    this.live.clear();
    this.disposables.dispose();
  }

  private admit(request: StartRequest): void {
    if (this.draining) throw new EarmarkError('rpc.draining', 'Earmark is shutting down; try again in a moment.', { retryAfterMs: 1000 });
    if (this.activeCount >= this.options.maxSessions) throw new EarmarkError('session.tooMany', `${this.options.maxSessions} sessions run already; stop one of them first.`, { retryAfterMs: TOO_MANY_RETRY_MS });
    const own = this.active().filter(({ owner }) => owner === request.owner).length;
    if (request.owner !== undefined && own >= this.options.maxSessionsPerUser) throw new EarmarkError('session.tooMany', `${own} sessions of yours run already; stop one of them first.`, { retryAfterMs: TOO_MANY_RETRY_MS });
    if (new Set(request.sources.map(({ source }) => source)).size !== request.sources.length) throw new EarmarkError('audio.unknownSource', 'Each source may be named once; remove the second one.');
    if (request.sources.some(({ source, origin }) => source === 'file' && origin.type === 'capture')) throw new EarmarkError('audio.noRecorder', 'A file is pushed, not recorded; choose the microphone or the system audio.');
  }

  private async startAgain(record: SessionRecord, sink: EventSink | undefined): ReturnType<Sessions['start']> {
    const attached = sink && this.attach(record.id, 0, sink);
    await this.starting.get(record.id);
    return { session: this.live.get(record.id)?.view() ?? this.viewOf(this.stored(record.id)), ...(attached ? { attachment: attached.attachment } : {}) };
  }

  /** What a session was begun with may be gone since; its words matter more than its engine. */
  private engineOf(record: SessionRecord): EngineLease {
    const { provider, model, language, vocabulary, translate } = record;
    const wish = { language, vocabulary, translate, live: isLive(record) };
    try {
      return this.deps.engines.open({ ...wish, provider, model });
    } catch (error) {
      this.deps.logger.warn('session.engineGone', { provider, model, error: error instanceof EarmarkError ? error.code : 'unexpected' });
      return this.deps.engines.open(wish);
    }
  }

  private async engineReady(record: SessionRecord): Promise<void> {
    const engine = this.engineOf(record);
    try {
      await engine.ready();
    } finally {
      engine.dispose();
    }
  }

  private open(record: SessionRecord, engine: EngineLease, restored: boolean): Session {
    const session = new Session({
      deps: this.deps,
      engine,
      options: this.options,
      record,
      restored,
      windowsGoneMs: () => this.windowsGoneMs,
      onAck: (source, ackSeq) => this.acks.fire({ sessionId: record.id, source, ackSeq }),
      onEnded: (ended) => this.onEnded(ended),
      onDetached: (left) => this.onDetached(left),
    });
    this.live.set(record.id, session);
    return session;
  }

  private onEnded(session: Session): void {
    if (session.log.attachmentCount > 0) return;
    // A client that lost its daemon or its network just now may still come for the words.
    const wait = session.ephemeral ? this.options.unseenMs : 0;
    this.disposables.add(this.deps.clock.setTimeout(() => this.forget(session), wait));
  }

  private onDetached(session: Session): void {
    if (session.ended) this.forget(session);
  }

  /** An ended session that nobody is attached to needs no memory; an ephemeral one goes altogether. */
  private forget(session: Session): void {
    if (this.live.get(session.id) !== session || session.log.attachmentCount > 0) return;
    if (session.ephemeral) return this.remove(session.id);
    if (session.log.outage) return void this.disposables.add(this.deps.clock.setTimeout(() => this.forget(session), this.options.storeRetryMs));
    this.live.delete(session.id);
    session.log.dispose();
  }

  private forgetEphemeral(sessionId: string): void {
    const record = this.deps.store.getSession(sessionId);
    if (record?.ephemeral && !this.live.has(sessionId) && this.archive.attachmentCount(sessionId) === 0) this.remove(sessionId);
  }

  private remove(sessionId: string): void {
    this.live.get(sessionId)?.log.dispose();
    this.live.delete(sessionId);
    this.archive.drop(sessionId);
    this.deps.spools.remove(sessionId);
    this.deps.store.deleteSession(sessionId);
  }

  /** Sessions that are over in no good way and that nobody works on. */
  private left(): readonly string[] {
    const { store, spools } = this.deps;
    const spooled = spools.list().flatMap((id) => store.getSession(id) ?? []);
    const lost = store.listSessions({ limit: PAGE, offset: 0, active: true });
    return [...new Set([...lost, ...spooled].filter((record) => this.isLeft(record)).map(({ id }) => id))].filter((id) => this.live.get(id)?.ended !== false);
  }

  /** Something can still be made of it: it is not over, or failed with sound on disk, or its insights failed. */
  private isLeft({ id, state, ephemeral }: SessionRecord): boolean {
    const { store, spools } = this.deps;
    if (state === 'DONE') return (store.stats(id)['analysisFailed'] ?? 0) > 0;
    if (state === 'FAILED') return !ephemeral && spools.list().includes(id);
    return true;
  }

  private async finishLeft(sessionId: string): Promise<void> {
    // Before the engine is there nothing is gained by opening it.
    await this.engineReady(this.stored(sessionId));
    const record = this.stored(sessionId);
    if (record.state === 'DONE') return; // A person may ask for its insights again.
    if ((await this.reopen(record).whenEnded) === 'FAILED') throw new EarmarkError('engine.unavailable', 'The session could not be finished; it is tried again later.');
  }

  /** A session that is over, or that nobody works on, goes on; who listens to it goes along. */
  private reopen(record: SessionRecord): Session {
    const moved = this.listeners.move(record.id);
    this.live.get(record.id)?.log.dispose();
    this.live.delete(record.id);
    this.archive.drop(record.id);
    const session = this.open(record, this.engineOf(record), true);
    moved((after, hear) => session.attach(after, hear));
    session.recover();
    return session;
  }

  /** Forgets what is older than it may be kept. */
  private expire(): void {
    const { store, spools, clock, logger } = this.deps;
    const { retention } = this;
    if (Object.keys(retention).length === 0) return;
    const spooled = new Set(spools.list());
    for (let offset = 0, page = store.listSessions({ limit: PAGE, offset, active: false }); page.length > 0; offset += PAGE, page = store.listSessions({ limit: PAGE, offset, active: false })) {
      for (const record of page) {
        if (this.live.has(record.id)) continue;
        const over = overdue(record, retention, clock.wall());
        const stats = store.stats(record.id);
        const due = { audio: over.audio && spooled.has(record.id), transcript: over.transcript && stats['transcriptForgotten'] !== 1, insights: over.insights && stats['insightsForgotten'] !== 1 };
        if (due.audio) spools.remove(record.id);
        if (due.transcript || due.insights) {
          this.archive.drop(record.id);
          store.forget(record.id, due);
          store.updateSession(record.id, { stats: { ...stats, ...(due.transcript ? { transcriptForgotten: 1 } : {}), ...(due.insights ? { insightsForgotten: 1 } : {}) } });
        }
        if (due.audio || due.transcript || due.insights) logger.info('session.expired', { session: record.id, ...due });
      }
    }
  }

  private revise(sessionId: string, change: (where: Pick<Session, 'book' | 'log'>) => void): void {
    const session = this.live.get(sessionId);
    if (session) return change(session);
    this.stored(sessionId);
    this.archive.revise(sessionId, change);
  }

  private active(): readonly Session[] {
    return [...this.live.values()].filter((session) => !session.ended);
  }

  /** @throws EarmarkError session.notFound, session.wrongState */
  private running(sessionId: string): Session {
    const session = this.live.get(sessionId);
    if (session) return session;
    const { state } = this.stored(sessionId);
    throw new EarmarkError('session.wrongState', `The session is ${state}; start a new one.`, { details: { state } });
  }

  /** @throws EarmarkError session.notFound */
  private stored(sessionId: string): SessionRecord {
    const record = this.deps.store.getSession(sessionId);
    if (!record) throw new EarmarkError('session.notFound', 'There is no such session; list the sessions and choose one of them.');
    return record;
  }

  private viewOf(record: SessionRecord): SessionView {
    const { lastSeq, segments } = this.deps.store.counts(record.id);
    return { record, lastSeq, segments, durationMs: record.durationMs };
  }
}

/** Its sound comes as fast as it is spoken: being late is felt. */
function isLive({ sources, partials }: Pick<StartRequest, 'sources' | 'partials'>): boolean {
  return partials || sources.some(({ origin }) => origin.type === 'capture');
}
