/**
 * Windows of many sources on their way to one speech detector. Windows that arrive while a call runs
 * go together in the next call, one run of the model and one message for all of them
 * (docs/decisions/0016-speech-detector-graph.md).
 */
import type { Clock } from '../../base/clock';
import { VAD_WINDOW } from '../../vad/contract';

/**
 * Windows of one source in a call: a file that is read at once holds the others up by so much only.
 */
const WINDOWS = 8;
/** Sources in a call; more gain nothing. */
const SOURCES = 64;
/** With so many sources in the last call the next one waits for company … */
const CROWD = 4;
/**
 * … the longer, the more there were: a quarter of a window for four, and never a whole one, so no
 * phrase ends noticeably later.
 */
const GATHER_MS_PER_SOURCE = 2;
const MOST_GATHER_MS = 24;

export interface DetectParams {
  readonly streams: readonly number[];
  /** For each stream n × 512 samples. */
  readonly windows: readonly Float32Array[];
}

interface Waiting {
  readonly stream: number;
  readonly windows: Float32Array;
  readonly answer: Float32Array;
  /** Windows that were answered. */
  done: number;
  resolve(answer: Float32Array): void;
  reject(error: unknown): void;
}

export class DetectorBatch {
  private waiting: Waiting[] = [];
  private running = false;

  /** @param call answers the probabilities of each stream's windows */
  constructor(
    private readonly clock: Clock,
    private readonly call: (params: DetectParams) => Promise<readonly Float32Array[]>,
  ) {}

  /**
   *
   * @returns a probability for each window @throws what the call throws, for every source that was
   * in it
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
        // The rest goes behind what came meanwhile.
        else this.waiting.push(one);
      });
    } catch (error) {
      for (const one of batch) one.reject(error);
    }
  }
}
