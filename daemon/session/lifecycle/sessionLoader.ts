/**
 * Loads sessions into memory: new sessions, and sessions left by a crash, another server or an
 * unavailable engine.
 */
import { EarmarkError } from '../../../protocol/errors';
import type { Source } from '../../audio/frame';
import { placeOf } from '../../base/placeOf';
import type { KeyedMutex } from '../../base/keyedMutex';
import type { EndedSessions } from '../history/endedSessions';
import type { SessionManagerDeps } from '../contract/deps';
import type { SessionRecord } from '../contract/events';
import type { Voiceprints } from '../speakers/voiceprints';
import type { SessionEviction } from './sessionEviction';
import type { SessionQueries } from '../history/sessionQueries';
import type { Subscribers } from '../events/subscribers';
import type { SessionOptions } from '../contract/options';
import type { EngineLease } from '../../asr/contract/engine';
import { type Stored, storedOf } from './recovery';
import { Session } from '../session';

export interface SessionLoaderSetup {
  readonly deps: SessionManagerDeps;
  readonly options: SessionOptions;
  readonly endedSessions: EndedSessions;
  readonly queries: SessionQueries;
  readonly eviction: SessionEviction;
  readonly subscribers: Subscribers;
  readonly voices: Voiceprints;
  readonly turns: KeyedMutex;
  /** Sessions in memory; this class adds opened sessions. */
  readonly live: Map<string, Session>;
  /** Clock time at which the last window closed; undefined while a window is open. */
  readonly windowsGoneMs: () => number | undefined;
  readonly onAck: (sessionId: string, source: Source, ackSeq: number) => void;
}

export class SessionLoader {
  constructor(private readonly setup: SessionLoaderSetup) {}

  open(record: SessionRecord, engine: EngineLease, stored?: Stored): Session {
    const { deps, options, voices, eviction, live, windowsGoneMs, onAck } = this.setup;
    // If voiceprints are unreadable, the meeting continues without them.
    voices
      .refresh()
      .catch((error: unknown) =>
        deps.logger.warn('session.voicesUnread', { session: record.id, error: placeOf(error) }),
      );
    const session = new Session({
      deps,
      engine,
      options,
      record,
      stored,
      windowsGoneMs,
      voiceprints: () => voices.of(record.owner),
      onAck: (source, ackSeq) => onAck(record.id, source, ackSeq),
      onEnded: (ended) => eviction.onEnded(ended),
      onDetached: (left) => eviction.onDetached(left),
    });
    live.set(record.id, session);
    return session;
  }

  /** Opens a session again; its subscribers move to it. */
  async reopen(record: SessionRecord): Promise<Session> {
    const { endedSessions, eviction, subscribers } = this.setup;
    const moved = subscribers.move(record.id);
    eviction.letGo(record.id);
    endedSessions.drop(record.id);
    const session = await this.openStored(record);
    moved((after, receive) => session.attach(after, receive));
    session.recover();
    return session;
  }

  /**
   * Tries again to resume a session that failed to resume at the start.
   * @returns undefined if it fails again
   */
  async tryAgain(record: SessionRecord): Promise<Session | undefined> {
    try {
      return await this.reopen(record);
    } catch (error) {
      this.failed(record, error);
      return undefined;
    }
  }

  /** Returns the session in memory if it is active. Otherwise loads it and continues it. */
  async goOn(record: SessionRecord): Promise<Session> {
    const { turns, live, queries } = this.setup;
    // Wait for the engine first: without it, opening the session is useless.
    await this.engineReady(record);
    return turns.take(record.id, async () => {
      const session = live.get(record.id);
      return session && !session.ended ? session : this.reopen(await queries.stored(record.id));
    });
  }

  /**
   * Resumes a session that the daemon left.
   * @returns true if it is in memory now
   */
  async recover(record: SessionRecord): Promise<boolean> {
    const { deps, eviction, live } = this.setup;
    try {
      // A client opened it first.
      if (live.has(record.id)) return true;
      // A session that never started is deleted; its key can start a new session.
      if (record.state === 'IDLE') {
        await eviction.remove(record.id);
        return false;
      }
      (await this.openStored(record)).recover();
      deps.logger.info('session.recovered', { session: record.id, state: record.state });
      return true;
    } catch (error) {
      this.failed(record, error);
      return false;
    }
  }

  private failed({ id }: SessionRecord, error: unknown): void {
    this.setup.eviction.letGo(id);
    this.setup.deps.logger.error('session.recoverFailed', { session: id, error: placeOf(error) });
  }

  private async openStored(record: SessionRecord): Promise<Session> {
    const { deps } = this.setup;
    await deps.ownership?.take(record.id);
    return this.open(record, this.engineOf(record), await storedOf(deps.store, record.id));
  }

  /** The original engine may be missing; then another engine decodes the session. */
  private engineOf(record: SessionRecord): EngineLease {
    const { deps, live } = this.setup;
    const { provider, model, language, vocabulary, translate, owner } = record;
    const request = {
      language,
      vocabulary,
      translate,
      owner,
      phrases: () => live.get(record.id)?.code.phrases ?? [],
      live: record.live,
    };
    try {
      return deps.engines.open({ ...request, provider, model });
    } catch (error) {
      deps.logger.warn('session.engineGone', {
        provider,
        model,
        error: error instanceof EarmarkError ? error.code : 'unexpected',
      });
      return deps.engines.open(request);
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
}
