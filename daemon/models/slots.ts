/** At most so many things at a time; the others wait in the order they came. */
import { EarmarkError } from '../../protocol/errors';

export class Slots {
  private readonly waiting: (() => void)[] = [];
  private taken = 0;

  /** @param count asked when somebody comes; who is in stays in when it gets smaller */
  constructor(private readonly count: () => number) {}

  /** @throws EarmarkError rpc.cancelled when the signal says so before its turn comes */
  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.enter(signal);
    try {
      return await work();
    } finally {
      // The place goes straight to whoever waits longest: between two turns nobody may slip in.
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
