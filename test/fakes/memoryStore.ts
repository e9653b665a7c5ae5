/** A SessionStore in memory; it can refuse to write, and what it took stays when a session forgets it. */
import { EarmarkError } from '../../protocol/errors';
import { Book } from '../../daemon/session/book';
import type { DurableEvent, SessionRecord, SessionState } from '../../daemon/session/events';
import type { Progress, SessionCounts, SessionStats, SessionStore } from '../../daemon/session/ports';
import type { SearchHit, SearchQuery } from '../../daemon/session/search';

interface Entry {
  record: SessionRecord;
  readonly order: number;
  readonly events: DurableEvent[];
  readonly book: Book;
  readonly progress: Map<Progress['source'], number>;
  stats: SessionStats;
}

const OVER: readonly SessionState[] = ['DONE', 'FAILED'];

export class MemoryStore implements SessionStore {
  private readonly entries = new Map<string, Entry>();
  private readonly settings = new Map<string, string>();
  private order = 0;
  /** Thrown by every write while set. */
  refuse: EarmarkError | undefined;

  createSession(record: SessionRecord): void {
    this.write();
    if (this.entries.has(record.id) || (record.key !== undefined && this.findByKey(record.key))) throw new EarmarkError('store.unwritable', 'The session is there already.');
    this.entries.set(record.id, { record, order: this.order++, events: [], book: new Book(), progress: new Map(), stats: {} });
  }

  updateSession(id: string, { stats, ...change }: Parameters<SessionStore['updateSession']>[1]): void {
    this.write();
    const entry = this.entries.get(id);
    if (!entry) return;
    entry.record = { ...entry.record, ...change };
    if (stats) entry.stats = stats;
  }

  append(sessionId: string, events: readonly DurableEvent[], progress: readonly Progress[] = []): void {
    this.write();
    const entry = this.entries.get(sessionId);
    if (!entry) throw new EarmarkError('session.notFound', 'The session was removed; start a new one.');
    events.forEach((event, i) => {
      if (event.seq !== entry.events.length + 1 + i) throw new EarmarkError('internal', `Event ${event.seq} does not follow; restart Earmark.`);
    });
    for (const event of structuredClone(events) as DurableEvent[]) {
      entry.events.push(event);
      entry.book.apply(event);
      if (event.kind === 'state') entry.record = { ...entry.record, state: event.to };
    }
    for (const { source, finalThrough } of progress) entry.progress.set(source, Math.max(finalThrough, entry.progress.get(source) ?? -1));
  }

  progress(sessionId: string): readonly Progress[] {
    return [...(this.entries.get(sessionId)?.progress ?? [])].map(([source, finalThrough]) => ({ source, finalThrough }));
  }

  readEvents(sessionId: string, afterSeq: number, limit: number): readonly DurableEvent[] {
    return this.entries.get(sessionId)?.events.slice(afterSeq, afterSeq + limit) ?? [];
  }

  getSession(id: string): SessionRecord | undefined {
    return this.entries.get(id)?.record;
  }

  findByKey(key: string): SessionRecord | undefined {
    return [...this.entries.values()].find(({ record }) => record.key === key)?.record;
  }

  counts(id: string): SessionCounts {
    const entry = this.entries.get(id);
    return { lastSeq: entry?.events.length ?? 0, lastTime: entry?.events.at(-1)?.time ?? 0, segments: entry?.book.transcript.size ?? 0 };
  }

  stats(id: string): SessionStats {
    return this.entries.get(id)?.stats ?? {};
  }

  listSessions({ limit, offset, active, owner }: { limit: number; offset: number; active?: boolean; owner?: string }): readonly SessionRecord[] {
    return [...this.entries.values()]
      .filter(({ record }) => (active === undefined || active !== OVER.includes(record.state)) && (owner === undefined || record.owner === owner))
      .sort((a, b) => (b.record.createdMs ?? 0) - (a.record.createdMs ?? 0) || b.order - a.order)
      .slice(offset, offset + limit)
      .map(({ record }) => record);
  }

  segments(sessionId: string): ReturnType<SessionStore['segments']> {
    return this.entries.get(sessionId)?.book.transcript.ordered() ?? [];
  }

  speakers(sessionId: string): ReturnType<SessionStore['speakers']> {
    return [...(this.entries.get(sessionId)?.book.speakers.values() ?? [])];
  }

  insights(sessionId: string): ReturnType<SessionStore['insights']> {
    return [...(this.entries.get(sessionId)?.book.insights.values() ?? [])];
  }

  search({ words, kind, limit, speaker, symbol, sinceMs = -Infinity, untilMs = Infinity, repository, branch, owner }: SearchQuery): readonly SearchHit[] {
    const bare = (text: string): string[] => text.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean);
    const wanted = words.flatMap(bare);
    const same = (a: string | undefined, b: string | undefined): boolean => b === undefined || a?.toLowerCase() === b.toLowerCase();
    const sessions = [...this.entries].filter(([, { record }]) => (record.createdMs ?? 0) >= sinceMs && (record.createdMs ?? 0) < untilMs && same(record.workspace?.repository, repository) && same(record.workspace?.branch, branch) && (owner === undefined || record.owner === owner));
    return sessions
      .flatMap(([sessionId, { book }]): SearchHit[] => {
        const insights = [...book.insights.values()];
        const named = insights.filter((insight) => symbol === undefined || insight.symbols.some(({ name }) => same(name, symbol)) || (insight.kind === 'entity' && same(insight.text, symbol)));
        if (kind !== 'transcript') {
          return named.filter(({ kind: k, status, text, owner: whose }) => k === kind && status !== 'dismissed' && same(whose, speaker) && words.every((word) => `${text} ${whose ?? ''}`.toLowerCase().includes(word.toLowerCase()))).map((insight) => ({ sessionId, insight }));
        }
        const about = new Set(named.flatMap(({ evidence }) => evidence.map(({ segmentId }) => segmentId)));
        return book.transcript
          .ordered()
          .filter(({ id, text, hidden, speaker: who }) => hidden !== true && wanted.every((word) => bare(text).includes(word)) && (same(who, speaker) || same(book.speakers.get(who)?.name, speaker)) && (symbol === undefined || about.has(id)))
          .map((segment) => ({ sessionId, segment }));
      })
      .slice(0, limit);
  }

  deleteSession(id: string): void {
    this.write();
    this.entries.delete(id);
  }

  purgeSession(id: string): ReturnType<SessionStore['purgeSession']> {
    const entry = this.entries.get(id);
    this.deleteSession(id);
    return { events: entry?.events.length ?? 0, segments: entry?.book.transcript.size ?? 0, insights: entry?.book.insights.size ?? 0, setAside: 0 };
  }

  forget(id: string, { transcript, insights }: Parameters<SessionStore['forget']>[1]): void {
    const entry = this.entries.get(id);
    if (!entry) return;
    const kept = entry.events.filter((event) => !(transcript && ['final', 'revision', 'speaker'].includes(event.kind)) && !(insights && 'insight' in event));
    entry.events.splice(0, Infinity, ...kept.map((event, i) => ({ ...event, seq: i + 1 })));
    const book = new Book({ ...(transcript ? {} : { segments: entry.book.transcript.ordered(), speakers: [...entry.book.speakers.values()] }), ...(insights ? {} : { insights: [...entry.book.insights.values()] }) });
    this.entries.set(id, { ...entry, book });
  }

  setting(name: string): string | undefined {
    return this.settings.get(name);
  }

  setSetting(name: string, value: string): void {
    this.write();
    this.settings.set(name, value);
  }

  close(): void {
    this.refuse = new EarmarkError('store.unwritable', 'The database of sessions is closed; start Earmark again.');
  }

  private write(): void {
    if (this.refuse) throw this.refuse;
  }
}
