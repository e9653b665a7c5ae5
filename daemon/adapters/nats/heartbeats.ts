/**
 * Heartbeats of workers over NATS: each worker sends them, every gateway receives them. They are
 * not stored, because an old heartbeat has no value.
 */
import { z } from 'zod';
import type { Clock } from '../../base/clock';
import { type Disposable, toDisposable } from '../../base/disposable';
import { type Presence, WORKER_HEARTBEAT_MS, type WorkerHeartbeat } from '../../team/presence';
import { HEARTBEATS } from './subjects';
import type { TeamBus } from './teamBus';

const count = z.number().int().min(0);
const Heartbeat = z.object({
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

export function followHeartbeats({ nc }: TeamBus, presence: Presence): Disposable {
  const subscription = nc.subscribe(HEARTBEATS, {
    callback: (error, message) => {
      if (error) return;
      const heartbeat = Heartbeat.safeParse(parsed(message.string()));
      if (heartbeat.success) presence.add(heartbeat.data);
    },
  });
  return toDisposable(() => subscription.unsubscribe());
}

/**
 * Sends every second, and immediately when the last free decoder is taken or the first is free
 * again.
 */
export class Heartbeats implements Disposable {
  private readonly timer: Disposable;
  private full: boolean | undefined;

  constructor(
    private readonly bus: TeamBus,
    clock: Clock,
    private readonly heartbeat: () => WorkerHeartbeat,
  ) {
    this.timer = clock.setInterval(() => this.send(), WORKER_HEARTBEAT_MS);
    this.send();
  }

  changed(): void {
    const { busy, slots } = this.heartbeat();
    if (busy >= slots !== this.full) this.send();
  }

  send(): void {
    const heartbeat = this.heartbeat();
    this.full = heartbeat.busy >= heartbeat.slots;
    if (!this.bus.nc.isClosed()) this.bus.nc.publish(HEARTBEATS, JSON.stringify(heartbeat));
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
