/** Limits concurrent tasks; the others wait in the order of their requests. */
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
      // The slot passes directly to the next task.
      const next = this.waiting.shift();
      if (next) next();
      else this.running--;
    }
  }
}
