/** Manual changes to titles, speakers, segments and insights, in running and ended sessions. */
import { EarmarkError } from '../../../protocol/errors';
import type { KeyedMutex } from '../../base/keyedMutex';
import type { SourceVoice } from '../../diarization/samePerson';
import { revisionsOf, type SegmentChange } from '../../transcript/revise';
import type { EndedSessions } from './endedSessions';
import { type InsightEdit, InsightRevisions } from '../insights/insightRevisions';
import type { SessionQueries } from './sessionQueries';
import type { SessionStore } from '../contract/store';
import { renameSpeaker } from '../speakers/renameSpeaker';
import type { Session } from '../session';
import { speakerGone } from '../contract/errors';

export interface EditsSetup {
  readonly store: Pick<SessionStore, 'updateSession'>;
  readonly endedSessions: EndedSessions;
  readonly queries: SessionQueries;
  /** Serialises changes of an ended session. */
  readonly turns: KeyedMutex;
  /** A session that is running or has attached clients. */
  readonly live: (sessionId: string) => Session | undefined;
}

export class Edits {
  constructor(private readonly setup: EditsSetup) {}

  async rename(sessionId: string, title: string): Promise<void> {
    const session = this.setup.live(sessionId);
    if (session) return session.rename(title);
    await this.setup.queries.stored(sessionId);
    await this.setup.store.updateSession(sessionId, { title });
  }

  async renameSpeaker(
    sessionId: string,
    speakerId: string,
    name: string | undefined,
  ): Promise<void> {
    const session = this.setup.live(sessionId);
    if (session && !session.ended) return session.renameSpeaker(speakerId, name);
    await this.revise(sessionId, ({ projection, log }) =>
      log.appendNow(() => renameSpeaker(projection, speakerId, name)),
    );
  }

  async reviseSegment(sessionId: string, segmentId: string, change: SegmentChange): Promise<void> {
    await this.revise(sessionId, ({ projection, log }) =>
      log.appendNow(() => {
        const segment = projection.transcript.get(segmentId);
        if (!segment)
          throw new EarmarkError(
            'segment.notFound',
            'This part of the transcript no longer exists; reload the session.',
          );
        return revisionsOf(segment, change).map((revision) => ({ kind: 'revision', revision }));
      }),
    );
  }

  async reviseInsight(sessionId: string, insightId: string, change: InsightEdit): Promise<void> {
    const session = this.setup.live(sessionId);
    if (session && !session.ended) return session.reviseInsight(insightId, change);
    await this.revise(sessionId, async ({ projection, log }) =>
      log.appendNow(new InsightRevisions(projection).plan(insightId, change)),
    );
  }

  /**
   * Returns a speaker with its current name, and its voices while the session runs.
   * @throws EarmarkError session.notFound, speaker.notFound
   */
  async speaker(
    sessionId: string,
    speakerId: string,
  ): Promise<{ readonly name: string; readonly live?: readonly SourceVoice[] }> {
    const session = this.setup.live(sessionId);
    if (!session) await this.setup.queries.stored(sessionId);
    const speaker = (
      session?.projection ?? (await this.setup.endedSessions.read(sessionId))
    ).speakers.get(speakerId);
    if (!speaker) throw speakerGone();
    return { name: speaker.name, ...(session && !session.ended ? { live: session.voices } : {}) };
  }

  /** Runs a change of an ended session, one after the other. */
  async revise(
    sessionId: string,
    change: (where: Pick<Session, 'projection' | 'log'>) => Promise<void>,
  ): Promise<void> {
    const session = this.setup.live(sessionId);
    if (session) return change(session);
    await this.setup.turns.take(sessionId, async () => {
      const live = this.setup.live(sessionId);
      if (live) return change(live);
      await this.setup.queries.stored(sessionId);
      await this.setup.endedSessions.revise(sessionId, change);
    });
  }
}
