/**
 * Starts sessions: once for each key, within the limits. A session that fails to start leaves no
 * data.
 */
import type { Disposable } from '../../base/disposable';
import type { KeyedMutex } from '../../base/keyedMutex';
import type { Admission } from './admission';
import type { EventSink, Sessions, StartRequest } from '../contract/api';
import type { SessionManagerDeps } from '../contract/deps';
import type { SessionRecord } from '../contract/events';
import type { SessionEviction } from './sessionEviction';
import type { SessionQueries } from '../history/sessionQueries';
import type { Subscribers } from '../events/subscribers';
import type { SessionHandover } from './sessionHandover';
import type { SessionLoader } from './sessionLoader';
import { isLive, newRecord } from '../contract/record';
import type { Session } from '../session';

export interface SessionStarterSetup {
  readonly deps: SessionManagerDeps;
  readonly admission: Admission;
  readonly queries: SessionQueries;
  readonly eviction: SessionEviction;
  readonly subscribers: Subscribers;
  readonly loader: SessionLoader;
  readonly handover: SessionHandover | undefined;
  readonly turns: KeyedMutex;
  readonly live: ReadonlyMap<string, Session>;
  readonly attach: Sessions['attach'];
}

interface Begun {
  readonly session: Session;
  readonly attachment: Disposable | undefined;
  readonly started: Promise<void>;
}

export class SessionStarter {
  private readonly starting = new Map<string, Promise<void>>();

  constructor(private readonly setup: SessionStarterSetup) {}

  start(request: StartRequest, sink: EventSink | undefined): ReturnType<Sessions['start']> {
    const started = this.startOne(request, sink);
    return this.setup.handover?.whileComing(started) ?? started;
  }

  private async startOne(
    request: StartRequest,
    sink: EventSink | undefined,
  ): ReturnType<Sessions['start']> {
    const { key } = request;
    const begun =
      key === undefined
        ? await this.begin(request, sink)
        : await this.setup.turns.take(
            `key ${key}`,
            async () => (await this.begunBy(key)) ?? (await this.begin(request, sink)),
          );
    if (!('session' in begun)) return this.startAgain(begun, sink);
    const { session, attachment, started } = begun;
    try {
      await started;
    } catch (error) {
      attachment?.dispose();
      // A session that never started is deleted; the caller receives the reason.
      if (session.state === 'FAILED') await this.setup.eviction.remove(session.id);
      throw error;
    } finally {
      this.starting.delete(session.id);
    }
    await session.log.settled();
    return { session: session.view(), ...(attachment ? { attachment } : {}) };
  }

  /**
   * Returns the session of a key. A session that never began does not count and frees the key. Its
   * server may have lost the database or died.
   */
  private async begunBy(key: string): Promise<SessionRecord | undefined> {
    const { deps, live, handover, turns, eviction } = this.setup;
    const record = await deps.store.findByKey(key);
    if (record?.state !== 'IDLE' || live.has(record.id)) return record;
    if (handover) await handover.finish(record.id);
    else await turns.take(record.id, () => eviction.remove(record.id));
    return deps.store.findByKey(key);
  }

  private async startAgain(
    record: SessionRecord,
    sink: EventSink | undefined,
  ): ReturnType<Sessions['start']> {
    const { attach, live, queries } = this.setup;
    const attached = sink && (await attach(record.id, 0, sink));
    await this.starting.get(record.id);
    return {
      session:
        live.get(record.id)?.view() ?? (await queries.viewOf(await queries.stored(record.id))),
      ...(attached ? { attachment: attached.attachment } : {}),
    };
  }

  /** Creates and stores a new session that is about to start. */
  private async begin(request: StartRequest, sink: EventSink | undefined): Promise<Begun> {
    const { admission } = this.setup;
    admission.check(request);
    const place = await admission.place(request.owner);
    try {
      const begun = await this.beginAdmitted(request, sink);
      if (place) void begun.session.whenEnded.then(() => place.release());
      return begun;
    } catch (error) {
      void place?.release();
      throw error;
    }
  }

  private async beginAdmitted(request: StartRequest, sink: EventSink | undefined): Promise<Begun> {
    const { deps, admission, subscribers, loader } = this.setup;
    let opened: Session | undefined;
    const engine = deps.engines.open({
      provider: request.provider,
      model: request.model,
      device: request.device,
      language: request.language ?? 'en',
      dictation: request.kind === 'dictation',
      vocabulary: request.vocabulary,
      translate: request.translate,
      phrases: () => [...(request.phrases?.() ?? []), ...(opened?.code.phrases ?? [])],
      live: isLive(request),
      owner: request.owner,
    });
    const record = newRecord(request, engine, deps);
    const session = await admission.during(request.owner, async () => {
      try {
        await deps.store.createSession(record);
        return (opened = loader.open(record, engine));
      } catch (error) {
        engine.dispose();
        // If it cannot be deleted now, the next start deletes it, because it never began.
        await deps.store.deleteSession(record.id).catch(() => undefined);
        throw error;
      }
    });
    const attachment =
      sink &&
      subscribers.add(record.id, 0, sink, (after, receive) => session.attach(after, receive));
    const started = session.start();
    this.starting.set(record.id, started);
    // The error reaches the caller, and callers with the same key.
    started.catch(() => undefined);
    return { session, attachment, started };
  }
}
