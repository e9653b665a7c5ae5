/**
 * Batches windows of many sources for one speech detector. Windows that arrive during a call go
 * together in the next call: one model run and one message
 * (docs/decisions/0016-speech-detector-graph.md).
 */
import type { Clock } from '../../../base/clock';
import { VAD_WINDOW } from '../../../vad/contract';

/**
 * Windows of one source in a call; limits the delay that a file read at once causes for other
 * sources.
 */
const WINDOWS = 8;
/** Sources in a call; more gain nothing. */
const SOURCES = 64;
/** With at least this number of sources in the last call, the next call waits for more windows. */
const CROWD = 4;
/**
 * The wait grows with the number of sources: a quarter of a window for four. It stays below a
 * window, so no phrase ends noticeably later.
 */
const GATHER_MS_PER_SOURCE = 2;
const MOST_GATHER_MS = 24;

export interface DetectParams {
  readonly streams: readonly number[];
  /** n × 512 samples for each stream. */
  readonly windows: readonly Float32Array[];
}

interface Waiting {
  readonly stream: number;
  readonly windows: Float32Array;
  readonly answer: Float32Array;
  /** Number of answered windows. */
  done: number;
  resolve(answer: Float32Array): void;
  reject(error: unknown): void;
}

export class DetectorBatch {
  private waiting: Waiting[] = [];
  private running = false;

  /** @param call returns the probabilities of each stream's windows */
  constructor(
    private readonly clock: Clock,
    private readonly call: (params: DetectParams) => Promise<readonly Float32Array[]>,
  ) {}

  /**
   * @returns a probability for each window
   * @throws the error of the call, for every source in it
   */
  detect(stream: number, windows: Float32Array): Promise<Float32Array> {
    return new Promise((resolve, reject) => {
      this.waiting.push({
        stream,
        windows,
        answer: new Float32Array(windows.length / VAD_WINDOW),
        done: 0,
        resolve,
        reject,
      });
      if (this.running) return;
      this.running = true;
      void this.run();
    });
  }

  private async run(): Promise<void> {
    let sources = 0;
    while (this.waiting.length > 0) {
      if (sources >= CROWD)
        await new Promise<void>((resolve) =>
          this.clock.setTimeout(resolve, Math.min(MOST_GATHER_MS, sources * GATHER_MS_PER_SOURCE)),
        );
      const batch = this.waiting.splice(0, SOURCES);
      sources = batch.length;
      await this.ask(batch);
    }
    this.running = false;
  }

  private async ask(batch: readonly Waiting[]): Promise<void> {
    try {
      const windows = batch.map(({ windows: all, done }) =>
        all.subarray(done * VAD_WINDOW, (done + WINDOWS) * VAD_WINDOW),
      );
      const answers = await this.call({ streams: batch.map(({ stream }) => stream), windows });
      batch.forEach((one, i) => {
        const answer = answers[i] ?? new Float32Array(0);
        one.answer.set(answer, one.done);
        one.done += answer.length;
        if (one.done >= one.answer.length) one.resolve(one.answer);
        // The rest queues behind windows that arrived in the meantime.
        else this.waiting.push(one);
      });
    } catch (error) {
      for (const one of batch) one.reject(error);
    }
  }
}
