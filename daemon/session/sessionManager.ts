/** All sessions: starts and ends them, keeps the limits, takes up what a crash left, answers for those that are over. */
import { EarmarkError } from '../../protocol/errors';
import type { Source } from '../audio/frame';
import type { Received } from '../audio/frameChain';
import { type Disposable, DisposableStore, toDisposable } from '../base/disposable';
import { Emitter } from '../base/emitter';
import { placeOf } from '../base/placeOf';
import { Turns } from '../base/turns';
import type { SegmentChange } from '../transcript/revise';
import type { EventSink, Sessions, SessionDocument, SessionView, StartRequest } from './api';
import { Admission, TOO_MANY_RETRY_MS } from './admission';
import { Archive } from './archive';
import { KeptVoices } from './keptVoices';
import { Leftovers, PAGE } from './leftovers';
import { Library } from './library';
import { Listeners } from './listeners';
import type { SessionManager, SessionManagerDeps } from './deps';
import type { SessionRecord, SessionState } from './events';
import type { CodeSymbol } from './codeContext';
import { Edits } from './edits';
import type { InsightEdit } from './insightRevisions';
import { Leaving } from './leaving';
import { defaultSessionOptions, type SessionOptions } from './options';
import type { EngineLease } from './ports';
import { Moves } from './moves';
import { isLive, isOpen, newRecord } from './record';
import { type Stored, storedOf } from './recovery';
import type { Retention } from './retention';
import { Session } from './session';
import { notVerified } from './sources';
import { within } from './wait';
import type { SearchQuery } from './search';

export function createSessionManager(deps: SessionManagerDeps): SessionManager {
  return new Manager(deps);
}

const LAST_WRITES_MS = 400; // At the end, for events that are on their way to the disk.

class Manager implements SessionManager {
  /** Sessions that run, and ended ones that somebody is still attached to. */
  private readonly live = new Map<string, Session>();
  private readonly starting = new Map<string, Promise<void>>();
  private readonly admission: Admission;
  /** Who serves a stored session changes in one turn at a time. */
  private readonly turns = new Turns();
  readonly voices: KeptVoices;
  private readonly archive: Archive;
  private readonly library: Library;
  private readonly leftovers: Leftovers;
  private readonly edits: Edits;
  private readonly leaving: Leaving;
  private readonly acks = new Emitter<{ readonly sessionId: string; readonly source: Source; readonly ackSeq: number }>();
  private readonly disposables = new DisposableStore();
  private readonly listeners = new Listeners();
  private readonly options: { -readonly [name in keyof SessionOptions]: SessionOptions[name] };
  private readonly moves: Moves | undefined;
  /** Since when no window is there; undefined while one is. */
  private windowsGoneMs: number | undefined;

  readonly onDidAck = this.acks.event;
  readonly onDidMove: Sessions['onDidMove'];

  constructor(private readonly deps: SessionManagerDeps) {
    this.options = { ...defaultSessionOptions, ...deps.options };
    this.windowsGoneMs = deps.clock.now();
    this.admission = new Admission({ options: this.options, place: deps.place, running: () => this.active().map(({ owner }) => owner) });
    this.archive = this.disposables.add(new Archive({ store: deps.store, clock: deps.clock, logger: deps.logger, options: this.options }));
    this.library = this.disposables.add(new Library({ deps, archive: this.archive, live: (id) => this.live.get(id) }));
    this.disposables.add(this.acks);
    this.voices = this.disposables.add(new KeptVoices({ store: deps.voiceStore, clock: deps.clock, speaker: (id, speakerId) => this.edits.speaker(id, speakerId) }));
    this.edits = new Edits({ store: deps.store, archive: this.archive, library: this.library, turns: this.turns, live: (id) => this.live.get(id) });
    this.leaving = this.disposables.add(new Leaving({ deps, options: this.options, archive: this.archive, library: this.library, voices: this.voices, turns: this.turns, live: this.live }));
    this.moves = deps.ownership && this.disposables.add(
      new Moves({
        ownership: deps.ownership, deps, turns: this.turns,
        running: () => this.active().map(({ id }) => id),
        here: (id) => this.here(id), has: (id) => this.live.has(id),
        reopen: (record) => this.reopen(record),
        place: (owner) => this.admission.place(owner),
        letGo: (id) => this.leaving.letGo(id), takeOff: (id) => this.leaving.takeOff(id), remove: (id) => this.leaving.remove(id),
      }),
    );
    this.onDidMove = this.moves?.onDidMove ?? (() => toDisposable(() => undefined));
    this.leftovers = this.disposables.add(
      new Leftovers({
        deps,
        options: this.options,
        busy: (id) => this.live.get(id)?.ended === false,
        open: (id) => this.live.has(id),
        finish: (record) => this.finishLeft(record),
        close: (id) => this.leaving.close(id),
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
    const started = this.startOne(request, sink);
    return this.moves?.whileComing(started) ?? started;
  }

  private async startOne(request: StartRequest, sink: EventSink | undefined): ReturnType<Sessions['start']> {
    const { key } = request;
    const begun = key === undefined ? await this.begin(request, sink) : await this.turns.take(`key ${key}`, async () => (await this.begunBy(key)) ?? (await this.begin(request, sink)));
    if (!('session' in begun)) return this.startAgain(begun, sink);
    const { session, attachment, started } = begun;
    try {
      await started;
    } catch (error) {
      attachment?.dispose();
      // What never began is no session: the caller has the reason, the list stays clean.
      if (session.state === 'FAILED') await this.leaving.remove(session.id);
      throw error;
    } finally {
      this.starting.delete(session.id);
    }
    await session.log.settled();
    return { session: session.view(), ...(attachment ? { attachment } : {}) };
  }

  async stop(sessionId: string, cause: string): Promise<SessionState> {
    const session = await this.here(sessionId);
    if (!session) return (await this.library.stored(sessionId)).state;
    const state = session.stop(cause);
    await session.log.settled();
    return state;
  }

  async flush(sessionId: string): Promise<void> {
    await (await this.runningOne(sessionId)).flush();
  }

  async whenHeard(sessionId: string): Promise<void> {
    await this.live.get(sessionId)?.whenHeard;
  }

  async whenEnded(sessionId: string): Promise<SessionState> {
    return this.live.get(sessionId)?.whenEnded ?? (await this.library.stored(sessionId)).state;
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

  async attach(sessionId: string, afterSeq: number, sink: EventSink): ReturnType<Sessions['attach']> {
    const session = await this.here(sessionId);
    if (session) return this.attachLive(session, afterSeq, sink);
    return this.turns.take(sessionId, async () => {
      const record = await this.library.stored(sessionId);
      // One that could not be taken up at the start is tried again when somebody comes for it.
      const live = this.live.get(sessionId) ?? (isOpen(record.state) && !this.moves ? await this.tryAgain(record) : undefined);
      if (live) return this.attachLive(live, afterSeq, sink);
      const view = await this.library.viewOf(record);
      const archived = await this.archive.load(sessionId);
      const attached = this.listeners.add(sessionId, afterSeq, sink, (after, hear) => this.archive.attach(sessionId, archived, after, hear, () => this.deps.clock.setTimeout(() => this.leaving.forgetEphemeral(sessionId), 0)));
      await attached.replayed;
      return { session: view, sources: record.sources.map(({ source }) => ({ source, nextSeq: 0 })), attachment: attached };
    });
  }

  async push(sessionId: string, source: Source, seq: number, captureMs: number, pcm: Int16Array): Promise<number> {
    const session = this.live.get(sessionId);
    if (session) return session.push(source, seq, captureMs, pcm);
    const { state } = await this.library.stored(sessionId);
    // Whoever sends attaches first, which takes the session.
    if (this.moves && isOpen(state)) throw new EarmarkError('rpc.draining', 'Another server of the team goes on with this session; attach to it again.', { retryAfterMs: TOO_MANY_RETRY_MS });
    throw new EarmarkError('audio.afterStop', 'The session is over; start a new one to send audio.');
  }

  async endSource(sessionId: string, source: Source): Promise<void> {
    const session = await this.here(sessionId);
    if (session) session.endSource(source);
    else await this.library.stored(sessionId);
  }

  async verify(sessionId: string, source: Source, sent: Received): Promise<Received & { readonly confirmed: boolean }> {
    const session = await this.here(sessionId);
    if (!session) await this.library.stored(sessionId);
    const received = session ? await session.received(source) : (await this.deps.store.progress(sessionId)).find((entry) => entry.source === source)?.received;
    if (!received) throw notVerified(source);
    return { ...received, confirmed: received.frames === sent.frames && received.digest === sent.digest };
  }

  async ownerOf(sessionId: string): Promise<string | undefined> {
    return (this.live.get(sessionId) ?? (await this.library.stored(sessionId))).owner;
  }

  list(filter: Parameters<Sessions['list']>[0]): ReturnType<Sessions['list']> {
    return this.library.list(filter);
  }

  get(sessionId: string): Promise<SessionDocument> {
    return this.library.get(sessionId);
  }

  people(sessionId: string): Promise<readonly string[]> {
    return this.library.people(sessionId);
  }

  clip(sessionId: string, source: Source, startMs: number, endMs: number): ReturnType<Sessions['clip']> {
    return this.library.clip(sessionId, source, startMs, endMs);
  }

  search(query: SearchQuery): ReturnType<Sessions['search']> {
    return this.library.search(query);
  }

  async delete(sessionId: string): Promise<void> {
    await this.leaving.discard(sessionId, 'delete');
    await this.turns.take(sessionId, () => this.leaving.remove(sessionId));
  }

  async takeUp(sessionId: string): ReturnType<Sessions['takeUp']> {
    const live = this.live.get(sessionId);
    if (live && !live.ended) return { state: live.state, left: true };
    const record = await this.library.stored(sessionId);
    if (!(await this.leftovers.isLeft(record))) return { state: record.state, left: false };
    const session = await this.goOn(record);
    return { state: session.state, left: true };
  }

  async purge(sessionId: string): ReturnType<Sessions['purge']> {
    await this.leaving.discard(sessionId, 'purge');
    return this.turns.take(sessionId, async () => {
      this.leaving.letGo(sessionId);
      this.leaving.close(sessionId);
      this.voices.drop(sessionId);
      const audioFiles = this.deps.spools.remove(sessionId);
      const removed = { ...(await this.deps.store.purgeSession(sessionId)), audioFiles };
      await this.voices.refresh();
      return removed;
    });
  }

  retention(): Promise<Retention> {
    return this.leftovers.retention();
  }

  setRetention(retention: Retention): Promise<void> {
    return this.leftovers.setRetention(retention);
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

  async look(sessionId: string, seen: { readonly symbols?: readonly CodeSymbol[]; readonly focus?: CodeSymbol }): Promise<void> {
    const session = this.live.get(sessionId);
    if (!session) await this.library.stored(sessionId);
    await session?.look(seen);
  }

  setWindowCount(count: number): void {
    if (count > 0) this.windowsGoneMs = undefined;
    else this.windowsGoneMs ??= this.deps.clock.now();
  }

  configure(change: Partial<SessionOptions>): void {
    Object.assign(this.options, change);
  }

  drain(): void {
    this.admission.draining = true;
  }

  async shutdown(withinMs: number, cause: string): Promise<void> {
    this.drain();
    if (this.moves) return this.moves.giveUpAll(withinMs);
    const sessions = this.active();
    for (const session of sessions) session.stop(cause);
    const late = await within(this.deps.clock, Promise.all(sessions.map((session) => session.whenEnded)), withinMs);
    if (late === 'late') for (const session of sessions) session.suspend();
    await within(this.deps.clock, Promise.all([...this.live.values()].map(({ log }) => log.settled())), LAST_WRITES_MS);
  }

  async recover(): Promise<readonly string[]> {
    const { store, spools, clock } = this.deps;
    const left = this.moves ? [] : await store.listSessions({ limit: PAGE, offset: 0, active: true });
    const recovered = await Promise.all(left.map((record) => this.turns.take(record.id, () => this.recoverOne(record))));
    for (const id of spools.list()) {
      const record = await store.getSession(id);
      if (!record || (record.state === 'DONE' && !record.keepAudio)) spools.remove(id);
    }
    this.leftovers.start();
    const over = (await store.listSessions({ limit: PAGE, offset: 0, active: false })).filter(({ ephemeral }) => ephemeral);
    if (over.length > 0) this.disposables.add(clock.setTimeout(() => over.forEach(({ id }) => this.leaving.forgetEphemeral(id)), this.options.unseenMs));
    return recovered.flatMap((id) => id ?? []);
  }

  async finish(sessionId: string): Promise<void> {
    await this.moves?.finish(sessionId);
  }

  dispose(): void {
    for (const session of this.live.values()) {
      session.suspend();
      session.log.dispose();
    }
    this.live.clear();
    this.disposables.dispose();
  }

  private async recoverOne(record: SessionRecord): Promise<string | undefined> {
    const { logger } = this.deps;
    try {
      // A client was quicker.
      if (this.live.has(record.id)) return record.id;
      // What never began is no session; a client that asks again by its key gets one that begins.
      if (record.state === 'IDLE') return void (await this.leaving.remove(record.id));
      (await this.openStored(record)).recover();
      logger.info('session.recovered', { session: record.id, state: record.state });
      return record.id;
    } catch (error) {
      this.leaving.letGo(record.id);
      logger.error('session.recoverFailed', { session: record.id, error: placeOf(error) });
      return undefined;
    }
  }

  /** The session of a key. One that never began, because its server lost the database or died meanwhile, is none, and makes room for another. */
  private async begunBy(key: string): Promise<SessionRecord | undefined> {
    const record = await this.deps.store.findByKey(key);
    if (record?.state !== 'IDLE' || this.live.has(record.id)) return record;
    if (this.moves) await this.moves.finish(record.id);
    else await this.turns.take(record.id, () => this.leaving.remove(record.id));
    return this.deps.store.findByKey(key);
  }

  /** A new session, stored and about to start. */
  private async begin(request: StartRequest, sink: EventSink | undefined): Promise<{ readonly session: Session; readonly attachment: Disposable | undefined; readonly started: Promise<void> }> {
    this.admission.check(request);
    const place = await this.admission.place(request.owner);
    try {
      const begun = await this.beginAdmitted(request, sink);
      if (place) void begun.session.whenEnded.then(() => place.release());
      return begun;
    } catch (error) {
      void place?.release();
      throw error;
    }
  }

  private async beginAdmitted(request: StartRequest, sink: EventSink | undefined): Promise<{ readonly session: Session; readonly attachment: Disposable | undefined; readonly started: Promise<void> }> {
    let opened: Session | undefined;
    const engine = this.deps.engines.open({ provider: request.provider, model: request.model, device: request.device, language: request.language ?? 'en', vocabulary: request.vocabulary, translate: request.translate, phrases: () => [...(request.phrases?.() ?? []), ...(opened?.code.phrases ?? [])], live: isLive(request), owner: request.owner });
    const record = newRecord(request, engine, this.deps);
    const session = await this.admission.during(request.owner, async () => {
      try {
        await this.deps.store.createSession(record);
        return (opened = this.open(record, engine));
      } catch (error) {
        engine.dispose();
        // Where it cannot be removed either, the next start does it: it never began.
        await this.deps.store.deleteSession(record.id).catch(() => undefined);
        throw error;
      }
    });
    const attachment = sink && this.listeners.add(record.id, 0, sink, (after, hear) => session.attach(after, hear));
    const started = session.start();
    this.starting.set(record.id, started);
    // Whoever started it is told; so is who asks for the same by its key.
    started.catch(() => undefined);
    return { session, attachment, started };
  }

  private async startAgain(record: SessionRecord, sink: EventSink | undefined): ReturnType<Sessions['start']> {
    const attached = sink && (await this.attach(record.id, 0, sink));
    await this.starting.get(record.id);
    return { session: this.live.get(record.id)?.view() ?? (await this.library.viewOf(await this.library.stored(record.id))), ...(attached ? { attachment: attached.attachment } : {}) };
  }

  private async attachLive(session: Session, afterSeq: number, sink: EventSink): ReturnType<Sessions['attach']> {
    const attachment = this.listeners.add(session.id, afterSeq, sink, (after, hear) => session.attach(after, hear));
    // As it is at the attachment: what it says has happened is among the events.
    const answer = { session: session.view(), sources: session.nextSeqs(), attachment };
    await attachment.replayed;
    return answer;
  }

  /** What a session was begun with may be gone since; its words matter more than its engine. */
  private engineOf(record: SessionRecord): EngineLease {
    const { provider, model, language, vocabulary, translate, owner } = record;
    const wish = { language, vocabulary, translate, owner, phrases: () => this.live.get(record.id)?.code.phrases ?? [], live: record.live };
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

  private async openStored(record: SessionRecord): Promise<Session> {
    await this.deps.ownership?.take(record.id);
    return this.open(record, this.engineOf(record), await storedOf(this.deps.store, record.id));
  }

  /** A session that runs, or that somebody is attached to; one that another server left is taken. @throws EarmarkError rpc.timeout where that server lives, rpc.draining */
  private async here(sessionId: string): Promise<Session | undefined> {
    const live = this.live.get(sessionId);
    const { moves } = this;
    if (live || !moves || !isOpen((await this.library.stored(sessionId)).state)) return live;
    return this.turns.take(sessionId, async () => this.live.get(sessionId) ?? (await moves.take(sessionId)));
  }

  private open(record: SessionRecord, engine: EngineLease, stored?: Stored): Session {
    // Where they cannot be read nobody is recognised by them; the meeting matters more.
    this.voices.refresh().catch((error: unknown) => this.deps.logger.warn('session.voicesUnread', { session: record.id, error: placeOf(error) }));
    const session = new Session({
      deps: this.deps,
      engine,
      options: this.options,
      record,
      stored,
      keptVoices: () => this.voices.of(record.owner),
      windowsGoneMs: () => this.windowsGoneMs,
      onAck: (source, ackSeq) => this.acks.fire({ sessionId: record.id, source, ackSeq }),
      onEnded: (ended) => this.leaving.onEnded(ended),
      onDetached: (left) => this.leaving.onDetached(left),
    });
    this.live.set(record.id, session);
    return session;
  }

  private async finishLeft(record: SessionRecord): Promise<SessionState> {
    return (await this.goOn(record)).whenEnded;
  }

  /** A session that is over, or that nobody works on, goes on; where somebody works on it meanwhile, that is it. */
  private async goOn(record: SessionRecord): Promise<Session> {
    // Before the engine is there nothing is gained by opening it.
    await this.engineReady(record);
    return this.turns.take(record.id, async () => {
      const live = this.live.get(record.id);
      return live && !live.ended ? live : this.reopen(await this.library.stored(record.id));
    });
  }

  /** Who listens to it goes along. */
  private async reopen(record: SessionRecord): Promise<Session> {
    const moved = this.listeners.move(record.id);
    this.leaving.letGo(record.id);
    this.archive.drop(record.id);
    const session = await this.openStored(record);
    moved((after, hear) => session.attach(after, hear));
    session.recover();
    return session;
  }

  private async tryAgain(record: SessionRecord): Promise<Session | undefined> {
    try {
      return await this.reopen(record);
    } catch (error) {
      this.leaving.letGo(record.id);
      this.deps.logger.error('session.recoverFailed', { session: record.id, error: placeOf(error) });
      return undefined;
    }
  }

  private active(): readonly Session[] {
    return [...this.live.values()].filter((session) => !session.ended);
  }

  /** @throws EarmarkError session.notFound, session.wrongState */
  private async runningOne(sessionId: string): Promise<Session> {
    const session = await this.here(sessionId);
    if (session) return session;
    const { state } = await this.library.stored(sessionId);
    throw new EarmarkError('session.wrongState', `The session is ${state}; start a new one.`, { details: { state } });
  }
}
