/**
 * State of a team's queue, for metrics and alerts. Checked in NATS every few seconds, in every
 * process.
 */
import type { StreamInfo } from '@nats-io/jetstream';
import type { Clock } from '../../base/clock';
import { type Disposable, DisposableStore } from '../../base/disposable';
import type { Presence } from '../../team/presence';
import type { TeamState } from '../../telemetry/teamState';
import { DEAD, PHRASES } from './subjects';
import type { TeamBus } from './teamBus';

const LOOK_MS = 5_000;
/** JetStream's dates for "none" start with this. */
const NO_DATE = /^0001-/;

interface Queue {
  readonly phrases: number;
  readonly ageMs: number;
  readonly deadLetters: number;
  readonly deadEver: number;
}

export class TeamWatch implements Disposable {
  private readonly disposables = new DisposableStore();
  private queue: Queue | undefined;
  private looking = false;

  constructor(
    private readonly bus: Pick<TeamBus, 'jsm'>,
    private readonly presence: Pick<Presence, 'list'>,
    private readonly clock: Clock,
  ) {
    this.disposables.add(clock.setInterval(() => void this.look(), LOOK_MS));
    void this.look();
  }

  /** Last observed state; without a queue while NATS does not answer. */
  readonly state = (): TeamState => {
    const workers = new Map<string, number>();
    let [slots, busy] = [0, 0];
    for (const heartbeat of this.presence.list()) {
      workers.set(heartbeat.model, (workers.get(heartbeat.model) ?? 0) + 1);
      slots += heartbeat.slots;
      busy += heartbeat.busy;
    }
    return { workers, slots, busy, ...(this.queue && { queue: this.queue }) };
  };

  dispose(): void {
    this.disposables.dispose();
  }

  private async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    try {
      const [phrases, dead] = await Promise.all([
        this.bus.jsm.streams.info(PHRASES),
        this.bus.jsm.streams.info(DEAD),
      ]);
      this.queue = {
        phrases: phrases.state.messages,
        ageMs: ageOf(phrases, this.clock.wall()),
        deadLetters: dead.state.messages,
        deadEver: dead.state.last_seq,
      };
    } catch {
      this.queue = undefined;
    } finally {
      this.looking = false;
    }
  }
}

/**
 * A phrase leaves the stream when acknowledged, so the first message is the oldest phrase that
 * waits or is being decoded.
 */
export function ageOf({ state, ...info }: StreamInfo, wall: number): number {
  if (state.messages === 0 || NO_DATE.test(String(state.first_ts))) return 0;
  // Uses the server's clock if it reports the time (nats-server 2.10).
  const reported = Date.parse(String((info as { ts?: unknown }).ts));
  return Math.max(
    0,
    (Number.isNaN(reported) ? wall : reported) - Date.parse(String(state.first_ts)),
  );
}
