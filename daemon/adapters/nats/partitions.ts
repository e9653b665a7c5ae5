/** The lanes of one model as a worker sees them: which may hold phrases, and whose turn it is. */
import type { JetStreamManager } from '@nats-io/jetstream';
import { Shares } from '../../asr/fairShare';
import type { Clock } from '../../base/clock';
import type { DecodePriority } from '../../session/ports';
import { type Lane, PHRASES, finalsOf, laneOfSubject } from './subjects';
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
const MAX_LANES = 30_000;

const RANK: Readonly<Record<DecodePriority, number>> = { final: 0, speculative: 1, partial: 2 };

interface Known {
  readonly lane: Lane;
  /** It may hold something; counts wakes, so that one that comes during a pull is not lost. */
  wakes: number;
  emptyAt: number;
  ensured: boolean;
}

export class Lanes {
  private readonly known = new Map<string, Known>();
  private readonly shares: Shares;

  constructor(
    private readonly jsm: JetStreamManager,
    private readonly model: string,
    private readonly replicas: number,
    clock: Clock,
  ) {
    this.shares = new Shares(clock);
  }

  wake(subject: string): void {
    const lane = laneOfSubject(subject);
    if (!lane || lane.model !== this.model) return;
    const known = this.known.get(lane.subject);
    if (known) known.wakes++;
    else if (this.known.size < MAX_LANES)
      this.known.set(lane.subject, { lane, wakes: 1, emptyAt: 0, ensured: true });
  }

  /** Looks what the stream holds: wakes that were missed, and phrases whose worker died. */
  async sweep(): Promise<void> {
    const { state } = await this.jsm.streams.info(PHRASES, {
      subjects_filter: finalsOf(this.model),
    });
    for (const subject of Object.keys(state.subjects ?? {})) this.wake(subject);
  }

  /** Finals before all others; among them the organisation that had least of this worker lately. */
  next(): { readonly lane: Lane; readonly wakes: number } | undefined {
    let best: Known | undefined;
    for (const known of this.known.values()) {
      if (known.wakes === known.emptyAt) continue;
      if (best === undefined || this.before(known, best)) best = known;
    }
    return best && { lane: best.lane, wakes: best.wakes };
  }

  /** Its consumer, made anew where it did not answer. @throws what JetStream says */
  async ensure(lane: Lane): Promise<void> {
    const known = this.known.get(lane.subject);
    if (known?.ensured) return;
    await ensureConsumer(this.jsm, lane, this.replicas);
    if (known) known.ensured = true;
  }

  /** The consumer did not answer: it is looked after before the next pull. */
  doubt(lane: Lane): void {
    const known = this.known.get(lane.subject);
    if (known) [known.ensured, known.emptyAt] = [false, known.wakes];
  }

  empty(lane: Lane, wakes: number): void {
    const known = this.known.get(lane.subject);
    if (known) known.emptyAt = wakes;
  }

  /** An organisation had so much audio decoded. */
  took({ organisation }: Lane, audioMs: number): void {
    this.shares.add(organisation, audioMs);
  }

  private before(a: Known, b: Known): boolean {
    const ranks = RANK[a.lane.priority] - RANK[b.lane.priority];
    return ranks !== 0
      ? ranks < 0
      : this.shares.of(a.lane.organisation) < this.shares.of(b.lane.organisation);
  }
}

/**
 * The gateway makes it before the first phrase of the lane. Does nothing where it is there. @throws
 * what JetStream says
 */
export async function ensureConsumer(
  jsm: JetStreamManager,
  { priority, stream, consumer, subject }: Lane,
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
