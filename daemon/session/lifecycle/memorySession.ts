/** One session of a store in memory: its record, its events and everything that follows from them. */
import { EarmarkError } from '../../../protocol/errors';
import type { DurableEvent, SessionRecord } from '../contract/events';
import type { SessionState } from '../../../protocol/vocabulary';
import type { Progress } from '../../speech/contract';
import type { SessionCounts, SessionStats, SessionStore } from '../contract/store';
import { SessionProjection } from '../events/sessionProjection';

const ENDED: readonly SessionState[] = ['DONE', 'FAILED'];

export class MemorySession {
  readonly events: DurableEvent[] = [];
  projection = new SessionProjection();
  readonly progress = new Map<Progress['source'], Progress>();
  stats: SessionStats = {};

  constructor(public record: SessionRecord) {}

  get counts(): SessionCounts {
    return {
      lastSeq: this.events.length,
      lastTime: this.events.at(-1)?.time ?? 0,
      segments: this.projection.transcript.size,
    };
  }

  update({ stats, ...fields }: Parameters<SessionStore['updateSession']>[1]): void {
    this.record = { ...this.record, ...fields };
    if (stats) this.stats = stats;
  }

  /** @throws EarmarkError internal, before anything changes, if an event does not follow */
  append(events: readonly DurableEvent[], progress: readonly Progress[]): void {
    events.forEach((event, i) => {
      if (event.seq !== this.events.length + 1 + i)
        throw new EarmarkError('internal', `Event ${event.seq} does not follow; restart Earmark.`);
    });
    for (const event of events) {
      this.events.push(event);
      this.projection.apply(event);
      if (event.kind === 'state') this.record = { ...this.record, state: event.to };
    }
    for (const next of progress)
      if (next.finalThrough >= (this.progress.get(next.source)?.finalThrough ?? -1))
        this.progress.set(next.source, next);
  }

  /** True if a list with this filter contains the session. */
  isListed({
    active,
    owner,
  }: Pick<Parameters<SessionStore['listSessions']>[0], 'active' | 'owner'>): boolean {
    return (
      (active === undefined || active !== ENDED.includes(this.record.state)) &&
      (owner === undefined || this.record.owner === owner)
    );
  }
}
