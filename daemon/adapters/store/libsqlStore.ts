/**
 * Sessions, their events and the state that results from the events, in libSQL. A write is on disk
 * when its call returns. Several writes can share one transaction and one disk sync (`together`).
 * Runs on its own thread (`storeThread.ts`).
 */
import type { Sqlite, SqliteStatement } from '../sqlite';
import { EarmarkError } from '../../../protocol/errors';
import type { Insight } from '../../insights/types';
import type { DurableEvent, SessionRecord } from '../../session/contract/events';
import type { SessionState } from '../../../protocol/vocabulary';
import type { Progress } from '../../speech/contract';
import type {
  RemovedRows,
  SessionCounts,
  SessionStats,
  SessionStore,
} from '../../session/contract/store';
import type { MeaningStore } from '../../session/contract/meanings';
import type { StoredVoice, VoiceStore } from '../../session/contract/voices';
import type { SearchHit, SearchQuery } from '../../session/contract/search';
import type { Segment, Speaker } from '../../transcript/types';
import { MeaningTable } from './tables/meaningTable';
import { progressOf, type ProgressRow, receivedText } from './spool/received';
import { type Row, rowSum, sumOf } from './tables/rowSum';
import { searchSql } from './tables/searchSql';
import { prepareSessions, type SessionStatements } from './tables/sessionSql';
import { isBusy, storeError } from './storeErrors';
import { VoiceTable } from './tables/voiceTable';

interface SessionRow {
  readonly id: string;
  readonly state: SessionState;
  readonly title: string;
  readonly provider: string;
  readonly model: string;
  readonly duration_ms: number;
  readonly last_seq: number;
  readonly last_time: number;
  readonly segments: number;
  readonly record: string;
  readonly stats: string;
}

const INSIGHT_KINDS: readonly Insight['kind'][] = [
  'action',
  'decision',
  'risk',
  'question',
  'entity',
  'summary',
];

type AllStores = SessionStore & VoiceStore & MeaningStore;

/** Synchronous interface of the store, for callers that may block. */
export type SyncStore = {
  readonly [Name in keyof AllStores]: (
    ...args: Parameters<AllStores[Name]>
  ) => Awaited<ReturnType<AllStores[Name]>>;
};

/** Databases that were set aside. */
export interface SetAside {
  /** Deletes those of which all readable data was copied. @returns their number */
  remove(): number;
  /** Number of those of which nothing was read. */
  countUnread(): number;
}

export type Outcome = { readonly value: unknown } | { readonly error: EarmarkError };

export class LibsqlStore implements SyncStore {
  private readonly sql: SessionStatements;
  private readonly voiceTable: VoiceTable;
  private readonly meaningTable: MeaningTable;
  private closed = false;
  private grouped = false;
  /** True while the search index or the log may hold words of deleted rows. */
  private untidy = true;
  /** True if this run deleted rows after the last `tidy`. */
  private deleted = false;

  constructor(
    private readonly db: Sqlite,
    private readonly setAside: SetAside = { remove: () => 0, countUnread: () => 0 },
  ) {
    this.sql = prepareSessions(db);
    this.voiceTable = new VoiceTable(db);
    this.meaningTable = new MeaningTable(db);
  }

  createSession(record: SessionRecord): void {
    const { id, key, state, title, provider, model, durationMs, createdMs } = record;
    const text = JSON.stringify(record);
    this.transaction(() => {
      const { changes } = this.sql.createSession.run(
        id,
        key ?? null,
        state,
        title,
        provider,
        model,
        createdMs ?? Date.parse(record.startedAt),
        durationMs,
        text,
      );
      if (changes === 0)
        throw new EarmarkError('internal', 'The session exists already; restart Earmark.');
      this.seal(id);
    });
  }

  updateSession(
    id: string,
    { title, durationMs, provider, model, stats }: Parameters<SessionStore['updateSession']>[1],
  ): void {
    this.transaction(() => {
      this.sql.updateSession.run(
        title ?? null,
        durationMs ?? null,
        provider ?? null,
        model ?? null,
        stats ? JSON.stringify(stats) : null,
        id,
      );
      this.seal(id);
    });
  }

  append(
    sessionId: string,
    events: readonly DurableEvent[],
    progress: readonly Progress[] = [],
  ): void {
    this.transaction(() => {
      const row = this.sql.counts.get(sessionId) as SessionCounts | undefined;
      if (!row)
        throw new EarmarkError('session.notFound', 'The session was removed; start a new one.');
      if (this.hasAll(sessionId, events, row.lastSeq)) return;
      events.forEach((event, i) => {
        if (event.seq !== row.lastSeq + 1 + i)
          throw new EarmarkError(
            'internal',
            `Event ${event.seq} does not follow ${row.lastSeq + i}; restart Earmark.`,
          );
        const { seq, time, ...body } = event;
        this.addEvent(sessionId, seq, time, JSON.stringify(body));
        this.keep(sessionId, event);
      });
      const last = events.at(-1);
      if (last) this.sql.advance.run(last.seq, last.time, sessionId);
      for (const entry of progress) this.setProgress(sessionId, entry);
    });
  }

  progress(sessionId: string): readonly Progress[] {
    return this.guard(() => this.sql.progress.all(sessionId) as ProgressRow[]).map(progressOf);
  }

  readEvents(sessionId: string, afterSeq: number, limit: number): readonly DurableEvent[] {
    const rows = this.guard(() => this.sql.readEvents.all(sessionId, afterSeq, limit)) as {
      seq: number;
      time: number;
      body: string;
    }[];
    return rows.map(({ seq, time, body }) => ({
      ...(JSON.parse(body) as DurableEvent),
      seq,
      time,
    }));
  }

  getSession(id: string): SessionRecord | undefined {
    return recordOf(this.guard(() => this.sql.getSession.get(id)));
  }

  findByKey(key: string): SessionRecord | undefined {
    return recordOf(this.guard(() => this.sql.findByKey.get(key)));
  }

  counts(id: string): SessionCounts {
    const row = this.guard(() => this.sql.counts.get(id)) as SessionCounts | undefined;
    return {
      lastSeq: row?.lastSeq ?? 0,
      lastTime: row?.lastTime ?? 0,
      segments: row?.segments ?? 0,
    };
  }

  stats(id: string): SessionStats {
    const row = this.guard(() => this.sql.getSession.get(id)) as SessionRow | undefined;
    return row ? (JSON.parse(row.stats) as SessionStats) : {};
  }

  listSessions({
    limit,
    offset,
    active,
    owner,
  }: {
    limit: number;
    offset: number;
    active?: boolean;
    owner?: string;
  }): readonly SessionRecord[] {
    const which =
      active === undefined ? this.sql.list : active ? this.sql.listActive : this.sql.listOver;
    return this.guard(
      () => which.all(owner ?? null, owner ?? null, limit, offset) as SessionRow[],
    ).flatMap((row) => recordOf(row) ?? []);
  }

  segments(sessionId: string): readonly Segment[] {
    return this.bodies<Segment>(this.sql.segments, sessionId);
  }

  speakers(sessionId: string): readonly Speaker[] {
    return this.bodies<Speaker>(this.sql.speakers, sessionId);
  }

  insights(sessionId: string): readonly Insight[] {
    return this.bodies<Insight>(this.sql.insights, sessionId);
  }

  search(query: SearchQuery): readonly SearchHit[] {
    const { text, values } = searchSql(query);
    const rows = this.guard(() => this.db.prepare(text).all(...values)) as {
      session: string;
      body: string;
    }[];
    return rows.map(({ session, body }) =>
      query.kind === 'transcript'
        ? { sessionId: session, segment: JSON.parse(body) as Segment }
        : { sessionId: session, insight: JSON.parse(body) as Insight },
    );
  }

  deleteSession(id: string): void {
    this.transaction(() => {
      // Triggers update the search index promptly only for rows deleted by name; a cascade fires
      // them late.
      this.sql.deleteSegments.run(id);
      this.sql.deleteSession.run(id);
    });
    this.untidy = this.deleted = true;
  }

  purgeSession(id: string): RemovedRows {
    const { events, segments, insights } = this.guard(() => this.sql.holds.get(id, id, id)) as {
      events: number;
      segments: number;
      insights: number;
    };
    this.deleteSession(id);
    this.guard(() => this.voiceTable.forgetSession(id));
    this.scrub();
    return {
      events,
      segments,
      insights,
      setAside: this.setAside.remove(),
      unread: this.setAside.countUnread(),
    };
  }

  forget(id: string, { transcript, insights }: Parameters<SessionStore['forget']>[1]): void {
    const gone = [
      ...(transcript ? ['final', 'revision', 'speaker'] : []),
      ...(insights ? INSIGHT_KINDS : []),
    ];
    this.transaction(() => {
      const kept = (this.sql.readEvents.all(id, 0, -1) as { time: number; body: string }[]).filter(
        ({ body }) => !gone.includes((JSON.parse(body) as { kind: string }).kind),
      );
      this.sql.deleteEvents.run(id);
      kept.forEach(({ time, body }, i) => this.addEvent(id, i + 1, time, body));
      this.sql.advance.run(kept.length, kept.at(-1)?.time ?? 0, id);
      if (transcript) {
        this.sql.deleteSegments.run(id);
        this.sql.deleteSpeakers.run(id);
        this.sql.noSegments.run(id);
      }
      if (insights) this.sql.deleteInsights.run(id);
    });
    this.scrub();
  }

  setting(name: string): string | undefined {
    return (this.guard(() => this.sql.setting.get(name)) as { value: string } | undefined)?.value;
  }

  setSetting(name: string, value: string): void {
    this.guard(() => this.sql.setSetting.run(name, value));
  }

  unread(limit: number): ReturnType<MeaningTable['unread']> {
    return this.guard(() => this.meaningTable.unread(limit));
  }

  keepMeanings(meanings: Parameters<MeaningStore['keepMeanings']>[0]): void {
    this.transaction(() => {
      for (const { n, text, vector } of meanings) this.meaningTable.keep(n, text, vector);
    });
  }

  nearest(query: SearchQuery, vector: Float32Array, mostDistance: number): readonly SearchHit[] {
    return this.guard(() => this.meaningTable.nearest(query, vector, mostDistance)).map(
      ({ session, body }) => ({ sessionId: session, segment: JSON.parse(body) as Segment }),
    );
  }

  voices(): readonly StoredVoice[] {
    return this.guard(() => this.voiceTable.all());
  }

  keepVoice(voice: StoredVoice): void {
    this.transaction(() => this.voiceTable.keep(voice));
  }

  forgetVoices(owner: string | undefined, name?: string): void {
    this.guard(() => this.voiceTable.forget(owner, name));
    this.scrub();
    this.setAside.remove();
  }

  /**
   * Runs writes in one transaction. If one fails, each gets its own transaction, so that it fails
   * alone. If no transaction can begin or end, all fail with that error.
   */
  together(writes: readonly (() => unknown)[]): readonly Outcome[] {
    try {
      const values: unknown[] = [];
      this.transaction(() => {
        this.grouped = true;
        try {
          for (const write of writes) values.push(write());
        } finally {
          this.grouped = false;
        }
      });
      return values.map((value) => ({ value }));
    } catch (cause) {
      const error = storeError(cause);
      // A busy database would make each single write wait just as long.
      if (writes.length === 1 || isBusy(error)) return writes.map(() => ({ error }));
      return writes.flatMap((write) => this.together([write]));
    }
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    try {
      if (this.deleted) this.db.exec("INSERT INTO segment_text (segment_text) VALUES ('optimize')");
      this.db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // A reader is still active; the log stays until the next start.
    }
    this.db.close();
  }

  /** Copies all rows into a new, empty database with the same key. */
  copyInto(file: string): void {
    this.guard(() => {
      const tables = this.db
        .prepare(
          `SELECT name FROM main.sqlite_master WHERE type = 'table'
            AND name NOT LIKE 'segment_text%' AND name NOT LIKE 'sqlite_%'`,
        )
        .all() as { name: string }[];
      this.db.prepare('ATTACH DATABASE ? AS fresh').run(file);
      try {
        this.db.exec('PRAGMA foreign_keys = OFF');
        this.db.transaction(() => {
          for (const { name } of tables)
            this.db.exec(`INSERT INTO fresh."${name}" SELECT * FROM main."${name}"`);
        })();
      } finally {
        this.db.exec('PRAGMA foreign_keys = ON');
        this.db.exec('DETACH DATABASE fresh');
      }
    });
  }

  tidy(): void {
    if (!this.untidy) return;
    this.guard(() => this.db.exec("INSERT INTO segment_text (segment_text) VALUES ('optimize')"));
    this.emptyLog();
    this.untidy = this.deleted = false;
  }

  /**
   * Moves the write-ahead log into the database and truncates it.
   * @throws EarmarkError store.unwritable while another program reads the database
   */
  private emptyLog(): void {
    const [row] = this.guard(() =>
      this.db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all(),
    ) as readonly { readonly busy: number }[];
    if (row?.busy === 1)
      throw new EarmarkError(
        'store.unwritable',
        'Another program reads the database of sessions, so deleted text is still in its log.',
        { retryAfterMs: 1000 },
      );
  }

  /** Removes deleted data from the search index, the free pages and the write-ahead log. */
  private scrub(): void {
    this.untidy = true;
    this.tidy();
    this.guard(() => this.db.exec('VACUUM'));
    this.emptyLog();
  }

  /** True if the events are already stored, after a repeated call. */
  private hasAll(sessionId: string, events: readonly DurableEvent[], lastSeq: number): boolean {
    const [first, last] = [events[0], events.at(-1)];
    if (!first || !last || last.seq > lastSeq) return false;
    const kept = this.sql.readEvents.all(sessionId, first.seq - 1, events.length) as {
      seq: number;
      time: number;
      body: string;
    }[];
    return events.every(
      ({ seq, time, ...body }, i) =>
        kept[i]?.seq === seq && kept[i].time === time && kept[i].body === JSON.stringify(body),
    );
  }

  /** Updates the state tables with one event. */
  private keep(sessionId: string, event: DurableEvent): void {
    switch (event.kind) {
      case 'state':
        this.sql.setState.run(event.to, sessionId);
        return this.seal(sessionId);
      case 'final':
        this.addSegment(sessionId, event.segment);
        return;
      case 'revision':
        this.changeSegment(sessionId, event.revision.segmentId, event.revision.segment);
        for (const segment of event.revision.added ?? []) this.addSegment(sessionId, segment);
        return;
      case 'speaker':
        return void this.sql.setSpeaker.run(
          ...summed(sessionId, event.speaker.id, JSON.stringify(event.speaker)),
        );
      case 'warning':
      case 'error':
        return;
      default:
        if (event.op === 'remove') this.sql.deleteInsight.run(sessionId, event.insight.id);
        else
          this.sql.setInsight.run(
            ...summed(sessionId, event.insight.id, JSON.stringify(event.insight)),
          );
    }
  }

  /** Recomputes the checksum of a session's row after single columns changed. */
  private seal(id: string): void {
    const row = this.sql.getSession.get(id) as Row | undefined;
    if (row) this.sql.seal.run(sumOf('sessions', row), id);
  }

  private addSegment(sessionId: string, segment: Segment): void {
    const body = JSON.stringify(segment);
    this.sql.addSegment.run(
      sessionId,
      segment.id,
      segment.startMs,
      segment.text,
      body,
      rowSum(sessionId, segment.id, segment.text, body),
    );
    this.sql.countSegment.run(sessionId);
  }

  private changeSegment(sessionId: string, id: string, segment: Segment): void {
    const body = JSON.stringify(segment);
    this.sql.changeSegment.run(
      segment.startMs,
      segment.text,
      body,
      rowSum(sessionId, id, segment.text, body),
      sessionId,
      id,
    );
  }

  private addEvent(sessionId: string, seq: number, time: number, body: string): void {
    this.sql.addEvent.run(sessionId, seq, time, body, rowSum(sessionId, seq, time, body));
  }

  private setProgress(sessionId: string, { source, finalThrough, received }: Progress): void {
    const proof = receivedText(received);
    this.sql.setProgress.run(
      sessionId,
      source,
      finalThrough,
      proof,
      rowSum(sessionId, source, finalThrough, proof ?? ''),
    );
  }

  private bodies<T>(statement: SqliteStatement, sessionId: string): readonly T[] {
    return (this.guard(() => statement.all(sessionId)) as { body: string }[]).map(
      ({ body }) => JSON.parse(body) as T,
    );
  }

  private transaction(work: () => void): void {
    if (this.grouped) return work();
    this.guard(() => {
      this.db.exec('BEGIN IMMEDIATE');
      try {
        work();
        this.db.exec('COMMIT');
      } catch (error) {
        try {
          this.db.exec('ROLLBACK');
        } catch {
          // SQLite rolls back by itself on a full disk.
        }
        throw error;
      }
    });
  }

  private guard<T>(work: () => T): T {
    if (this.closed)
      throw new EarmarkError(
        'store.unwritable',
        'The database of sessions is closed; restart Earmark.',
      );
    try {
      return work();
    } catch (error) {
      throw storeError(error);
    }
  }
}

function summed(sessionId: string, id: string, body: string): [string, string, string, number] {
  return [sessionId, id, body, rowSum(sessionId, id, body)];
}

function recordOf(row: unknown): SessionRecord | undefined {
  if (!row) return undefined;
  const { state, title, provider, model, duration_ms, record } = row as SessionRow;
  return {
    ...(JSON.parse(record) as SessionRecord),
    state,
    title,
    provider,
    model,
    durationMs: duration_ms,
  };
}
