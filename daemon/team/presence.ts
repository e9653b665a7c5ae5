/**
 * Which workers there are and how busy, by their signs of life; one that is silent is forgotten.
 */
import type { Clock } from '../base/clock';
import { Emitter } from '../base/emitter';

/**
 * Milliseconds between two signs of life; a worker also tells when its last free decoder is taken,
 * and when one is free again.
 */
export const WORKER_BEAT_MS = 1_000;
const FORGOTTEN_MS = 3_500;
/** More than any team has; what is above is not looked at. */
const MAX_WORKERS = 1_000;

export interface WorkerBeat {
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
    { readonly beat: WorkerBeat; readonly atMs: number }
  >();
  private readonly changed = new Emitter<void>();
  readonly onDidChange = this.changed.event;

  constructor(private readonly clock: Clock) {}

  add(beat: WorkerBeat): void {
    if (!this.workers.has(beat.id) && this.workers.size >= MAX_WORKERS) this.forget();
    if (this.workers.size >= MAX_WORKERS && !this.workers.has(beat.id)) return;
    if (beat.draining) this.workers.delete(beat.id);
    else this.workers.set(beat.id, { beat, atMs: this.clock.now() });
    this.changed.fire();
  }

  /** Of all models, or of one. */
  list(model?: string): readonly WorkerBeat[] {
    this.forget();
    return [...this.workers.values()]
      .map(({ beat }) => beat)
      .filter((beat) => model === undefined || beat.model === model);
  }

  capacity(model: string): Capacity {
    const workers = this.list(model);
    const sum = (of: (beat: WorkerBeat) => number): number =>
      workers.reduce((total, beat) => total + of(beat), 0);
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
