/**
 * Schedules the writes of a note: about a second after a change, and every few seconds during
 * continuous changes. Two writes never overlap. Retries after a refusal get slower. A write without
 * an answer counts as refused after half a minute. Time and timers are parameters.
 */

export interface Timers {
  now(): number;
  /** @returns a function that cancels the call. */
  after(ms: number, run: () => void): () => void;
}

export type WriteResult =
  | { readonly kind: 'written' }
  /** The document changed under the plan. Plan again soon. */
  | { readonly kind: 'stale' }
  | { readonly kind: 'failed' };

const QUIET_MS = 1_000;
const LATEST_MS = 3_000;
const STALE_MS = 150;
/** An editor may never answer a request for an edit or a save. */
const LIMIT_MS = 30_000;
const RETRY_FIRST_MS = 5_000;
const RETRY_MAX_MS = 60_000;

export class NoteScheduler {
  private cancel: (() => void) | undefined;
  private nextAt = Infinity;
  private firstChangeAt: number | undefined;
  private running: Promise<void> | undefined;
  private again = false;
  private failures = 0;
  private disposed = false;

  /** @param write updates the note; must not reject. */
  constructor(
    private readonly write: () => Promise<WriteResult>,
    private readonly timers: Timers,
  ) {}

  /** Reports a change that the note must show. */
  changed(): void {
    if (this.disposed) return;
    if (this.running !== undefined) {
      this.again = true;
      return;
    }
    const now = this.timers.now();
    this.firstChangeAt ??= now;
    if (this.failures > 0 && this.cancel !== undefined) return;
    this.schedule(Math.min(now + QUIET_MS, this.firstChangeAt + LATEST_MS));
  }

  /** Writes now, after any running write. Resolves when the note is written or refused. */
  async flush(): Promise<void> {
    while (this.running !== undefined) await this.running;
    if (!this.disposed) await this.run();
  }

  dispose(): void {
    this.disposed = true;
    this.clear();
  }

  private schedule(at: number): void {
    this.clear();
    this.nextAt = at;
    this.cancel = this.timers.after(Math.max(0, at - this.timers.now()), () => {
      this.cancel = undefined;
      void this.run();
    });
  }

  private clear(): void {
    this.cancel?.();
    this.cancel = undefined;
    this.nextAt = Infinity;
  }

  private run(): Promise<void> {
    this.clear();
    this.firstChangeAt = undefined;
    this.again = false;
    this.running = this.limited().then((result) => {
      this.running = undefined;
      if (this.disposed) return;
      const now = this.timers.now();
      if (result.kind === 'failed') {
        this.failures += 1;
        this.schedule(now + Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** (this.failures - 1)));
        return;
      }
      this.failures = 0;
      if (result.kind === 'stale') this.schedule(now + STALE_MS);
      else if (this.again) this.changed();
    });
    return this.running;
  }

  private limited(): Promise<WriteResult> {
    return new Promise((resolve) => {
      const cancel = this.timers.after(LIMIT_MS, () => resolve({ kind: 'failed' }));
      void this.write().then((result) => {
        cancel();
        resolve(result);
      });
    });
  }

  /** Time of the next write, for tests; Infinity if none is scheduled. */
  get dueAt(): number {
    return this.nextAt;
  }
}
