/**
 * Leases in a key-value bucket of JetStream; entries expire by the servers' clock. A claim creates
 * the key, which only one server can. The revision is the fencing token, and each renewal names the
 * previous revision.
 */
import type { KV } from '@nats-io/kv';
import { EarmarkError } from '../../../protocol/errors';
import type { Clock } from '../../base/clock';
import type { Disposable } from '../../base/disposable';
import { Emitter } from '../../base/emitter';
import type { Logger } from '../../base/logger';
import type { Lease } from '../../base/lease';
import type { Leases } from '../../team/leases';
import { patiently, type TeamBus } from './teamBus';

/**
 * Expiry of a lease without renewal: another gateway continues the sessions of a killed gateway
 * within 10 s.
 */
const LEASE_MS = 6_000;
const RENEW_MS = 2_000;
/**
 * Time after the last renewal during which the lease is trusted; later, another server may hold it.
 */
const TRUST_MS = 5_000;

/**
 * Interval between requests; without a leader there is no answer, and a short interval finds the
 * new leader soon.
 */
const ASK_MS = 1_000;

/** JetStream: the key is not at the named revision. */
const WRONG_REVISION = 10071;

interface OwnedLease {
  revision: number;
  renewedMs: number;
  readonly note: string;
  readonly lost: Emitter<void>;
  renewing: boolean;
}

/** @throws EarmarkError daemon.startFailed */
export async function openLeases(bus: TeamBus, clock: Clock, logger: Logger): Promise<Leases> {
  const [{ Kvm }, { jetstream }] = await Promise.all([
    import('@nats-io/kv'),
    import('@nats-io/jetstream'),
  ]);
  await patiently(() =>
    new Kvm(bus.js).create('EARMARK_LEASES', { history: 1, ttl: LEASE_MS, replicas: bus.replicas }),
  );
  const kv = await patiently(() =>
    new Kvm(jetstream(bus.nc, { timeout: ASK_MS })).open('EARMARK_LEASES'),
  );
  return new KvLeases(kv, clock, logger);
}

class KvLeases implements Leases {
  private readonly owned = new Map<string, OwnedLease>();
  private readonly timer: Disposable;

  constructor(
    private readonly kv: KV,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {
    this.timer = clock.setInterval(() => this.renew(), RENEW_MS);
  }

  async claim(key: string, note: string): Promise<Lease | undefined> {
    const begun = this.clock.now();
    let revision: number;
    try {
      revision = await this.kv.create(encodedKey(key), note);
    } catch (error) {
      if (isWrongRevision(error)) return undefined;
      throw unreachable(error);
    }
    const owned: OwnedLease = {
      revision,
      renewedMs: begun,
      note,
      lost: new Emitter<void>(),
      renewing: false,
    };
    this.owned.set(key, owned);
    return {
      key,
      token: revision,
      onDidLose: owned.lost.event,
      release: async () => {
        if (this.owned.get(key) !== owned) return;
        this.owned.delete(key);
        // A lease that cannot be returned expires.
        await this.kv
          .delete(encodedKey(key), { previousSeq: owned.revision })
          .catch(() => undefined);
      },
    };
  }

  async holder(key: string): Promise<string | undefined> {
    try {
      const entry = await this.kv.get(encodedKey(key));
      return entry?.operation === 'PUT' ? entry.string() : undefined;
    } catch (error) {
      throw unreachable(error);
    }
  }

  dispose(): void {
    this.timer.dispose();
    this.owned.clear();
  }

  private renew(): void {
    for (const [key, owned] of this.owned) {
      if (this.clock.now() - owned.renewedMs > TRUST_MS) this.lose(key, owned);
      else if (!owned.renewing) void this.renewOne(key, owned);
    }
  }

  private async renewOne(key: string, owned: OwnedLease): Promise<void> {
    const begun = this.clock.now();
    owned.renewing = true;
    try {
      owned.revision = await this.kv.update(encodedKey(key), owned.note, owned.revision);
      owned.renewedMs = begun;
    } catch (error) {
      if (isWrongRevision(error)) await this.doubt(key, owned, begun);
    } finally {
      owned.renewing = false;
    }
  }

  /**
   * Resolves a renewal without an answer: it moved the revision, and the note shows whether this
   * server wrote it.
   */
  private async doubt(key: string, owned: OwnedLease, begun: number): Promise<void> {
    const entry = await this.kv.get(encodedKey(key)).catch(() => undefined);
    if (entry?.operation === 'PUT' && entry.string() === owned.note)
      [owned.revision, owned.renewedMs] = [entry.revision, begun];
    else if (entry !== undefined) this.lose(key, owned);
  }

  private lose(key: string, owned: OwnedLease): void {
    if (this.owned.get(key) !== owned) return;
    this.owned.delete(key);
    this.logger.warn('lease.lost', { kind: key.split('.')[0] ?? '' });
    owned.lost.fire();
    owned.lost.dispose();
  }
}

/**
 * A key of a bucket contains letters, digits and `-_=./`. Dots separate parts, and no part is
 * empty.
 */
export function encodedKey(key: string): string {
  return key
    .split('.')
    .map((part) => Buffer.from(part, 'utf8').toString('base64url') || '=')
    .join('.');
}

export function isWrongRevision(error: unknown): boolean {
  return (error as { code?: unknown }).code === WRONG_REVISION;
}

export function unreachable(cause: unknown): EarmarkError {
  return new EarmarkError(
    'rpc.timeout',
    "The team's servers do not answer; try again in a moment.",
    { retryAfterMs: 2_000, cause },
  );
}
