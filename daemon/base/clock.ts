/** Time as a parameter. `now` is monotonic, `wall` is calendar time. */
import { type Disposable, toDisposable } from './disposable';

export interface Clock {
  /** Milliseconds, monotonic. */
  now(): number;
  /** Milliseconds since the epoch. */
  wall(): number;
  setTimeout(fn: () => void, ms: number): Disposable;
  setInterval(fn: () => void, ms: number): Disposable;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  setTimeout: (fn, ms) => {
    const t = setTimeout(fn, ms);
    return toDisposable(() => clearTimeout(t));
  },
  setInterval: (fn, ms) => {
    const t = setInterval(fn, ms);
    return toDisposable(() => clearInterval(t));
  },
};

/** A clock that tests advance by hand. Timers fire in order of time, then of creation. */
export class ManualClock implements Clock {
  private time = 0;
  private counter = 0;
  private readonly timers = new Map<number, { at: number; fn: () => void; every?: number }>();

  constructor(private epoch = Date.UTC(2026, 0, 5, 9, 0, 0)) {}

  now(): number {
    return this.time;
  }
  wall(): number {
    return this.epoch + this.time;
  }
  setTimeout(fn: () => void, ms: number): Disposable {
    return this.addTimer({ at: this.time + Math.max(0, ms), fn });
  }
  setInterval(fn: () => void, ms: number): Disposable {
    return this.addTimer({ at: this.time + Math.max(1, ms), fn, every: Math.max(1, ms) });
  }

  /** Changes the wall clock; monotonic time is not affected. */
  jump(ms: number): void {
    this.epoch += ms;
  }

  /** Advances time and fires due timers. */
  advance(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      let next: [number, { at: number; fn: () => void; every?: number }] | undefined;
      for (const entry of this.timers)
        if (entry[1].at <= end && (!next || entry[1].at < next[1].at)) next = entry;
      if (!next) break;
      const [id, timer] = next;
      this.time = Math.max(this.time, timer.at);
      if (timer.every === undefined) this.timers.delete(id);
      else timer.at += timer.every;
      timer.fn();
    }
    this.time = end;
  }

  get pending(): number {
    return this.timers.size;
  }

  private addTimer(timer: { at: number; fn: () => void; every?: number }): Disposable {
    const id = ++this.counter;
    this.timers.set(id, timer);
    return toDisposable(() => this.timers.delete(id));
  }
}
