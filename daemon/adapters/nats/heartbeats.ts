/**
 * Signs of life of workers over NATS: sent by each, heard by every gateway. They are not stored: an
 * old one says nothing.
 */
import { z } from 'zod';
import type { Clock } from '../../base/clock';
import { type Disposable, toDisposable } from '../../base/disposable';
import { type Presence, WORKER_BEAT_MS, type WorkerBeat } from '../../team/presence';
import { BEATS } from './subjects';
import type { TeamBus } from './teamBus';

const count = z.number().int().min(0);
const Beat = z.object({
  id: z.string().min(1).max(100),
  provider: z.string().max(100),
  model: z.string().max(200),
  languages: z.array(z.string().max(40)).max(300),
  version: z.string().max(40),
  slots: count.max(1_000),
  busy: count.max(1_000),
  rssBytes: count,
  draining: z.boolean(),
});

export function hearBeats({ nc }: TeamBus, presence: Presence): Disposable {
  const subscription = nc.subscribe(BEATS, {
    callback: (error, message) => {
      if (error) return;
      const beat = Beat.safeParse(parsed(message.string()));
      if (beat.success) presence.add(beat.data);
    },
  });
  return toDisposable(() => subscription.unsubscribe());
}

/** Each second, and at once when the last free decoder is taken or the first is free again. */
export class Beats implements Disposable {
  private readonly timer: Disposable;
  private full: boolean | undefined;

  constructor(
    private readonly bus: TeamBus,
    clock: Clock,
    private readonly beat: () => WorkerBeat,
  ) {
    this.timer = clock.setInterval(() => this.send(), WORKER_BEAT_MS);
    this.send();
  }

  changed(): void {
    const { busy, slots } = this.beat();
    if (busy >= slots !== this.full) this.send();
  }

  send(): void {
    const beat = this.beat();
    this.full = beat.busy >= beat.slots;
    if (!this.bus.nc.isClosed()) this.bus.nc.publish(BEATS, JSON.stringify(beat));
  }

  dispose(): void {
    this.timer.dispose();
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
