/** Queries about running and ended sessions: lists, documents, searches, stored audio. */
import { EarmarkError } from '../../../protocol/errors';
import type { Source } from '../../audio/frame';
import type { Disposable } from '../../base/disposable';
import type { SessionDocument, Sessions, SessionView } from '../contract/api';
import type { EndedSessions } from './endedSessions';
import type { SessionManagerDeps } from '../contract/deps';
import type { SessionRecord } from '../contract/events';
import { Meanings } from '../insights/meanings';
import { type Clip, Playback } from './playback';
import type { SearchQuery } from '../contract/search';
import type { Session } from '../session';
import { noSuchSession } from '../contract/errors';

export interface SessionQueriesSetup {
  readonly deps: Pick<SessionManagerDeps, 'store' | 'spools' | 'clock' | 'logger' | 'meanings'>;
  readonly endedSessions: EndedSessions;
  /** A session that is running or has attached clients. */
  readonly live: (sessionId: string) => Session | undefined;
}

export class SessionQueries implements Disposable {
  private readonly playback: Playback;
  private readonly meanings: Meanings | undefined;

  constructor(private readonly setup: SessionQueriesSetup) {
    this.playback = new Playback(setup.deps);
    const { meanings, clock, logger } = setup.deps;
    this.meanings = meanings && new Meanings({ ...meanings, clock, logger });
  }

  async list(filter: Parameters<Sessions['list']>[0]): Promise<readonly SessionView[]> {
    const records = await this.setup.deps.store.listSessions(filter);
    return Promise.all(
      records.map(
        async (record) => this.setup.live(record.id)?.view() ?? (await this.viewOf(record)),
      ),
    );
  }

  async get(sessionId: string): Promise<SessionDocument> {
    const session = this.setup.live(sessionId);
    if (session) return session.document();
    const record = await this.stored(sessionId);
    const [view, projection, stats] = await Promise.all([
      this.viewOf(record),
      this.setup.endedSessions.read(sessionId),
      this.setup.deps.store.stats(sessionId),
    ]);
    return {
      ...view,
      transcript: projection.transcript.ordered(),
      speakers: [...projection.speakers.values()],
      insights: [...projection.insights.values()],
      stats,
    };
  }

  async people(sessionId: string): Promise<readonly string[]> {
    const speakers = await this.setup.deps.store.speakers(sessionId);
    return [...new Set(speakers.filter(({ named }) => named === true).map(({ name }) => name))];
  }

  async clip(sessionId: string, source: Source, startMs: number, endMs: number): Promise<Clip> {
    const { state } = await this.stored(sessionId);
    if (state !== 'DONE' && state !== 'FAILED')
      throw new EarmarkError(
        'session.wrongState',
        'The meeting is still running. Its audio can be played afterwards.',
      );
    return this.playback.clip(sessionId, source, startMs, endMs);
  }

  async search(query: SearchQuery): ReturnType<Sessions['search']> {
    const { words, kind: _, limit: __, owner: ___, ...filters } = query;
    if (
      words.length === 0 &&
      Object.values(filters).every((value) => value === undefined) &&
      query.kind === 'transcript'
    )
      throw new EarmarkError(
        'rpc.invalidParams',
        'The search is empty; give words, a speaker, a time, a repository, a branch or ' +
          'a symbol.',
      );
    const { store } = this.setup.deps;
    const found = await store.search(query);
    const hits = (await this.meanings?.join(query, found)) ?? found;
    const records = new Map(
      await Promise.all(
        [...new Set(hits.map(({ sessionId }) => sessionId))].map(
          async (id) => [id, await store.getSession(id)] as const,
        ),
      ),
    );
    // A session that was deleted meanwhile is not a hit.
    return hits.flatMap((hit) => {
      const record = records.get(hit.sessionId);
      return record ? [{ record, hit }] : [];
    });
  }

  /** @throws EarmarkError session.notFound */
  async stored(sessionId: string): Promise<SessionRecord> {
    const record = await this.setup.deps.store.getSession(sessionId);
    if (!record) throw noSuchSession();
    return record;
  }

  async viewOf(record: SessionRecord): Promise<SessionView> {
    const { lastSeq, segments } = await this.setup.deps.store.counts(record.id);
    return { record, lastSeq, segments, durationMs: record.durationMs };
  }

  /** Closes the session's audio, because it is about to be deleted. */
  closeAudio(sessionId: string): void {
    this.playback.close(sessionId);
  }

  dispose(): void {
    this.meanings?.dispose();
    this.playback.dispose();
  }
}
