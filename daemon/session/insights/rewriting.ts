/**
 * Lets a language model write the notes of an ended session again. The model works on a copy; the
 * session changes once, at the end, and insights that a person changed meanwhile stay.
 */
import { EarmarkError } from '../../../protocol/errors';
import type { AnalyzerFactory, Insight, InsightChange } from '../../insights/types';
import type { EndedSessions } from '../history/endedSessions';
import { eventsOf } from './insightFeed';
import type { Session } from '../session';
import type { SessionQueries } from '../history/sessionQueries';
import type { RewriteRequest, Rewritten } from '../contract/rewriting';

export interface RewritingSetup {
  readonly analyzers: AnalyzerFactory;
  readonly endedSessions: EndedSessions;
  readonly queries: SessionQueries;
  /** A session that is running or has attached clients. */
  readonly live: (sessionId: string) => Session | undefined;
  /** Runs a change of an ended session, one after the other. */
  readonly revise: (
    sessionId: string,
    change: (where: Pick<Session, 'projection' | 'log'>) => Promise<void>,
  ) => Promise<void>;
}

export class Rewriting {
  private readonly running = new Set<string>();

  constructor(private readonly setup: RewritingSetup) {}

  /**
   * @throws EarmarkError session.notFound, session.wrongState, rpc.cancelled, and the error of the
   * model if no part was answered; the notes are unchanged then
   */
  async write(sessionId: string, request: RewriteRequest): Promise<Rewritten> {
    if (this.running.has(sessionId))
      throw new EarmarkError(
        'session.wrongState',
        'A language model is already writing this note. Wait until it has ended.',
      );
    this.running.add(sessionId);
    try {
      return await this.writeOnce(sessionId, request);
    } finally {
      this.running.delete(sessionId);
    }
  }

  private async writeOnce(
    sessionId: string,
    { model, template, signal, onProgress }: RewriteRequest,
  ): Promise<Rewritten> {
    const { analyzers, endedSessions, queries, live, revise } = this.setup;
    const session = live(sessionId);
    if (session && !session.ended)
      throw new EarmarkError('session.wrongState', 'The meeting still runs. Stop it first.');
    const { startedAt } = await queries.stored(sessionId);
    const { transcript, insights } = session?.projection ?? (await endedSessions.read(sessionId));
    const before = new Map(insights);
    const analyzer = analyzers.create(
      { startedAt, model, ...(template && { template }) },
      { segments: transcript.packed(), insights: [...before.values()] },
    );
    analyzer.finish();
    await analyzer.detector?.read(true, signal).catch(() => undefined);
    const outcome = await analyzer.model?.read(true, signal, onProgress);
    if (signal.aborted) throw new EarmarkError('rpc.cancelled', 'Writing the note was cancelled.');
    if (!outcome || outcome.answered === 0)
      throw (
        outcome?.error ??
        new EarmarkError(
          'engine.unavailable',
          outcome?.failure ?? 'There is nothing to write: the transcript is empty.',
        )
      );
    let changed = 0;
    await revise(sessionId, ({ projection, log }) =>
      log.appendNow(() => {
        const changes = changesTo(projection.insights, before, analyzer.insights);
        changed = changes.length;
        return eventsOf(changes);
      }),
    );
    const { changes: _, ...rest } = outcome;
    return { ...rest, changed };
  }
}

/** @param before insights that the writer started from */
function changesTo(
  now: ReadonlyMap<string, Insight>,
  before: ReadonlyMap<string, Insight>,
  written: readonly Insight[],
): InsightChange[] {
  const ids = new Set(written.map(({ id }) => id));
  const changed = written.flatMap((insight): InsightChange[] => {
    const current = now.get(insight.id);
    if (!current) return before.has(insight.id) ? [] : [{ op: 'add', insight }];
    return isOfPerson(current) || JSON.stringify(current) === JSON.stringify(insight)
      ? []
      : [{ op: 'update', insight }];
  });
  const removed = [...now.values()].filter(
    (insight) => before.has(insight.id) && !ids.has(insight.id) && !isOfPerson(insight),
  );
  return [...changed, ...removed.map((insight) => ({ op: 'remove' as const, insight }))];
}

function isOfPerson({ edited, status }: Insight): boolean {
  return edited === true || status !== 'open';
}
