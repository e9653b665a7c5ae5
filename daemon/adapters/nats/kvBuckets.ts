/**
 * Token buckets in a key-value bucket of JetStream. A write names the revision that was read, so
 * one of two concurrent writers must read again. A bucket untouched for a day is full, and its
 * entry expires.
 */
import type { KV } from '@nats-io/kv';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { EarmarkError } from '../../../protocol/errors';
import { KeyedMutex } from '../../base/keyedMutex';
import {
  type Buckets,
  type BucketSize,
  type BucketGrant,
  type BucketLevel,
  returned,
  taken,
  type BucketRequest,
} from '../../team/buckets';
import { encodedKey, isWrongRevision, unreachable } from './kvLeases';
import { patiently, type TeamBus } from './teamBus';

/** Longer than any bucket needs to refill. */
const KEPT_MS = 26 * 3_600_000;
/** Enough tries for all servers of a team at the same moment. */
const TRIES = 100;
const PAUSE_MS = 10;

const Stored = z.object({ units: z.number(), atMs: z.number() });

/** @throws EarmarkError daemon.startFailed */
export async function openBuckets(bus: TeamBus, wall: () => number): Promise<Buckets> {
  const { Kvm } = await import('@nats-io/kv');
  // A direct read may be answered by any replica, also by a hung one: a third of all reads, as long
  // as it hangs.
  return new KvBuckets(
    await patiently(() =>
      new Kvm(bus.js).create('EARMARK_LIMITS', {
        history: 1,
        ttl: KEPT_MS,
        replicas: bus.replicas,
        allow_direct: false,
      }),
    ),
    wall,
  );
}

class KvBuckets implements Buckets {
  /** Requests of this process run in sequence; only servers contend. */
  private readonly turns = new KeyedMutex();

  constructor(
    private readonly kv: KV,
    private readonly wall: () => number,
  ) {}

  take(key: string, request: BucketRequest): Promise<BucketGrant> {
    return this.turns.take(key, () =>
      this.change(key, (now) => {
        const { level, ...grant } = taken(now, request, this.wall());
        // A refusal needs no write.
        return { grant, ...(grant.taken > 0 ? { level } : {}) };
      }),
    );
  }

  async giveBack(key: string, units: number, size: BucketSize): Promise<void> {
    await this.turns.take(key, () =>
      this.change(key, (now) => ({
        level: returned(now, units, size, this.wall()),
        grant: { taken: 0, waitMs: 0 },
      })),
    );
  }

  private async change(
    key: string,
    plan: (now: BucketLevel | undefined) => {
      readonly level?: BucketLevel;
      readonly grant: BucketGrant;
    },
  ): Promise<BucketGrant> {
    const name = encodedKey(key);
    try {
      for (let tries = 0; tries < TRIES; tries++) {
        const entry = await this.kv.get(name);
        const { level, grant } = plan(
          entry?.operation === 'PUT' ? Stored.parse(JSON.parse(entry.string())) : undefined,
        );
        if (!level) return grant;
        try {
          await (entry
            ? this.kv.update(name, JSON.stringify(level), entry.revision)
            : this.kv.create(name, JSON.stringify(level)));
          return grant;
        } catch (error) {
          if (!isWrongRevision(error)) throw error;
          await delay(Math.random() * PAUSE_MS);
        }
      }
    } catch (error) {
      throw error instanceof EarmarkError ? error : unreachable(error);
    }
    throw unreachable(undefined);
  }
}
