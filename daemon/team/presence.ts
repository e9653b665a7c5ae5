/** Presence and load of workers from their heartbeats. A silent worker is removed. */
import type { Clock } from '../base/clock';
import { Emitter } from '../base/emitter';

/**
 * Interval of heartbeats in milliseconds. A worker also sends a heartbeat when its last free
 * decoder becomes busy or free again.
 */
export const WORKER_HEARTBEAT_MS = 1_000;
const FORGOTTEN_MS = 3_500;
/** Maximum number of workers, more than any team has; further workers are ignored. */
const MAX_WORKERS = 1_000;

export interface WorkerHeartbeat {
  readonly id: string;
  readonly provider: string;
  readonly model: string;
  /** BCP 47 primary tags; `*` for many. */
  readonly languages: readonly string[];
  readonly version: string;
  /** Number of phrases that it can decode in parallel, and number of running decodes. */
  readonly slots: number;
  readonly busy: number;
  readonly rssBytes: number;
  /** The worker finishes its phrases and accepts no more. */
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

  /** Workers of all models, or of a given model. */
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
