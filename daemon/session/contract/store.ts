/** Contract of the store of sessions and their events. */
import type { Insight } from '../../insights/types';
import type { DurableEvent, SessionRecord } from './events';
import type { SearchHit, SearchQuery } from './search';
import type { Progress } from '../../speech/contract';
import type { Segment, Speaker } from '../../transcript/types';

export interface SessionCounts {
  /** Last durable event, 0 when none. */
  readonly lastSeq: number;
  /** Time of that event, milliseconds since session start. */
  readonly lastTime: number;
  readonly segments: number;
}

/** Metrics of a session by name (`audioMs`, `phrases`, `inferenceMs`, …). */
export type SessionStats = Readonly<Record<string, number>>;

/**
 * Sessions and their durable events. The store executes calls about a session in their order. A
 * resolved call is on disk and visible to later reads.
 */
export interface SessionStore {
  /**
   * Creates a session. A session without events is created again from the latest record, because a
   * client repeats a call whose response it missed.
   * @throws EarmarkError store.unwritable
   */
  createSession(record: SessionRecord): Promise<void>;
  updateSession(
    id: string,
    change: Partial<Pick<SessionRecord, 'title' | 'durationMs' | 'model' | 'provider'>> & {
      stats?: SessionStats;
    },
  ): Promise<void>;
  /**
   * Appends all events or none, and updates the session's state, segments, speakers and insights
   * with them. `progress` is stored in the same transaction, so that a power failure cannot make a
   * phrase final twice. Identical stored events are accepted again, because a client repeats a call
   * whose response it missed.
   * @throws EarmarkError store.unwritable; `internal` if an event has an unexpected seq
   */
  append(
    sessionId: string,
    events: readonly DurableEvent[],
    progress?: readonly Progress[],
  ): Promise<void>;
  /** Last progress that `append` stored, by source. */
  progress(sessionId: string): Promise<readonly Progress[]>;
  readEvents(sessionId: string, afterSeq: number, limit: number): Promise<readonly DurableEvent[]>;
  getSession(id: string): Promise<SessionRecord | undefined>;
  findByKey(key: string): Promise<SessionRecord | undefined>;
  counts(id: string): Promise<SessionCounts>;
  stats(id: string): Promise<SessionStats>;
  /**
   * Lists sessions, newest first. `active: true` selects sessions that are neither DONE nor FAILED;
   * `active: false` selects the others. `owner` selects the sessions of that user.
   */
  listSessions(filter: {
    limit: number;
    offset: number;
    active?: boolean;
    owner?: string;
  }): Promise<readonly SessionRecord[]>;
  segments(sessionId: string): Promise<readonly Segment[]>;
  speakers(sessionId: string): Promise<readonly Speaker[]>;
  insights(sessionId: string): Promise<readonly Insight[]>;
  /**
   * Finds visible segments, best first, or insights that are not dismissed, newest session first.
   */
  search(query: SearchQuery): Promise<readonly SearchHit[]>;
  deleteSession(id: string): Promise<void>;
  /**
   * Deletes a session and the voices stored from it. No byte of them stays in the database, its log
   * or its free pages.
   */
  purgeSession(id: string): Promise<RemovedRows>;
  /** Deletes the given kinds of data of an ended session. Its events are numbered again from 1. */
  forget(
    id: string,
    kinds: { readonly transcript: boolean; readonly insights: boolean },
  ): Promise<void>;
  /**
   * Removes the words of deleted data from the search index and the log of the database. Takes
   * about 75 ms for every hundred stored hours; does nothing if nothing was deleted.
   * @throws EarmarkError store.unwritable while another program reads the database
   */
  tidy(): Promise<void>;
  /** Reads a setting of the daemon; undefined if it was never set. */
  setting(name: string): Promise<string | undefined>;
  setSetting(name: string, value: string): Promise<void>;
  /** Finishes earlier requests first and refuses later ones. */
  close(): Promise<void>;
}

/**
 * Counts of a purge. `setAside` counts databases that were damaged earlier and may contain the
 * session. `unread` counts set-aside databases of which nothing was read; they are left.
 */
export interface RemovedRows {
  readonly events: number;
  readonly segments: number;
  readonly insights: number;
  readonly setAside: number;
  readonly unread: number;
}
