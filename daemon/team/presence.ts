/**
 * Which workers there are and how busy, by their signs of life; one that is silent is forgotten.
 */
import type { Clock } from '../base/clock';
import { Emitter } from '../base/emitter';

/**
 * Milliseconds between two signs of life; a worker also tells when its last free decoder is taken,
 * and when one is free again.
 */
export const WORKER_HEARTBEAT_MS = 1_000;
const FORGOTTEN_MS = 3_500;
/** More than any team has; what is above is not looked at. */
const MAX_WORKERS = 1_000;

export interface WorkerHeartbeat {
  readonly id: string;
  readonly provider: string;
  readonly model: string;
  /** BCP 47 primary tags; `*` for many. */
  readonly languages: readonly string[];
  readonly version: string;
  /** Phrases it decodes at once, and those it decodes now. */
  readonly slots: number;
  readonly busy: number;
  readonly rssBytes: number;
  /** It ends its phrases and takes no more. */
  readonly draining: boolean;
}

export interface Capacity {
  readonly workers: number;
  readonly slots: number;
  readonly busy: number;
  readonly rssBytes: number;
}

export class Presence {
  private readonly workers = new Map<
    string,
    { readonly heartbeat: WorkerHeartbeat; readonly atMs: number }
  >();
  private readonly changed = new Emitter<void>();
  readonly onDidChange = this.changed.event;

  constructor(private readonly clock: Clock) {}

  add(heartbeat: WorkerHeartbeat): void {
    if (!this.workers.has(heartbeat.id) && this.workers.size >= MAX_WORKERS) this.forget();
    if (this.workers.size >= MAX_WORKERS && !this.workers.has(heartbeat.id)) return;
    if (heartbeat.draining) this.workers.delete(heartbeat.id);
    else this.workers.set(heartbeat.id, { heartbeat, atMs: this.clock.now() });
    this.changed.fire();
  }

  /** Of all models, or of one. */
  list(model?: string): readonly WorkerHeartbeat[] {
    this.forget();
    return [...this.workers.values()]
      .map(({ heartbeat }) => heartbeat)
      .filter((heartbeat) => model === undefined || heartbeat.model === model);
  }

  capacity(model: string): Capacity {
    const workers = this.list(model);
    const sum = (of: (heartbeat: WorkerHeartbeat) => number): number =>
      workers.reduce((total, heartbeat) => total + of(heartbeat), 0);
    return {
      workers: workers.length,
      slots: sum(({ slots }) => slots),
      busy: sum(({ busy }) => busy),
      rssBytes: sum(({ rssBytes }) => rssBytes),
    };
  }

  private forget(): void {
    const limit = this.clock.now() - FORGOTTEN_MS;
    for (const [id, { atMs }] of this.workers) if (atMs < limit) this.workers.delete(id);
  }
}
