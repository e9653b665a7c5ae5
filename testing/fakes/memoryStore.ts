/**
 * A SessionStore in memory. It can refuse writes or be slow. Its data survives when a session drops
 * it.
 */
import { EarmarkError } from '../../protocol/errors';
import { MemorySession } from '../../daemon/session/lifecycle/memorySession';
import { SessionProjection } from '../../daemon/session/events/sessionProjection';
import type { DurableEvent, SessionRecord } from '../../daemon/session/contract/events';
import type { Progress } from '../../daemon/speech/contract';
import type {
  SessionCounts,
  SessionStats,
  SessionStore,
} from '../../daemon/session/contract/store';
import type { StoredVoice, VoiceStore } from '../../daemon/session/contract/voices';
import { begunWord, type SearchHit, type SearchQuery } from '../../daemon/session/contract/search';

class Entry extends MemorySession {
  constructor(
    record: SessionRecord,
    readonly order: number,
  ) {
    super(record);
  }
}

export class MemoryStore implements SessionStore, VoiceStore {
  private readonly entries = new Map<string, Entry>();
  private readonly settings = new Map<string, string>();
  private kept: StoredVoice[] = [];
  private order = 0;
  /** Error of every write while set. */
  refuse: EarmarkError | undefined;

  async createSession(record: SessionRecord): Promise<void> {
    this.write();
    const known = this.entries.get(record.id);
    if (known && known.events.length > 0)
      throw new EarmarkError('internal', 'The session exists already; restart Earmark.');
    if (record.key !== undefined && (this.withKey(record.key)?.id ?? record.id) !== record.id)
      throw new EarmarkError('store.unwritable', 'The session exists already.');
    this.entries.set(record.id, new Entry(record, known?.order ?? this.order++));
  }

  async updateSession(
    id: string,
    change: Parameters<SessionStore['updateSession']>[1],
  ): Promise<void> {
    this.write();
    this.entries.get(id)?.update(change);
  }

  async append(
    sessionId: string,
    events: readonly DurableEvent[],
    progress: readonly Progress[] = [],
  ): Promise<void> {
    this.write();
    const entry = this.entries.get(sessionId);
    if (!entry)
      throw new EarmarkError('session.notFound', 'The session was removed; start a new one.');
    if (
      events.length > 0 &&
      events.every((event) => JSON.stringify(entry.events[event.seq - 1]) === JSON.stringify(event))
    )
      return;
    entry.append(
      structuredClone(events) as DurableEvent[],
      progress.map((next) => ({ ...next })),
    );
  }

  async progress(sessionId: string): Promise<readonly Progress[]> {
    return [...(this.entries.get(sessionId)?.progress.values() ?? [])];
  }

  async readEvents(
    sessionId: string,
    afterSeq: number,
    limit: number,
  ): Promise<readonly DurableEvent[]> {
    return this.entries.get(sessionId)?.events.slice(afterSeq, afterSeq + limit) ?? [];
  }

  async getSession(id: string): Promise<SessionRecord | undefined> {
    return this.entries.get(id)?.record;
  }

  async findByKey(key: string): Promise<SessionRecord | undefined> {
    return this.withKey(key);
  }

  async counts(id: string): Promise<SessionCounts> {
    return this.entries.get(id)?.counts ?? { lastSeq: 0, lastTime: 0, segments: 0 };
  }

  async stats(id: string): Promise<SessionStats> {
    return this.entries.get(id)?.stats ?? {};
  }

  async listSessions(
    filter: Parameters<SessionStore['listSessions']>[0],
  ): Promise<readonly SessionRecord[]> {
    return [...this.entries.values()]
      .filter((entry) => entry.isListed(filter))
      .sort((a, b) => (b.record.createdMs ?? 0) - (a.record.createdMs ?? 0) || b.order - a.order)
      .slice(filter.offset, filter.offset + filter.limit)
      .map(({ record }) => record);
  }

  async segments(sessionId: string): ReturnType<SessionStore['segments']> {
    return this.entries.get(sessionId)?.projection.transcript.ordered() ?? [];
  }

  async speakers(sessionId: string): ReturnType<SessionStore['speakers']> {
    return [...(this.entries.get(sessionId)?.projection.speakers.values() ?? [])];
  }

  async insights(sessionId: string): ReturnType<SessionStore['insights']> {
    return [...(this.entries.get(sessionId)?.projection.insights.values() ?? [])];
  }

  async search(query: SearchQuery): Promise<readonly SearchHit[]> {
    const {
      words,
      kind,
      limit,
      speaker,
      symbol,
      sinceMs = -Infinity,
      untilMs = Infinity,
      repository,
      branch,
      owner,
    } = query;
    const bare = (text: string): string[] =>
      text
        .toLowerCase()
        .split(/[^\p{L}\p{N}]+/u)
        .filter(Boolean);
    const wanted = words.flatMap(bare);
    const isBegun = begunWord(query) >= 0;
    const same = (a: string | undefined, b: string | undefined): boolean =>
      b === undefined || a?.toLowerCase() === b.toLowerCase();
    const sessions = [...this.entries].filter(
      ([, { record }]) =>
        (record.createdMs ?? 0) >= sinceMs &&
        (record.createdMs ?? 0) < untilMs &&
        same(record.workspace?.repository, repository) &&
        same(record.workspace?.branch, branch) &&
        (owner === undefined || record.owner === owner),
    );
    return sessions
      .flatMap(([sessionId, { projection }]): SearchHit[] => {
        const insights = [...projection.insights.values()];
        const named = insights.filter(
          (insight) =>
            symbol === undefined ||
            insight.symbols.some(
              ({ name, uri }) => same(name, symbol) || (uri !== undefined && same(uri, symbol)),
            ) ||
            (insight.kind === 'entity' && same(insight.text, symbol)),
        );
        if (kind !== 'transcript') {
          return named
            .filter(
              ({ kind: k, status, text, owner: whose }) =>
                k === kind &&
                status !== 'dismissed' &&
                same(whose, speaker) &&
                words.every((word) =>
                  `${text} ${whose ?? ''}`.toLowerCase().includes(word.toLowerCase()),
                ),
            )
            .map((insight) => ({ sessionId, insight }));
        }
        const about = new Set(
          named.flatMap(({ evidence }) => evidence.map(({ segmentId }) => segmentId)),
        );
        return projection.transcript
          .ordered()
          .filter(
            ({ id, text, hidden, speaker: who }) =>
              hidden !== true &&
              wanted.every((word, i) =>
                bare(text).some((one) =>
                  isBegun && i === wanted.length - 1 ? one.startsWith(word) : one === word,
                ),
              ) &&
              (same(who, speaker) || same(projection.speakers.get(who)?.name, speaker)) &&
              (symbol === undefined || about.has(id)),
          )
          .map((segment) => ({ sessionId, segment }));
      })
      .slice(0, limit);
  }

  async deleteSession(id: string): Promise<void> {
    this.write();
    this.entries.delete(id);
  }

  async purgeSession(id: string): ReturnType<SessionStore['purgeSession']> {
    const entry = this.entries.get(id);
    await this.deleteSession(id);
    this.kept = this.kept.filter(({ sessionId }) => sessionId !== id);
    return {
      events: entry?.events.length ?? 0,
      segments: entry?.projection.transcript.size ?? 0,
      insights: entry?.projection.insights.size ?? 0,
      setAside: 0,
      unread: 0,
    };
  }

  async forget(
    id: string,
    { transcript, insights }: Parameters<SessionStore['forget']>[1],
  ): Promise<void> {
    const entry = this.entries.get(id);
    if (!entry) return;
    const kept = entry.events.filter(
      (event) =>
        !(transcript && ['final', 'revision', 'speaker'].includes(event.kind)) &&
        !(insights && 'insight' in event),
    );
    entry.events.splice(0, Infinity, ...kept.map((event, i) => ({ ...event, seq: i + 1 })));
    entry.projection = new SessionProjection({
      ...(transcript
        ? {}
        : {
            segments: entry.projection.transcript.ordered(),
            speakers: [...entry.projection.speakers.values()],
          }),
      ...(insights ? {} : { insights: [...entry.projection.insights.values()] }),
    });
  }

  async tidy(): Promise<void> {
    this.write();
  }

  async setting(name: string): Promise<string | undefined> {
    return this.settings.get(name);
  }

  async setSetting(name: string, value: string): Promise<void> {
    this.write();
    this.settings.set(name, value);
  }

  async voices(): Promise<readonly StoredVoice[]> {
    return this.kept;
  }

  async keepVoice(voice: StoredVoice): Promise<void> {
    this.write();
    const same = (other: StoredVoice): boolean =>
      other.owner === voice.owner && other.name === voice.name;
    const of = [
      ...this.kept.filter((other) => same(other) && other.sessionId !== voice.sessionId),
      voice,
    ].slice(-8);
    this.kept = [...this.kept.filter((other) => !same(other)), ...of];
  }

  async forgetVoices(owner: string | undefined, name?: string): Promise<void> {
    this.write();
    this.kept = this.kept.filter(
      (voice) => voice.owner !== owner || (name !== undefined && voice.name !== name),
    );
  }

  async close(): Promise<void> {
    this.refuse = new EarmarkError(
      'store.unwritable',
      'The database of sessions is closed; restart Earmark.',
    );
  }

  private withKey(key: string): SessionRecord | undefined {
    return [...this.entries.values()].find(({ record }) => record.key === key)?.record;
  }

  private write(): void {
    if (this.refuse) throw this.refuse;
  }
}
