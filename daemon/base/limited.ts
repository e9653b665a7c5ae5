/** Work of which so much runs at a time; the rest waits in the order in which it was asked for. */
export class Limited {
  private readonly waiting: (() => void)[] = [];
  private running = 0;

  constructor(private readonly most: number) {}

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= this.most) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.running++;
    try {
      return await work();
    } finally {
      // The place goes to the next one as it is.
      const next = this.waiting.shift();
      if (next) next();
      else this.running--;
    }
  }
}
