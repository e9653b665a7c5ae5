/**
 * Recognition while the audio comes: a cache-aware encoder sees each piece once and carries what it
 * needs of the past. Text that was given never changes; only the last word may grow.
 */
import type { Tensor } from 'onnxruntime-node';
import { EarmarkError } from '../../../../protocol/errors';
import { HOP, LogMel } from './logMel';
import { type NemoModel, encoderFrames, inputsOf } from './nemoModel';
import { anotherGraph, tensor } from './transducerGraphs';
import { type SearchOptions, TransducerSearch } from './transducerSearch';
import { type TimedToken, type WordOfTokens, wordsOf } from './words';

/**
 * Columns of zeros before the audio. The graph drops its first two output frames; so output t lies
 * on column 8 t, as in NeMo, and the first 160 ms are not lost.
 */
const LEAD_COLUMNS = 16;
/** A last piece with fewer new columns gives no output frame. */
const LEAST_COLUMNS = 8;

export interface StreamText {
  /** Words that are complete. They do not change. */
  readonly committed: readonly WordOfTokens[];
  /** The last word, which may still grow. */
  readonly tentative: WordOfTokens | undefined;
}

export class NemoStream {
  private readonly mel: LogMel;
  private readonly search: TransducerSearch<unknown>;
  private readonly part: Extract<NemoModel['part'], { kind: 'streaming' }>;
  private readonly columns: Float32Array[] = [];
  /** Columns that were dropped from the front of `columns`. */
  private dropped = 0;
  /** Column at which the next window begins. */
  private position = 0;
  private steps = 0;
  private channel: Tensor;
  private time: Tensor;
  private channelLength: Tensor;
  private running: Promise<unknown> = Promise.resolve();
  private ended = false;

  /** @throws EarmarkError model.incompatible where the model has no cache-aware encoder */
  constructor(
    private readonly model: NemoModel,
    options: SearchOptions = {},
    private readonly signal?: AbortSignal,
  ) {
    const { part, bands } = model;
    if (part.kind !== 'streaming') throw anotherGraph();
    this.part = part;
    this.mel = new LogMel(bands);
    this.search = new TransducerSearch(part.network, options);
    const { ort, sizes } = part;
    const zeros = (shape: readonly number[]): Tensor =>
      new ort.Tensor('float32', new Float32Array(shape.reduce((n, size) => n * size, 1)), shape);
    this.channel = zeros(sizes.channel);
    this.time = zeros(sizes.time);
    this.channelLength = new ort.Tensor('int64', BigInt64Array.of(0n), [1]);
    for (let i = 0; i < LEAD_COLUMNS; i++) this.columns.push(new Float32Array(bands));
  }

  /**
   * @param pcm 16 kHz mono, −1…1, of any length
   * @returns the text so far, when what can be decoded is decoded
   * @throws EarmarkError rpc.cancelled, engine.unavailable after the end
   */
  push(pcm: Float32Array): Promise<StreamText> {
    if (this.ended) return Promise.reject(endedAlready());
    const columns = this.mel.push(pcm);
    return this.queue(async () => {
      this.columns.push(...columns);
      await this.decode(false);
      return this.text();
    });
  }

  /** No more audio comes: decodes what is left. @returns the whole text, all of it committed */
  endInput(): Promise<StreamText> {
    if (this.ended) return Promise.reject(endedAlready());
    this.ended = true;
    const columns = this.mel.end();
    return this.queue(async () => {
      this.columns.push(...columns);
      await this.decode(true);
      return { committed: this.words(), tentative: undefined };
    });
  }

  get tokens(): readonly TimedToken[] {
    return this.search.tokens;
  }

  /** Encoder frames that were searched. */
  get frames(): number {
    return this.search.frames;
  }

  private words(): readonly WordOfTokens[] {
    return wordsOf(
      this.search.tokens,
      this.model.vocabulary,
      this.part.network.durations.length > 0,
    );
  }

  private text(): StreamText {
    const words = this.words();
    return { committed: words.slice(0, -1), tentative: words.at(-1) };
  }

  /** One piece after the other. */
  private queue<T>(work: () => Promise<T>): Promise<T> {
    const result = this.running.then(work);
    this.running = result.catch(() => undefined);
    return result;
  }

  private async decode(last: boolean): Promise<void> {
    const { window, shift } = this.part.sizes;
    const seenAgain = window - shift;
    for (;;) {
      const total = this.dropped + this.columns.length;
      if (!last && total < this.position + window) return;
      const fresh = total - Math.max(this.position + seenAgain, LEAD_COLUMNS);
      if (fresh < (this.steps > 0 ? LEAST_COLUMNS : 1)) return;
      if (this.signal?.aborted)
        throw new EarmarkError('rpc.cancelled', 'The decode was cancelled.');
      await this.step(this.columns.slice(this.position - this.dropped).slice(0, window));
      this.position += shift;
      this.steps++;
      this.columns.splice(0, this.position - this.dropped);
      this.dropped = this.position;
    }
  }

  private async step(columns: readonly Float32Array[]): Promise<void> {
    const { encoder, ort } = this.part;
    const { bands } = this.model;
    const data = new Float32Array(bands * columns.length);
    for (const [t, column] of columns.entries())
      for (let band = 0; band < bands; band++)
        data[band * columns.length + t] = column[band] as number;
    const results = await encoder.run({
      ...inputsOf(ort, { data, bands, columns: columns.length, length: columns.length }),
      cache_last_channel: this.channel,
      cache_last_time: this.time,
      cache_last_channel_len: this.channelLength,
    });
    this.channel = tensor(results['cache_last_channel_next']);
    this.time = tensor(results['cache_last_time_next']);
    this.channelLength = tensor(results['cache_last_channel_next_len']);
    await this.search.feed(encoderFrames(results), this.signal);
  }
}

/**
 * Silence to push before `endInput`: a step of the encoder, so that the last word has the audio
 * behind it that it was trained with.
 */
export function tailOf({ part }: NemoModel): Float32Array {
  return new Float32Array(part.kind === 'streaming' ? part.sizes.shift * HOP : 0);
}

function endedAlready(): EarmarkError {
  return new EarmarkError('engine.unavailable', 'The stream has ended; open a new one.');
}
