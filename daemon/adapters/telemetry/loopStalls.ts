/** Stalls of the event loop, while one piece of work makes all clients wait. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Clock } from '../../base/clock';
import type { Disposable } from '../../base/disposable';

/** Milliseconds between two looks. A stall is measured at most this much too long. */
const LOOK_MS = 10;
const OBSERVE_MS = 1000;
/** Shorter ones are the timer's own spread. */
const LEAST_MS = 25;

export class LoopStalls implements Disposable {
  private readonly delays = monitorEventLoopDelay({ resolution: LOOK_MS });
  private readonly timer: Disposable;

  constructor(
    clock: Clock,
    private readonly onDidStall: (ms: number) => void,
  ) {
    this.delays.enable();
    this.timer = clock.setInterval(() => this.look(), OBSERVE_MS);
  }

  /** Reports the longest stall since the last call, if there was one. */
  look(): void {
    const ms = this.delays.max / 1e6;
    this.delays.reset();
    if (ms >= LEAST_MS) this.onDidStall(ms);
  }

  dispose(): void {
    this.timer.dispose();
    this.delays.disable();
  }
}
