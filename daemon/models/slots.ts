/** Limits the number of concurrent tasks; others wait in order of arrival. */
import { EarmarkError } from '../../protocol/errors';

export class Slots {
  private readonly waiting: (() => void)[] = [];
  private taken = 0;

  /** @param count read for each new task; running tasks continue if it decreases */
  constructor(private readonly count: () => number) {}

  /** @throws EarmarkError rpc.cancelled if the signal aborts before the task starts */
  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.enter(signal);
    try {
      return await work();
    } finally {
      // The slot goes directly to the longest waiting task, so that no other task can take it in
      // between.
      const next = this.taken <= this.count() ? this.waiting.shift() : undefined;
      if (next) next();
      else this.taken--;
    }
  }

  private async enter(signal: AbortSignal): Promise<void> {
    const cancelled = (): EarmarkError =>
      new EarmarkError('rpc.cancelled', 'The download was cancelled before it started.');
    if (signal.aborted) throw cancelled();
    if (this.taken < this.count()) {
      this.taken++;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const go = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        this.waiting.splice(this.waiting.indexOf(go), 1);
        reject(cancelled());
      };
      this.waiting.push(go);
      signal.addEventListener('abort', leave, { once: true });
    });
  }
}
