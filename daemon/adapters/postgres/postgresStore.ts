/**
 * The sessions of one organisation in PostgreSQL. Every call is one transaction that sees that
 * organisation alone.
 */
import { isDeepStrictEqual } from 'node:util';
import { EarmarkError } from '../../../protocol/errors';
import type { Insight } from '../../insights/types';
import { KeyedMutex } from '../../base/keyedMutex';
import type { DurableEvent, SessionRecord } from '../../session/contract/events';
import type { SessionState } from '../../../protocol/vocabulary';
import { progressOf, type ProgressRow, receivedText } from '../store/spool/received';
import type { Progress } from '../../speech/contract';
import type {
  RemovedRows,
  SessionCounts,
  SessionStats,
  SessionStore,
} from '../../session/contract/store';
import type { Source } from '../../audio/frame';
import type { FencedStore } from '../../team/ownership';
import type { SearchHit, SearchQuery } from '../../session/contract/search';
import type { Segment, Speaker } from '../../transcript/types';
import type { Database, Query } from './database';
import { indexed, searchSql } from './searchSql';

interface SessionRow {
  readonly state: SessionState;
  readonly title: string;
  readonly provider: string;
  readonly model: string;
  readonly duration_ms: number;
  readonly record: SessionRecord;
}

interface EventRow {
  readonly seq: number;
  readonly time: number;
  readonly body: DurableEvent;
}

const SESSION = 'SELECT state, title, provider, model, duration_ms, record FROM earmark.sessions';
const OVERTAKEN = 'Another server has taken over this session.';
const INSIGHT_KINDS: readonly Insight['kind'][] = [
  'action',
  'decision',
  'risk',
  'question',
  'entity',
  'summary',
];
const TRANSCRIPT_KINDS: readonly DurableEvent['kind'][] = ['final', 'revision', 'speaker'];

export class PostgresStore implements FencedStore {
  private readonly turns = new KeyedMutex();
  /** Takeover count of each session at the time when this server took it. */
  private readonly fences = new Map<string, number>();
  private closed = false;

  /**
   * @param database shared by the stores of all organisations; its opener closes it
   * @param server name stored in the sessions of this server
   */
  constructor(
    private readonly database: Database,
    private readonly organisation: string,
    private readonly server = '',
  ) {}

  async createSession(record: SessionRecord): Promise<void> {
    const { id, key, state, title, provider, model, owner, durationMs, createdMs } = record;
    const made = await this.run(id, (query) =>
      query(
        `INSERT INTO earmark.sessions AS s (organisation, id, key, state, title, provider, model, owner,
            created_ms, duration_ms, record, server)
          VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (organisation, id)
          DO UPDATE
          SET state = excluded.state, title = excluded.title, provider = excluded.provider,
            model = excluded.model, duration_ms = excluded.duration_ms, record = excluded.record
          WHERE s.last_seq = 0 AND s.fence = 0 RETURNING id`,
        [
          this.organisation,
          id,
          key ?? null,
          state,
          storable(title),
          provider,
          model,
          owner ?? null,
          createdMs ?? Date.parse(record.startedAt),
          durationMs,
          json(record),
          this.server,
        ],
      ),
    );
    if (made.length === 0)
      throw new EarmarkError('internal', 'The session exists already; restart Earmark.');
    this.fences.set(id, 0);
  }

  async takeOver(id: string): Promise<void> {
    const [row] = await this.run(id, (query) =>
      query<{ fence: number }>(
        'UPDATE earmark.sessions SET fence = fence + 1, server = $2 WHERE id = $1 RETURNING fence',
        [id, this.server],
      ),
    );
    if (row) this.fences.set(id, row.fence);
  }

  leave(id: string): void {
    this.fences.delete(id);
  }

  /**
   * Locks the session's row, so that a server that takes over reads all earlier audio and refuses
   * all later audio.
   */
  async putAudio(id: string, source: Source, lastSeq: number, frames: Uint8Array): Promise<void> {
    const kept = await this.database.sparing(() =>
      this.run(id, (query) =>
        query(
          `INSERT INTO earmark.audio (organisation, session, source, last_seq, frames)
            SELECT organisation, id, $2, $3, $4 FROM earmark.sessions WHERE id = $1 AND fence = $5
            AND state <> 'DONE' FOR SHARE ON CONFLICT (organisation, session, source, last_seq)
            DO UPDATE SET frames = excluded.frames RETURNING last_seq`,
          [
            id,
            source,
            lastSeq,
            Buffer.from(frames.buffer, frames.byteOffset, frames.byteLength),
            this.fences.get(id) ?? null,
          ],
        ),
      ),
    );
    if (kept.length === 0)
      throw new EarmarkError('store.unwritable', OVERTAKEN, { details: { overtaken: true } });
  }

  async audio(id: string, source: Source): Promise<readonly Uint8Array[]> {
    return (
      await this.run(id, (query) =>
        query<{ frames: Uint8Array }>(
          'SELECT frames FROM earmark.audio WHERE session = $1 AND source = $2 ORDER BY last_seq',
          [id, source],
        ),
      )
    ).map(({ frames }) => frames);
  }

  async releaseAudio(id: string, source: Source, throughSeq: number): Promise<void> {
    await this.run(id, (query) =>
      query('DELETE FROM earmark.audio WHERE session = $1 AND source = $2 AND last_seq <= $3', [
        id,
        source,
        throughSeq,
      ]),
    );
  }

  async updateSession(
    id: string,
    { title, durationMs, provider, model, stats }: Parameters<SessionStore['updateSession']>[1],
  ): Promise<void> {
    await this.run(id, async (query) => {
      const [row] = await query<{ fence: number }>(
        'SELECT fence FROM earmark.sessions WHERE id = $1 FOR UPDATE',
        [id],
      );
      if (row) this.assertNotOvertaken(id, row.fence);
      await query(
        `UPDATE earmark.sessions
          SET title = coalesce($2, title), duration_ms = coalesce($3, duration_ms),
            provider = coalesce($4, provider), model = coalesce($5, model), stats = coalesce($6, stats)
          WHERE id = $1`,
        [
          id,
          title === undefined ? null : storable(title),
          durationMs ?? null,
          provider ?? null,
          model ?? null,
          stats ? json(stats) : null,
        ],
      );
    });
  }

  /**
   * Appends each event once by session and number. An identical batch, repeated after a lost
   * answer, counts as written.
   */
  async append(
    sessionId: string,
    events: readonly DurableEvent[],
    progress: readonly Progress[] = [],
  ): Promise<void> {
    await this.run(sessionId, async (query) => {
      const [row] = await query<{ last_seq: number; fence: number }>(
        'SELECT last_seq, fence FROM earmark.sessions WHERE id = $1 FOR UPDATE',
        [sessionId],
      );
      if (!row)
        throw new EarmarkError('session.notFound', 'The session was removed; start a new one.');
      this.assertNotOvertaken(sessionId, row.fence);
      const first = events[0]?.seq ?? row.last_seq + 1;
      if (first !== row.last_seq + 1 && (await this.holds(query, sessionId, events))) return;
      events.forEach((event, i) => {
        if (event.seq !== row.last_seq + 1 + i)
          throw new EarmarkError(
            'internal',
            `Event ${event.seq} does not follow ${row.last_seq + i}; restart Earmark.`,
          );
      });
      await this.addEvents(query, sessionId, events);
      for (const event of events) await this.keep(query, sessionId, event);
      const last = events.at(-1);
      if (last)
        await query('UPDATE earmark.sessions SET last_seq = $2, last_time = $3 WHERE id = $1', [
          sessionId,
          last.seq,
          last.time,
        ]);
      for (const { source, finalThrough, received } of progress) {
        await query(
          `INSERT INTO earmark.progress AS p (organisation, session, source, final_through, received)
            VALUES ($1, $2, $3, $4, $5) ON CONFLICT (organisation, session, source) DO UPDATE
            SET final_through = excluded.final_through, received = excluded.received
            WHERE excluded.final_through > p.final_through OR (excluded.final_through = p.final_through
            AND excluded.received IS NOT NULL)`,
          [this.organisation, sessionId, source, finalThrough, receivedText(received)],
        );
      }
    });
  }

  async progress(sessionId: string): Promise<readonly Progress[]> {
    return this.run(sessionId, async (query) =>
      (
        await query<ProgressRow>(
          'SELECT source, final_through, received FROM earmark.progress WHERE session = $1 ORDER BY source',
          [sessionId],
        )
      ).map(progressOf),
    );
  }

  async readEvents(
    sessionId: string,
    afterSeq: number,
    limit: number,
  ): Promise<readonly DurableEvent[]> {
    return this.run(sessionId, async (query) =>
      (
        await query<EventRow>(
          'SELECT seq, time, body FROM earmark.events WHERE session = $1 AND seq > $2 ORDER BY seq LIMIT $3',
          [sessionId, afterSeq, limit],
        )
      ).map(eventOf),
    );
  }

  async getSession(id: string): Promise<SessionRecord | undefined> {
    return this.run(
      id,
      async (query) => (await query<SessionRow>(`${SESSION} WHERE id = $1`, [id])).map(recordOf)[0],
    );
  }

  async findByKey(key: string): Promise<SessionRecord | undefined> {
    return this.run(
      undefined,
      async (query) =>
        (await query<SessionRow>(`${SESSION} WHERE key = $1`, [key])).map(recordOf)[0],
    );
  }

  async counts(id: string): Promise<SessionCounts> {
    const [row] = await this.run(id, (query) =>
      query<SessionCounts>(
        'SELECT last_seq AS "lastSeq", last_time AS "lastTime", segments FROM earmark.sessions WHERE id = $1',
        [id],
      ),
    );
    return row ?? { lastSeq: 0, lastTime: 0, segments: 0 };
  }

  async stats(id: string): Promise<SessionStats> {
    const [row] = await this.run(id, (query) =>
      query<{ stats: SessionStats }>('SELECT stats FROM earmark.sessions WHERE id = $1', [id]),
    );
    return row?.stats ?? {};
  }

  async listSessions({
    limit,
    offset,
    active,
    owner,
  }: Parameters<SessionStore['listSessions']>[0]): Promise<readonly SessionRecord[]> {
    const states =
      active === undefined
        ? ''
        : active
          ? "state NOT IN ('DONE', 'FAILED') AND "
          : "state IN ('DONE', 'FAILED') AND ";
    return this.run(undefined, async (query) =>
      (
        await query<SessionRow>(
          `${SESSION} WHERE ${states}($1::text IS NULL OR owner = $1) ORDER BY created_ms ` +
            'DESC, inserted DESC LIMIT $2 OFFSET $3',
          [owner ?? null, limit, offset],
        )
      ).map(recordOf),
    );
  }

  async segments(sessionId: string): Promise<readonly Segment[]> {
    return this.bodies('segments', sessionId, 'start_ms, n');
  }

  async speakers(sessionId: string): Promise<readonly Speaker[]> {
    return this.bodies('speakers', sessionId, 'n');
  }

  async insights(sessionId: string): Promise<readonly Insight[]> {
    return this.bodies('insights', sessionId, 'n');
  }

  async search(query: SearchQuery): Promise<readonly SearchHit[]> {
    const { text, values } = searchSql(query);
    const rows = await this.run(undefined, (run) =>
      run<{ session: string; body: unknown }>(text, values),
    );
    return rows.map(({ session, body }) =>
      query.kind === 'transcript'
        ? { sessionId: session, segment: body as Segment }
        : { sessionId: session, insight: body as Insight },
    );
  }

  async deleteSession(id: string): Promise<void> {
    await this.run(id, (query) => query('DELETE FROM earmark.sessions WHERE id = $1', [id]));
  }

  /** Deleted rows leave the server's files at the next vacuum; see OPERATIONS.md. */
  async purgeSession(id: string): Promise<RemovedRows> {
    const [held] = await this.run(id, async (query) => {
      const counted = await query<{ events: number; segments: number; insights: number }>(
        `SELECT (SELECT count(*) FROM earmark.events WHERE session = $1) AS events, (SELECT count(*)
          FROM earmark.segments WHERE session = $1) AS segments, (SELECT count(*)
          FROM earmark.insights WHERE session = $1) AS insights`,
        [id],
      );
      await query('DELETE FROM earmark.sessions WHERE id = $1', [id]);
      return counted;
    });
    return {
      events: held?.events ?? 0,
      segments: held?.segments ?? 0,
      insights: held?.insights ?? 0,
      setAside: 0,
      unread: 0,
    };
  }

  async forget(
    id: string,
    { transcript, insights }: Parameters<SessionStore['forget']>[1],
  ): Promise<void> {
    const gone = [...(transcript ? TRANSCRIPT_KINDS : []), ...(insights ? INSIGHT_KINDS : [])];
    await this.run(id, async (query) => {
      await query('SELECT FROM earmark.sessions WHERE id = $1 FOR UPDATE', [id]);
      const kept = await query<EventRow>(
        "SELECT seq, time, body FROM earmark.events WHERE session = $1 AND NOT body->>'kind' = ANY ($2) ORDER BY seq",
        [id, gone],
      );
      await query('DELETE FROM earmark.events WHERE session = $1', [id]);
      await this.addEvents(
        query,
        id,
        kept.map((row, i) => eventOf({ ...row, seq: i + 1 })),
      );
      await query('UPDATE earmark.sessions SET last_seq = $2, last_time = $3 WHERE id = $1', [
        id,
        kept.length,
        kept.at(-1)?.time ?? 0,
      ]);
      if (transcript) {
        await query('DELETE FROM earmark.segments WHERE session = $1', [id]);
        await query('DELETE FROM earmark.speakers WHERE session = $1', [id]);
        await query('UPDATE earmark.sessions SET segments = 0 WHERE id = $1', [id]);
      }
      if (insights) await query('DELETE FROM earmark.insights WHERE session = $1', [id]);
    });
  }

  /** The server's autovacuum does this; a server's role may not. */
  async tidy(): Promise<void> {
    return Promise.resolve();
  }

  async setting(name: string): Promise<string | undefined> {
    const [row] = await this.run(undefined, (query) =>
      query<{ value: string }>('SELECT value FROM earmark.settings WHERE name = $1', [name]),
    );
    return row?.value;
  }

  async setSetting(name: string, value: string): Promise<void> {
    await this.run(undefined, (query) =>
      query(
        `INSERT INTO earmark.settings (organisation, name, value) VALUES ($1, $2, $3)
          ON CONFLICT (organisation, name) DO UPDATE SET value = excluded.value`,
        [this.organisation, name, value],
      ),
    );
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.turns.afterAll(() => Promise.resolve());
  }

  /** @throws EarmarkError store.unwritable */
  private assertNotOvertaken(id: string, fence: number): void {
    if ((this.fences.get(id) ?? fence) !== fence)
      throw new EarmarkError('store.unwritable', OVERTAKEN, { details: { overtaken: true } });
  }

  private async holds(
    query: Query,
    sessionId: string,
    events: readonly DurableEvent[],
  ): Promise<boolean> {
    const there = await query<EventRow>(
      'SELECT seq, time, body FROM earmark.events WHERE session = $1 AND seq >= $2 ORDER BY seq LIMIT $3',
      [sessionId, events[0]?.seq ?? 0, events.length],
    );
    return isDeepStrictEqual(there.map(eventOf), JSON.parse(json(events)));
  }

  private async addEvents(
    query: Query,
    sessionId: string,
    events: readonly DurableEvent[],
  ): Promise<void> {
    if (events.length === 0) return;
    const bodies = events.map(({ seq: _seq, time: _time, ...body }) => json(body));
    await query(
      `INSERT INTO earmark.events (organisation, session, seq, time, body)
        SELECT $1, $2, seq, time, body::jsonb
        FROM unnest($3::int[], $4::bigint[], $5::text[]) AS e (seq, time, body)`,
      [
        this.organisation,
        sessionId,
        events.map(({ seq }) => seq),
        events.map(({ time }) => time),
        bodies,
      ],
    );
  }

  /** Updates the state tables with one event. */
  private async keep(query: Query, sessionId: string, event: DurableEvent): Promise<void> {
    switch (event.kind) {
      case 'state':
        await query('UPDATE earmark.sessions SET state = $2 WHERE id = $1', [sessionId, event.to]);
        // The session needs no further end.
        if (event.to === 'DONE')
          await query('DELETE FROM earmark.audio WHERE session = $1', [sessionId]);
        return;
      case 'final':
        return this.addSegment(query, sessionId, event.segment);
      case 'revision': {
        const { segmentId, segment, added } = event.revision;
        await query(
          `UPDATE earmark.segments SET start_ms = $3, body = $4, words = to_tsvector('simple', $5)
            WHERE session = $1 AND id = $2`,
          [sessionId, segmentId, segment.startMs, json(segment), indexed(segment.text)],
        );
        for (const one of added ?? []) await this.addSegment(query, sessionId, one);
        return;
      }
      case 'speaker':
        return this.put(query, 'speakers', sessionId, event.speaker);
      case 'warning':
      case 'error':
        return;
      default:
        if (event.op === 'remove')
          await query('DELETE FROM earmark.insights WHERE session = $1 AND id = $2', [
            sessionId,
            event.insight.id,
          ]);
        else await this.put(query, 'insights', sessionId, event.insight);
    }
  }

  private async addSegment(query: Query, sessionId: string, segment: Segment): Promise<void> {
    const [counted] = await query<{ n: number }>(
      'UPDATE earmark.sessions SET segments = segments + 1 WHERE id = $1 RETURNING segments AS n',
      [sessionId],
    );
    await query(
      `INSERT INTO earmark.segments (organisation, session, id, n, start_ms, body, words)
        VALUES ($1, $2, $3, $4, $5, $6, to_tsvector('simple', $7))`,
      [
        this.organisation,
        sessionId,
        segment.id,
        counted?.n,
        segment.startMs,
        json(segment),
        indexed(segment.text),
      ],
    );
  }

  private async put(
    query: Query,
    table: 'speakers' | 'insights',
    sessionId: string,
    body: Speaker | Insight,
  ): Promise<void> {
    await query(
      `INSERT INTO earmark.${table} (organisation, session, id, n, body)
        VALUES ($1, $2, $3, (SELECT coalesce(max(n), 0) + 1 FROM earmark.${table}
        WHERE session = $2), $4) ON CONFLICT (organisation, session, id) DO UPDATE
        SET body = excluded.body`,
      [this.organisation, sessionId, body.id, json(body)],
    );
  }

  private async bodies<T>(
    table: 'segments' | 'speakers' | 'insights',
    sessionId: string,
    order: string,
  ): Promise<readonly T[]> {
    return (
      await this.run(sessionId, (query) =>
        query<{ body: T }>(
          `SELECT body FROM earmark.${table} WHERE session = $1 ORDER BY ${order}`,
          [sessionId],
        ),
      )
    ).map(({ body }) => body);
  }

  /** @param session serialises calls about this session; undefined for requests about several */
  private async run<T>(
    session: string | undefined,
    work: (query: Query) => Promise<T>,
  ): Promise<T> {
    if (this.closed)
      throw new EarmarkError(
        'store.unwritable',
        'The database of sessions is closed; restart Earmark.',
      );
    const transaction = (): Promise<T> =>
      this.database.transaction({ organisation: this.organisation }, work);
    return session === undefined
      ? this.turns.afterAll(transaction)
      : this.turns.take(session, transaction);
  }
}

function recordOf({
  state,
  title,
  provider,
  model,
  duration_ms,
  record,
}: SessionRow): SessionRecord {
  return { ...record, state, title, provider, model, durationMs: duration_ms };
}

function eventOf({ seq, time, body }: EventRow): DurableEvent {
  return { ...body, seq, time };
}

/** Replaces NUL and lone surrogates, which PostgreSQL cannot store; only broken input has them. */
function storable(text: string): string {
  return Buffer.from(text).toString().replaceAll('\0', '\ufffd');
}

function json(value: unknown): string {
  const text = JSON.stringify(value);
  return /\\u(0000|d[89a-f])/.test(text)
    ? JSON.stringify(value, (_, part: unknown) =>
        typeof part === 'string' ? storable(part) : part,
      )
    : text;
}
