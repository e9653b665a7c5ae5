/**
 * Token buckets shared by all processes of a team. Concurrent requests never take the same units.
 * Units are whole numbers; used units return evenly over `refillMs`.
 */
import { EarmarkError } from '../../protocol/errors';

/** Capacity of a bucket, and the milliseconds in which an empty bucket refills. */
export interface BucketSize {
  readonly size: number;
  readonly refillMs: number;
}

export interface BucketRequest extends BucketSize {
  /** Minimum useful amount. */
  readonly least: number;
  /** Desired amount, granted if enough remains for others. */
  readonly most: number;
}

export interface BucketGrant {
  /** 0, or a value from `least` to `most`. */
  readonly taken: number;
  /** Milliseconds until `least` is available; only if it was not. */
  readonly waitMs: number;
}

export interface Buckets {
  /** @throws EarmarkError rpc.timeout if the level is unavailable */
  take(key: string, request: BucketRequest): Promise<BucketGrant>;
  /**
   * Returns unused units.
   * @throws EarmarkError rpc.timeout
   */
  giveBack(key: string, units: number, size: BucketSize): Promise<void>;
}

/** Units in a bucket at a wall clock time in milliseconds. */
export interface BucketLevel {
  readonly units: number;
  readonly atMs: number;
}

/**
 * A process may take at most this fraction of the rest at once (1 / SHARE), so that others find
 * some.
 */
const SHARE = 8;

/** @param level absent: full */
export function taken(
  level: BucketLevel | undefined,
  { size, refillMs, least, most }: BucketRequest,
  nowMs: number,
): BucketGrant & { readonly level: BucketLevel } {
  if (least > size)
    throw new EarmarkError('internal', 'The request exceeds the size of the bucket.');
  const now = levelAt(level, { size, refillMs }, nowMs);
  if (now.units < least)
    return { taken: 0, waitMs: Math.ceil(((least - now.units) * refillMs) / size), level: now };
  const units = Math.min(most, Math.max(least, Math.floor(now.units / SHARE)));
  return { taken: units, waitMs: 0, level: { units: now.units - units, atMs: now.atMs } };
}

export function returned(
  level: BucketLevel | undefined,
  units: number,
  size: BucketSize,
  nowMs: number,
): BucketLevel {
  const now = levelAt(level, size, nowMs);
  return { units: Math.min(size.size, now.units + units), atMs: now.atMs };
}

/** If a process's clock is behind another's, its time stands still. */
function levelAt(
  level: BucketLevel | undefined,
  { size, refillMs }: BucketSize,
  nowMs: number,
): BucketLevel {
  if (!level) return { units: size, atMs: nowMs };
  const back = Math.floor((Math.max(0, nowMs - level.atMs) * size) / refillMs);
  if (level.units + back >= size) return { units: size, atMs: Math.max(level.atMs, nowMs) };
  // A fraction of a unit is not lost: its time is not counted yet.
  return { units: level.units + back, atMs: level.atMs + Math.floor((back * refillMs) / size) };
}

/** Buckets for a single process. */
export class MemoryBuckets implements Buckets {
  private readonly levels = new Map<string, BucketLevel>();

  constructor(private readonly wall: () => number) {}

  take(key: string, request: BucketRequest): Promise<BucketGrant> {
    const { level, ...grant } = taken(this.levels.get(key), request, this.wall());
    this.levels.set(key, level);
    return Promise.resolve(grant);
  }

  giveBack(key: string, units: number, size: BucketSize): Promise<void> {
    this.levels.set(key, returned(this.levels.get(key), units, size, this.wall()));
    return Promise.resolve();
  }
}
