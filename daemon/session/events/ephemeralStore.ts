/**
 * Ephemeral sessions (dictation, `transcribe` without `--keep`) in memory. No byte of their text
 * reaches the database. They end with the daemon's process, also when it is killed.
 */
import { EarmarkError } from '../../../protocol/errors';
import type { DurableEvent, SessionRecord } from '../contract/events';
import { MemorySession } from '../lifecycle/memorySession';
import type { Progress } from '../../speech/contract';
import type { RemovedRows, SessionStore } from '../contract/store';

/** Passes calls about ephemeral sessions to memory, and all other calls to `disk`. */
export class EphemeralStore implements SessionStore {
  private readonly entries = new Map<string, MemorySession>();

  constructor(private readonly disk: SessionStore) {}

  has(sessionId: string): boolean {
    return this.entries.has(sessionId);
  }

  async createSession(record: SessionRecord): Promise<void> {
    if (!record.ephemeral) return this.disk.createSession(record);
    if ((this.entries.get(record.id)?.events.length ?? 0) > 0)
      throw new EarmarkError('internal', 'The session exists already; restart Earmark.');
    this.entries.set(record.id, new MemorySession(record));
  }

  async updateSession(
    id: string,
    change: Parameters<SessionStore['updateSession']>[1],
  ): Promise<void> {
    const entry = this.entries.get(id);
    if (!entry) return this.disk.updateSession(id, change);
    entry.update(change);
  }

  async append(
    sessionId: string,
    events: readonly DurableEvent[],
    progress: readonly Progress[] = [],
  ): Promise<void> {
    const entry = this.entries.get(sessionId);
    if (!entry) return this.disk.append(sessionId, events, progress);
    entry.append(events, progress);
  }

  async progress(sessionId: string): ReturnType<SessionStore['progress']> {
    const entry = this.entries.get(sessionId);
    return entry ? [...entry.progress.values()] : this.disk.progress(sessionId);
  }

  async readEvents(
    sessionId: string,
    afterSeq: number,
    limit: number,
  ): ReturnType<SessionStore['readEvents']> {
    return (
      this.entries.get(sessionId)?.events.slice(afterSeq, afterSeq + limit) ??
      this.disk.readEvents(sessionId, afterSeq, limit)
    );
  }

  async getSession(id: string): ReturnType<SessionStore['getSession']> {
    return this.entries.get(id)?.record ?? this.disk.getSession(id);
  }

  async findByKey(key: string): ReturnType<SessionStore['findByKey']> {
    for (const { record } of this.entries.values()) if (record.key === key) return record;
    return this.disk.findByKey(key);
  }

  async counts(id: string): ReturnType<SessionStore['counts']> {
    return this.entries.get(id)?.counts ?? this.disk.counts(id);
  }

  async stats(id: string): ReturnType<SessionStore['stats']> {
    return this.entries.get(id)?.stats ?? this.disk.stats(id);
  }

  async listSessions(
    filter: Parameters<SessionStore['listSessions']>[0],
  ): ReturnType<SessionStore['listSessions']> {
    const { limit, offset } = filter;
    const mine = [...this.entries.values()]
      .filter((session) => session.isListed(filter))
      .map(({ record }) => record);
    if (mine.length === 0) return this.disk.listSessions(filter);
    const stored = await this.disk.listSessions({ ...filter, limit: limit + offset, offset: 0 });
    return [...mine, ...stored]
      .sort((a, b) => createdMs(b) - createdMs(a))
      .slice(offset, offset + limit);
  }

  async segments(sessionId: string): ReturnType<SessionStore['segments']> {
    const entry = this.entries.get(sessionId);
    return entry ? entry.projection.transcript.ordered() : this.disk.segments(sessionId);
  }

  async speakers(sessionId: string): ReturnType<SessionStore['speakers']> {
    const entry = this.entries.get(sessionId);
    return entry ? [...entry.projection.speakers.values()] : this.disk.speakers(sessionId);
  }

  async insights(sessionId: string): ReturnType<SessionStore['insights']> {
    const entry = this.entries.get(sessionId);
    return entry ? [...entry.projection.insights.values()] : this.disk.insights(sessionId);
  }

  /** Ephemeral sessions are not searched. */
  search(query: Parameters<SessionStore['search']>[0]): ReturnType<SessionStore['search']> {
    return this.disk.search(query);
  }

  async deleteSession(id: string): Promise<void> {
    if (!this.entries.delete(id)) await this.disk.deleteSession(id);
  }

  async purgeSession(id: string): Promise<RemovedRows> {
    const entry = this.entries.get(id);
    if (!entry) return this.disk.purgeSession(id);
    this.entries.delete(id);
    const { events, projection } = entry;
    return {
      events: events.length,
      segments: projection.transcript.size,
      insights: projection.insights.size,
      setAside: 0,
      unread: 0,
    };
  }

  /** An ephemeral session is deleted as a whole. */
  async forget(id: string, kinds: Parameters<SessionStore['forget']>[1]): Promise<void> {
    if (!this.entries.has(id)) await this.disk.forget(id, kinds);
  }

  tidy(): Promise<void> {
    return this.disk.tidy();
  }

  setting(name: string): Promise<string | undefined> {
    return this.disk.setting(name);
  }

  setSetting(name: string, value: string): Promise<void> {
    return this.disk.setSetting(name, value);
  }

  close(): Promise<void> {
    this.entries.clear();
    return this.disk.close();
  }
}

function createdMs({ createdMs: ms, startedAt }: SessionRecord): number {
  return ms ?? Date.parse(startedAt);
}
