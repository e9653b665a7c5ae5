/** Finishes sessions that an earlier run left, and deletes expired data. */
import { EarmarkError } from '../../../protocol/errors';
import type { Disposable } from '../../base/disposable';
import type { SessionManagerDeps } from '../contract/deps';
import type { SessionRecord } from '../contract/events';
import type { SessionState } from '../../../protocol/vocabulary';
import type { SessionOptions } from '../contract/options';
import { isOpen } from '../contract/record';
import { overdue, parseRetention } from './retention';
import { type Retention } from '../contract/retention';
import { Maintenance } from './maintenance';

/** Number of stored sessions in a page. */
export const PAGE = 1000;
/** Key of the setting in the store. */
const RETENTION = 'retention';

export interface BackgroundRecoverySetup {
  readonly deps: Pick<SessionManagerDeps, 'store' | 'spools' | 'clock' | 'logger' | 'ownership'>;
  readonly options: SessionOptions;
  /** True while the session is being processed. */
  readonly busy: (sessionId: string) => boolean;
  /** True while the session is shown or being processed. */
  readonly open: (sessionId: string) => boolean;
  /**
   * Continues the session; resolves when it has ended.
   * @throws the error that prevents it
   */
  readonly finish: (record: SessionRecord) => Promise<SessionState>;
  /** Called before its stored audio or its text changes. */
  readonly close: (sessionId: string) => void;
}

export class BackgroundRecovery implements Disposable {
  private readonly maintenance: Maintenance;

  constructor(private readonly setup: BackgroundRecoverySetup) {
    const { deps, options } = setup;
    this.maintenance = new Maintenance({
      clock: deps.clock,
      logger: deps.logger,
      options,
      left: () => this.left(),
      finish: (id) => this.finish(id),
      expire: () => this.expire(),
      tidy: () => deps.store.tidy(),
    });
  }

  /** Runs maintenance now and at intervals. */
  start(): void {
    this.maintenance.start();
  }

  dispose(): void {
    this.maintenance.dispose();
  }

  async retention(): Promise<Retention> {
    return parseRetention(await this.setup.deps.store.setting(RETENTION));
  }

  async setRetention(retention: Retention): Promise<void> {
    await this.setup.deps.store.setSetting(RETENTION, JSON.stringify(retention));
    await this.expire();
  }

  /**
   * Returns true if the session can still be completed: it has not ended, it failed with audio on
   * disk, or its insights failed.
   */
  async isLeft({ id, state, ephemeral }: SessionRecord): Promise<boolean> {
    const { store, spools } = this.setup.deps;
    if (state === 'DONE') return ((await store.stats(id))['analysisFailed'] ?? 0) > 0;
    if (state === 'FAILED') return !ephemeral && spools.list().includes(id);
    return true;
  }

  /** Sessions that did not end well and are not being processed. */
  private async left(): Promise<readonly string[]> {
    const { store, spools } = this.setup.deps;
    // Shared sessions are resumed by the server that a client asks, or by the orphan job
    // (team/orphans.ts).
    const shared = this.setup.deps.ownership !== undefined;
    const lost = shared ? [] : await store.listSessions({ limit: PAGE, offset: 0, active: true });
    const spooled = (await Promise.all(spools.list().map((id) => store.getSession(id)))).flatMap(
      (record) => (record && !(shared && isOpen(record.state)) ? [record] : []),
    );
    const records = new Map([...lost, ...spooled].map((record) => [record.id, record]));
    const left = await Promise.all(
      [...records.values()].map(async (record) => ((await this.isLeft(record)) ? [record.id] : [])),
    );
    return left.flat().filter((id) => !this.setup.busy(id));
  }

  private async finish(sessionId: string): Promise<void> {
    const record = await this.setup.deps.store.getSession(sessionId);
    // The session is DONE; only a person can request its insights again.
    if (!record || record.state === 'DONE' || this.setup.busy(sessionId)) return;
    if ((await this.setup.finish(record)) === 'FAILED')
      throw new EarmarkError(
        'engine.unavailable',
        'Could not finish the session. Earmark tries again later.',
      );
  }

  /** Deletes data that exceeds its retention time. */
  private async expire(): Promise<void> {
    const { store, spools, clock, logger } = this.setup.deps;
    const retention = await this.retention();
    if (Object.keys(retention).length === 0) return;
    const spooled = new Set(spools.list());
    for (
      let offset = 0, page = await store.listSessions({ limit: PAGE, offset, active: false });
      page.length > 0;
      offset += PAGE, page = await store.listSessions({ limit: PAGE, offset, active: false })
    ) {
      for (const record of page) {
        const { id } = record;
        const over = overdue(record, retention, clock.wall());
        if (this.setup.open(id) || !Object.values(over).includes(true)) continue;
        const stats = await store.stats(id);
        const due = {
          audio: over.audio && spooled.has(id),
          transcript: over.transcript && stats['transcriptForgotten'] !== 1,
          insights: over.insights && stats['insightsForgotten'] !== 1,
        };
        if (!Object.values(due).includes(true) || this.setup.open(id)) continue;
        this.setup.close(id);
        if (due.audio) spools.remove(id);
        if (due.transcript || due.insights) {
          await store.forget(id, due);
          await store.updateSession(id, {
            stats: {
              ...stats,
              ...(due.transcript ? { transcriptForgotten: 1 } : {}),
              ...(due.insights ? { insightsForgotten: 1 } : {}),
            },
          });
        }
        logger.info('session.expired', { session: id, ...due });
      }
    }
  }
}
