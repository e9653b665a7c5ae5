/**
 * Batches cuts of speech of many sources for one speaker encoder, as detectorBatch.ts does for the
 * detector. A window takes 4.5 ms of processor time alone, 3.3 ms in a batch of four. One message
 * between the processes serves them all.
 */
import type { Embedding } from '../../../diarization/contract';

/**
 * Cuts in a call; the cuts of one source stay together. More gain nothing, and the next source
 * waits for all of them.
 */
const CUTS = 8;

interface Waiting {
  readonly cuts: readonly Float32Array[];
  resolve(embeddings: readonly Embedding[]): void;
  reject(error: unknown): void;
}

export class EmbedBatch {
  private readonly waiting: Waiting[] = [];
  private running = false;

  /** @param call returns an embedding for each cut */
  constructor(
    private readonly call: (cuts: readonly Float32Array[]) => Promise<readonly Embedding[]>,
  ) {}

  /**
   * @returns an embedding for each cut
   * @throws the error of the call, for every source in it
   */
  embed(cuts: readonly Float32Array[]): Promise<readonly Embedding[]> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ cuts, resolve, reject });
      if (!this.running) void this.run();
    });
  }

  private async run(): Promise<void> {
    this.running = true;
    for (let batch = this.next(); batch.length > 0; batch = this.next()) await this.ask(batch);
    this.running = false;
  }

  private next(): readonly Waiting[] {
    let cuts = 0;
    const count = this.waiting.findIndex((one, i) => (cuts += one.cuts.length) > CUTS && i > 0);
    return this.waiting.splice(0, count < 0 ? this.waiting.length : count);
  }

  private async ask(batch: readonly Waiting[]): Promise<void> {
    try {
      const embeddings = await this.call(batch.flatMap(({ cuts }) => cuts));
      let at = 0;
      for (const { cuts, resolve } of batch) resolve(embeddings.slice(at, (at += cuts.length)));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
