/**
 * Token buckets that all processes of a team share: what is taken from one is taken once, whoever
 * asks at the same moment. Units are whole numbers; what was taken comes back evenly over
 * `refillMs`.
 */
import { EarmarkError } from '../../protocol/errors';

/** How much a bucket holds, and the milliseconds in which an empty one is full again. */
export interface BucketSize {
  readonly size: number;
  readonly refillMs: number;
}

export interface BucketRequest extends BucketSize {
  /** Less of it does not help. */
  readonly least: number;
  /** As much as this, where that leaves enough to others. */
  readonly most: number;
}

export interface BucketGrant {
  /** 0, or `least` to `most`. */
  readonly taken: number;
  /** Milliseconds until `least` is there, where it was not. */
  readonly waitMs: number;
}

export interface Buckets {
  /** @throws EarmarkError rpc.timeout where nobody can say now how much there is */
  take(key: string, request: BucketRequest): Promise<BucketGrant>;
  /** What was taken and not used. @throws EarmarkError rpc.timeout */
  giveBack(key: string, units: number, size: BucketSize): Promise<void>;
}

/** What is in a bucket, and when that was so by the wall clock; milliseconds. */
export interface BucketLevel {
  readonly units: number;
  readonly atMs: number;
}

/**
 * Of what is left one process takes at most this part at once, so that none takes away what others
 * need.
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

/** Time of a process whose clock is behind another one's stands still. */
function levelAt(
  level: BucketLevel | undefined,
  { size, refillMs }: BucketSize,
  nowMs: number,
): BucketLevel {
  if (!level) return { units: size, atMs: nowMs };
  const back = Math.floor((Math.max(0, nowMs - level.atMs) * size) / refillMs);
  if (level.units + back >= size) return { units: size, atMs: Math.max(level.atMs, nowMs) };
  // What is less than a unit is not lost: the time of it stays.
  return { units: level.units + back, atMs: level.atMs + Math.floor((back * refillMs) / size) };
}

/** Buckets of one process. */
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
