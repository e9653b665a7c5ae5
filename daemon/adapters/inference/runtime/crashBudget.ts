/**
 * Crash limit of an engine's workers: the fifth end within three minutes stops them. All workers of
 * an engine share the budget, so a fault that moves between them is recognised as a single fault.
 */
import { EarmarkError } from '../../../../protocol/errors';
import type { Clock } from '../../../base/clock';
import { Emitter } from '../../../base/emitter';

export interface CrashLimits {
  readonly crashes: number;
  readonly crashWindowMs: number;
}

export const defaultCrashLimits: CrashLimits = { crashes: 5, crashWindowMs: 180_000 };

export class CrashBudget {
  private readonly times: number[] = [];
  private readonly spent = new Emitter<EarmarkError>();
  private over = false;
  /** Fires at the last permitted end; every worker that shares the budget stops. */
  readonly onDidSpend = this.spent.event;

  constructor(
    private readonly clock: Clock,
    private readonly limits: CrashLimits = defaultCrashLimits,
  ) {}

  /** Resets a spent budget at a requested start; an unspent budget keeps its count. */
  begin(): void {
    if (!this.over) return;
    this.over = false;
    this.times.length = 0;
  }

  /** @throws EarmarkError engine.unavailable if the budget is exceeded */
  crashed(worker: string): void {
    const { crashes, crashWindowMs } = this.limits;
    const now = this.clock.now();
    while (this.times.length > 0 && now - (this.times[0] ?? 0) >= crashWindowMs) this.times.shift();
    this.times.push(now);
    if (this.times.length < crashes) return;
    this.over = true;
    const error = new EarmarkError(
      'engine.unavailable',
      `Speech recognition stopped ${crashes} times within ${Math.round(crashWindowMs / 60_000)} ` +
        'minutes. Try again; if it continues, run `earmark doctor`.',
      { details: { worker } },
    );
    this.spent.fire(error);
    throw error;
  }
}
