/**
 * Daily audio allowance of users and organisations. A process takes it in blocks in advance and
 * returns unused frames. A block needs a single write; its frames need none. All processes together
 * never exceed the limit. A process that dies loses at most a block for each user.
 */
import { FRAME_MS } from '../audio/frame';
import type { Clock } from '../base/clock';
import type { Disposable } from '../base/disposable';
import type { Logger } from '../base/logger';
import { placeOf } from '../base/placeOf';
import type { Allowance } from '../audio/allowance';
import type { Buckets, BucketSize } from './buckets';

/** A limit and its key. */
export interface AudioLimit {
  readonly key: string;
  /** Hours a day; more than 0. */
  readonly hours: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Target duration of a block … */
const BLOCK_LASTS_MS = 10_000;
/** … and its minimum and maximum size in frames: 10 s, half an hour. */
const [BLOCK_MIN, BLOCK_MAX] = [10_000 / FRAME_MS, (30 * 60_000) / FRAME_MS];
/**
 * Delay after a refusal before the servers are asked again, so that a waiting client causes few
 * reads.
 */
const [REFUSED_MIN_MS, REFUSED_MAX_MS] = [2_000, 60_000];
/** Wait until the servers have responded. */
const ASKED_MS = 50;
const UNREACHABLE_MS = 1_000;
/** Idle time after which an unused block is returned. */
const IDLE_MS = 10_000;

interface Budget {
  limit: AudioLimit;
  /** Remaining frames. */
  left: number;
  block: number;
  blockAt: number;
  usedAt: number;
  refusedUntil: number;
  /** True if the limit is reached; false if the servers do not respond. */
  over: boolean;
  asking: Promise<void> | undefined;
}

export interface AudioAllowanceSetup {
  readonly buckets: Buckets;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class AudioAllowance implements Disposable {
  private readonly budgets = new Map<string, Budget>();
  private timer: Disposable | undefined;

  constructor(private readonly setup: AudioAllowanceSetup) {}

  /**
   * Takes frames from all limits, or from none.
   * @param frames at most the daily limit
   */
  take(limits: readonly AudioLimit[], frames: number): ReturnType<Allowance> {
    const now = this.setup.clock.now();
    const budgets = limits.map((limit) => this.budget(limit, now));
    const lacking = budgets.filter(({ left }) => left < frames);
    for (const budget of budgets)
      if (budget.left < Math.max(frames, budget.block / 2)) this.ask(budget, frames);
    if (lacking.length > 0) {
      const refused = lacking.filter(({ refusedUntil }) => refusedUntil > now);
      return {
        waitMs: Math.max(
          ASKED_MS,
          ...refused.map(({ refusedUntil }) => Math.ceil(refusedUntil - now)),
        ),
        over: refused.some(({ over }) => over),
      };
    }
    for (const budget of budgets) [budget.left, budget.usedAt] = [budget.left - frames, now];
    return undefined;
  }

  /** Returns all unused frames. */
  async close(): Promise<void> {
    this.dispose();
    for (const { asking } of this.budgets.values()) await asking;
    await Promise.all([...this.budgets].map(([key, budget]) => this.giveBack(key, budget)));
  }

  dispose(): void {
    this.timer?.dispose();
  }

  private budget(limit: AudioLimit, now: number): Budget {
    this.timer ??= this.setup.clock.setTimeout(() => this.sweep(), IDLE_MS);
    let budget = this.budgets.get(limit.key);
    if (!budget)
      this.budgets.set(
        limit.key,
        (budget = {
          limit,
          left: 0,
          block: BLOCK_MIN,
          blockAt: -Infinity,
          usedAt: now,
          refusedUntil: 0,
          over: false,
          asking: undefined,
        }),
      );
    budget.limit = limit;
    return budget;
  }

  private ask(budget: Budget, least: number): void {
    const now = this.setup.clock.now();
    if (budget.asking || budget.refusedUntil > now) return;
    const lastedMs = now - budget.blockAt;
    const block =
      lastedMs < BLOCK_LASTS_MS
        ? 2 * budget.block
        : lastedMs > 4 * BLOCK_LASTS_MS
          ? budget.block / 2
          : budget.block;
    budget.block = Math.min(BLOCK_MAX, Math.max(BLOCK_MIN, Math.floor(block)));
    budget.blockAt = now;
    budget.asking = this.fetch(budget, least).finally(() => (budget.asking = undefined));
  }

  private async fetch(budget: Budget, least: number): Promise<void> {
    const { buckets, clock, logger } = this.setup;
    try {
      const { taken, waitMs } = await buckets.take(budget.limit.key, {
        ...sizeOf(budget.limit),
        least,
        most: Math.max(least, budget.block),
      });
      budget.left += taken;
      // Near the limit, the granted block is smaller than requested. The next request starts from
      // the granted size, so that others can use the rest.
      if (taken > 0) budget.block = taken;
      else
        [budget.refusedUntil, budget.over] = [
          clock.now() + Math.min(REFUSED_MAX_MS, Math.max(REFUSED_MIN_MS, waitMs)),
          true,
        ];
    } catch (error) {
      [budget.refusedUntil, budget.over] = [clock.now() + UNREACHABLE_MS, false];
      logger.warn('limits.unreachable', { error: placeOf(error) });
    }
  }

  private sweep(): void {
    this.timer = undefined;
    const now = this.setup.clock.now();
    for (const [key, budget] of this.budgets)
      if (now - budget.usedAt >= IDLE_MS && !budget.asking && budget.refusedUntil <= now)
        void this.giveBack(key, budget);
    if (this.budgets.size > 0)
      this.timer = this.setup.clock.setTimeout(() => this.sweep(), IDLE_MS);
  }

  private async giveBack(key: string, { limit, left }: Budget): Promise<void> {
    this.budgets.delete(key);
    // Frames that cannot be returned become available within a day.
    if (left > 0)
      await this.setup.buckets.giveBack(key, left, sizeOf(limit)).catch(() => undefined);
  }
}

function sizeOf({ hours }: AudioLimit): BucketSize {
  return { size: Math.round((hours * HOUR_MS) / FRAME_MS), refillMs: DAY_MS };
}
