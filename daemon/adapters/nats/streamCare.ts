/**
 * Repairs wrong counts of nats-server after its nodes died (seen with 2.9.10, once in 400 kills and
 * stops of 3 nodes under load). The bytes of a stream may be counted below zero, which reads as
 * more than any limit; then an empty stream refuses all messages. And acknowledged phrases may stay
 * in the queue; they are never delivered but count as the oldest waiting phrases.
 */
import type { StreamInfo } from '@nats-io/jetstream';
import type { Clock } from '../../base/clock';
import type { Disposable } from '../../base/disposable';
import type { Logger } from '../../base/logger';
import { PHRASES } from './subjects';
import type { TeamBus } from './teamBus';
import { ageOf } from './teamWatch';

const LOOK_MS = 5_000;
/** Age after which a queued phrase is checked for this fault. */
const LEFT_MS = 30_000;

/** Checks now and every few seconds. */
export function careForStreams(
  bus: Pick<TeamBus, 'jsm' | 'limits'>,
  clock: Clock,
  logger: Logger,
): Disposable {
  const care = new StreamCare(bus, clock, logger);
  void care.look();
  return clock.setInterval(() => void care.look(), LOOK_MS);
}

class StreamCare {
  private looking = false;

  constructor(
    private readonly bus: Pick<TeamBus, 'jsm' | 'limits'>,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    // A stream without a leader does not delay the others, and is checked again soon.
    await Promise.allSettled(
      [...this.bus.limits].map(async ([name, limit]) => {
        const info = await this.bus.jsm.streams.info(name);
        await this.limit(info, limit);
        if (name === PHRASES && ageOf(info, this.clock.wall()) > LEFT_MS) await this.clear(info);
      }),
    );
    this.looking = false;
  }

  private async limit({ config, state }: StreamInfo, limit: number): Promise<void> {
    // Messages on their way to other nodes may exceed the limit, but not double it.
    const wrong = state.bytes > 2 * limit;
    const wanted = wrong ? -1 : limit;
    if (config.max_bytes === wanted) return;
    if (wrong) this.logger.warn('nats.miscounts', { stream: config.name });
    await this.bus.jsm.streams.update(config.name, { ...config, max_bytes: wanted });
  }

  /** Removes acknowledged messages; waiting and decoding phrases come after them. */
  private async clear({ state }: StreamInfo): Promise<void> {
    for await (const { config, ack_floor: floor } of this.bus.jsm.consumers.list(PHRASES)) {
      if (config.filter_subject === undefined || floor.stream_seq < state.first_seq) continue;
      const { purged } = await this.bus.jsm.streams.purge(PHRASES, {
        filter: config.filter_subject,
        seq: floor.stream_seq + 1,
      });
      if (purged > 0) this.logger.warn('nats.leftBehind', { stream: PHRASES, messages: purged });
    }
  }
}
