/** A worker's view of the partitions of one model: which may hold phrases, and which is next. */
import type { JetStreamManager } from '@nats-io/jetstream';
import { FairShare } from '../../asr/engine/fairShare';
import type { Clock } from '../../base/clock';
import type { DecodePriority } from '../../asr/contract/engine';
import { type Partition, PHRASES, finalsOf, partitionOfSubject } from './subjects';
import { NANOS } from './teamBus';

/**
 * Time after which another worker receives the phrases of a dead worker; a living worker reports
 * progress earlier.
 */
export const ACK_WAIT_MS = 2_000;
/** A consumer without requests for this time is removed, and made again with the next phrase. */
const CONSUMER_IDLE_MS = 60 * 60_000;
const MAX_PENDING = 10_000;
/** Exceeds the number of organisations that speak at once. */
const MAX_PARTITIONS = 30_000;

const RANK: Readonly<Record<DecodePriority, number>> = { final: 0, speculative: 1, partial: 2 };

interface PartitionState {
  readonly partition: Partition;
  /** Counts wakes; above 0 the partition may hold phrases. A wake during a pull is not lost. */
  wakes: number;
  emptyAt: number;
  ensured: boolean;
}

export class Partitions {
  private readonly states = new Map<string, PartitionState>();
  private readonly fairShare: FairShare;

  constructor(
    private readonly jsm: JetStreamManager,
    private readonly model: string,
    private readonly replicas: number,
    clock: Clock,
  ) {
    this.fairShare = new FairShare(clock);
  }

  wake(subject: string): void {
    const partition = partitionOfSubject(subject);
    if (!partition || partition.model !== this.model) return;
    const states = this.states.get(partition.subject);
    if (states) states.wakes++;
    else if (this.states.size < MAX_PARTITIONS)
      this.states.set(partition.subject, { partition, wakes: 1, emptyAt: 0, ensured: true });
  }

  /** Inspects the stream for missed wakes and for phrases of dead workers. */
  async sweep(): Promise<void> {
    const { state } = await this.jsm.streams.info(PHRASES, {
      subjects_filter: finalsOf(this.model),
    });
    for (const subject of Object.keys(state.subjects ?? {})) this.wake(subject);
  }

  /**
   * Next partition: finals first; among them the organisation with the least recent use of this
   * worker.
   */
  next(): { readonly partition: Partition; readonly wakes: number } | undefined {
    let best: PartitionState | undefined;
    for (const states of this.states.values()) {
      if (states.wakes === states.emptyAt) continue;
      if (best === undefined || this.before(states, best)) best = states;
    }
    return best && { partition: best.partition, wakes: best.wakes };
  }

  /** Makes the partition's consumer again if it did not answer. @throws JetStream's error */
  async ensure(partition: Partition): Promise<void> {
    const states = this.states.get(partition.subject);
    if (states?.ensured) return;
    await ensureConsumer(this.jsm, partition, this.replicas);
    if (states) states.ensured = true;
  }

  /** Marks a consumer without an answer for a check before the next pull. */
  doubt(partition: Partition): void {
    const states = this.states.get(partition.subject);
    if (states) [states.ensured, states.emptyAt] = [false, states.wakes];
  }

  empty(partition: Partition, wakes: number): void {
    const states = this.states.get(partition.subject);
    if (states) states.emptyAt = wakes;
  }

  /** Counts decoded audio of an organisation. */
  took({ organisation }: Partition, audioMs: number): void {
    this.fairShare.add(organisation, audioMs);
  }

  private before(a: PartitionState, b: PartitionState): boolean {
    const ranks = RANK[a.partition.priority] - RANK[b.partition.priority];
    return ranks !== 0
      ? ranks < 0
      : this.fairShare.of(a.partition.organisation) < this.fairShare.of(b.partition.organisation);
  }
}

/**
 * The gateway makes the consumer before the first phrase of the partition. Does nothing if it
 * exists.
 * @throws JetStream's error
 */
export async function ensureConsumer(
  jsm: JetStreamManager,
  { priority, stream, consumer, subject }: Partition,
  replicas: number,
): Promise<void> {
  const final = priority === 'final';
  await jsm.consumers.add(stream, {
    durable_name: consumer,
    ack_policy: 'explicit',
    filter_subject: subject,
    ack_wait: ACK_WAIT_MS * NANOS,
    max_deliver: final ? -1 : 1,
    max_ack_pending: MAX_PENDING,
    inactive_threshold: CONSUMER_IDLE_MS * NANOS,
    num_replicas: final ? replicas : 1,
  });
}
