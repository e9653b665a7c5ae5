/**
 * Copies readable data of a damaged database into a new one. The events are the source: transcript,
 * speakers and insights are rebuilt from them. A lost event keeps its number and is replaced with a
 * warning for its time span.
 */
import type { Sqlite } from '../sqlite';
import type { DurableEvent, SessionRecord } from '../../session/contract/events';
import type { Progress } from '../../speech/contract';
import type { SyncStore } from './libsqlStore';
import { progressOf } from './spool/received';
import { voiceOf } from './tables/voiceTable';
import { isWhole, type Row, rowOf, selectBytes, type SummedTable } from './tables/rowSum';

export interface Salvaged {
  readonly sessions: number;
  readonly events: number;
  /** Number of unreadable events. */
  readonly lost: number;
  /** Sessions with only an id or only events left. */
  readonly unnamed: number;
}

/** Rows in one read without damage. */
const PAGE = 100;
/** Bounds the rows read from a table and the events of a session, against damaged numbers. */
const EVENTS_MAX = 1_000_000;

/** True if any row, page or index of the database is damaged. */
export function isDamaged(db: Sqlite): boolean {
  // The quick check is not enough: it accepts an index that leads to wrong rows, so lookups by that
  // index would fail.
  const [check] = db.prepare('PRAGMA integrity_check(1)').all() as { integrity_check?: string }[];
  if (check?.integrity_check !== 'ok') return true;
  for (const table of [
    'sessions',
    'events',
    'segments',
    'speakers',
    'insights',
    'progress',
    'voices',
  ] as const) {
    for (const bytes of db.prepare(selectBytes(table)).iterate() as IterableIterator<
      Readonly<Record<string, unknown>>
    >) {
      const row = rowOf(table, bytes);
      if (!row || !isWhole(table, row)) return true;
    }
  }
  const [uneven] = db
    .prepare(
      'SELECT count(*) AS n FROM sessions s WHERE last_seq <> (SELECT count(*) FROM events e WHERE e.session = s.id)',
    )
    .all() as { n: number }[];
  if ((uneven?.n ?? 0) > 0) return true;
  const [misplaced] = db
    .prepare("SELECT count(*) AS n FROM segments WHERE start_ms <> json_extract(body, '$.startMs')")
    .all() as { n: number }[];
  if ((misplaced?.n ?? 0) > 0) return true;
  return false;
}

export function salvage(from: Sqlite, into: SyncStore): Salvaged {
  const records = new Map<string, { record: SessionRecord; lastSeq: number; lastTime: number }>();
  for (const row of rows(from, 'sessions', 'rowid')) {
    const { id, last_seq, last_time, record } = row;
    if (typeof id !== 'string' || !isWhole('sessions', row)) continue;
    records.set(id, {
      record: {
        ...(JSON.parse(String(record)) as SessionRecord),
        title: String(row['title']),
        durationMs: Number(row['duration_ms']),
        state: 'IDLE',
      },
      lastSeq: Number(last_seq),
      lastTime: Number(last_time),
    });
  }
  const events = new Map<string, Map<number, DurableEvent>>();
  for (const row of rows(from, 'events', 'session, seq')) {
    if (!isWhole('events', row)) continue;
    const session = String(row['session']);
    const list = events.get(session) ?? new Map<number, DurableEvent>();
    events.set(
      session,
      list.set(Number(row['seq']), {
        ...(JSON.parse(String(row['body'])) as DurableEvent),
        seq: Number(row['seq']),
        time: Number(row['time']),
      }),
    );
  }
  const progress = new Map<string, Progress[]>();
  for (const row of rows(from, 'progress', 'session, source')) {
    if (!isWhole('progress', row)) continue;
    const session = String(row['session']);
    progress.set(session, [
      ...(progress.get(session) ?? []),
      progressOf({
        source: row['source'] as Progress['source'],
        final_through: Number(row['final_through']),
        received: row['received'] === null ? null : String(row['received']),
      }),
    ]);
  }
  let [read, lost, unnamed] = [0, 0, 0];
  for (const id of new Set([...records.keys(), ...events.keys()])) {
    const known = records.get(id);
    const found = events.get(id) ?? new Map<number, DurableEvent>();
    if (!known) unnamed++;
    into.createSession(known?.record ?? unknownRecord(id, found));
    const last = Math.min(EVENTS_MAX, Math.max(known?.lastSeq ?? 0, ...found.keys()));
    const all = Array.from({ length: last }, (_, i) => found.get(i + 1) ?? i + 1);
    into.append(
      id,
      all.map((event, i) =>
        typeof event === 'number'
          ? lostEvent(
              event,
              all.slice(0, i).findLast(isEvent)?.time ?? 0,
              all.slice(i).find(isEvent)?.time ?? known?.lastTime ?? 0,
            )
          : event,
      ),
      progress.get(id) ?? [],
    );
    read += found.size;
    lost += all.filter((event) => typeof event === 'number').length;
  }
  for (const row of rows(from, 'voices', 'n'))
    if (isWhole('voices', row)) void into.keepVoice(voiceOf(row));
  for (const row of rows(from, 'settings', 'name'))
    into.setSetting(String(row['name']), String(row['value']));
  return { sessions: records.size + unnamed, events: read, lost, unnamed };
}

const isEvent = (event: DurableEvent | number): event is DurableEvent => typeof event !== 'number';

function lostEvent(seq: number, fromMs: number, toMs: number): DurableEvent {
  const at = (ms: number): string => new Date(Math.max(0, ms)).toISOString().slice(11, 19);
  return {
    kind: 'warning',
    code: 'store.damaged',
    message:
      `The database was damaged. Parts of this session from ${at(fromMs)} to ${at(Math.max(fromMs, toMs))} ` +
      'are lost.',
    seq,
    time: Math.max(fromMs, 0),
  };
}

/** Reconstructs the record of a session from its events. */
function unknownRecord(id: string, events: ReadonlyMap<number, DurableEvent>): SessionRecord {
  const sources = [
    ...new Set(
      [...events.values()].flatMap((event) =>
        event.kind === 'final' ? [event.segment.source] : [],
      ),
    ),
  ];
  return {
    id,
    kind: 'meeting',
    title: 'A session whose title was lost',
    state: 'IDLE',
    startedAt: new Date(0).toISOString(),
    durationMs: 0,
    sources: sources.map((source) => ({ source, origin: { type: 'push' } })),
    language: 'en',
    provider: '',
    model: '',
    live: false,
    partials: false,
    insights: true,
    ephemeral: false,
    keepAudio: false,
  };
}

/** Yields every readable row: forwards up to a damaged place, then backwards. */
function rows(db: Sqlite, table: SummedTable | 'settings', key: string): readonly Row[] {
  const keys = key.split(', ');
  const found = new Map<string, Row>();
  for (const [order, compare] of [
    ['ASC', '>'],
    ['DESC', '<'],
  ] as const) {
    let after: unknown[] | undefined;
    let page = PAGE;
    for (;;) {
      const where = after ? `WHERE (${key}) ${compare} (${keys.map(() => '?').join(', ')})` : '';
      let next: Readonly<Record<string, unknown>>[];
      try {
        next = db
          .prepare(
            `${selectBytes(table)} ${where} ORDER BY ` +
              `${keys.map((name) => `${name} ${order}`).join(', ')} LIMIT ${page}`,
          )
          .all(...(after ?? [])) as typeof next;
      } catch {
        if (page === 1) break;
        page = 1;
        continue;
      }
      for (const bytes of next) {
        const row = rowOf(table, bytes);
        if (row) found.set(keys.map((name) => String(row[name])).join('\n'), row);
      }
      const last = next.at(-1);
      // A page that links to itself would be read for ever; a key that is not text marks a damaged
      // place.
      const at =
        last &&
        keys.map((name) =>
          last[name] instanceof ArrayBuffer ? Buffer.from(last[name]).toString() : last[name],
        );
      if (
        next.length < page ||
        !at ||
        JSON.stringify(at) === JSON.stringify(after) ||
        found.size > EVENTS_MAX
      )
        break;
      after = at;
    }
    if (order === 'ASC' && page === PAGE) break;
  }
  return [...found.values()];
}
