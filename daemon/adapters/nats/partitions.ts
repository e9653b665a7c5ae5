/**
 * The partitions of one model as a worker sees them: which may hold phrases, and whose turn it is.
 */
import type { JetStreamManager } from '@nats-io/jetstream';
import { FairShare } from '../../asr/fairShare';
import type { Clock } from '../../base/clock';
import type { DecodePriority } from '../../session/ports';
import { type Partition, PHRASES, finalsOf, partitionOfSubject } from './subjects';
import { NANOS } from './teamBus';

/**
 * What a dead worker held comes to another one after so long; a living one says in time that it
 * works.
 */
export const ACK_WAIT_MS = 2_000;
/** A consumer that no worker asked for so long goes, and is made again with the next phrase. */
const CONSUMER_IDLE_MS = 60 * 60_000;
const MAX_PENDING = 10_000;
/** More organisations than speak at once. */
const MAX_PARTITIONS = 30_000;

const RANK: Readonly<Record<DecodePriority, number>> = { final: 0, speculative: 1, partial: 2 };

interface PartitionState {
  readonly partition: Partition;
  /** It may hold something; counts wakes, so that one that comes during a pull is not lost. */
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

  /** Looks what the stream holds: wakes that were missed, and phrases whose worker died. */
  async sweep(): Promise<void> {
    const { state } = await this.jsm.streams.info(PHRASES, {
      subjects_filter: finalsOf(this.model),
    });
    for (const subject of Object.keys(state.subjects ?? {})) this.wake(subject);
  }

  /** Finals before all others; among them the organisation that had least of this worker lately. */
  next(): { readonly partition: Partition; readonly wakes: number } | undefined {
    let best: PartitionState | undefined;
    for (const states of this.states.values()) {
      if (states.wakes === states.emptyAt) continue;
      if (best === undefined || this.before(states, best)) best = states;
    }
    return best && { partition: best.partition, wakes: best.wakes };
  }

  /** Its consumer, made anew where it did not answer. @throws what JetStream says */
  async ensure(partition: Partition): Promise<void> {
    const states = this.states.get(partition.subject);
    if (states?.ensured) return;
    await ensureConsumer(this.jsm, partition, this.replicas);
    if (states) states.ensured = true;
  }

  /** The consumer did not answer: it is looked after before the next pull. */
  doubt(partition: Partition): void {
    const states = this.states.get(partition.subject);
    if (states) [states.ensured, states.emptyAt] = [false, states.wakes];
  }

  empty(partition: Partition, wakes: number): void {
    const states = this.states.get(partition.subject);
    if (states) states.emptyAt = wakes;
  }

  /** An organisation had so much audio decoded. */
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
 * The gateway makes it before the first phrase of the partition. Does nothing where it is there.
 * @throws what JetStream says
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
