/**
 * Greedy search of a transducer: token-and-duration (Xu et al. 2023, arXiv:2304.06795) or RNN-T,
 * which is the same with no durations. Goes on over the pieces of a stream. No I/O: the network
 * comes in as a parameter.
 */
import type { Lean, PhraseBias } from '../../../asr/decoding/phraseBias';
import { EarmarkError } from '../../../../protocol/errors';
import type { TimedToken } from './words';

/** What a transducer's decoder and joint network do, whatever files they lie in. */
export interface TransducerNetwork<State = unknown> {
  /** Number of the blank, which is the number of tokens. */
  readonly blank: number;
  /** Frames that each duration class stands for; none for RNN-T. */
  readonly durations: readonly number[];
  /** State before the first token: the blank came last. */
  start(): Promise<State>;
  /** State after a token. @param state one that `joint` was asked with */
  after(state: State, token: number): Promise<State>;
  /** @returns scores of the tokens, the blank and the durations, in this order */
  joint(frame: Float32Array, state: State): Promise<Float32Array>;
}

/** Output of the encoder. */
export interface EncoderFrames {
  /** [channels, columns], row-major. */
  readonly data: Float32Array;
  readonly channels: number;
  readonly columns: number;
  /** Columns that hold audio. */
  readonly length: number;
}

export interface SearchOptions {
  readonly bias?: PhraseBias | undefined;
  /**
   * Frames with the blank alone after which the decoder begins anew. After a long pause some
   * decoders give the blank for ever.
   */
  readonly stuckFrames?: number;
}

/** Tokens on one frame, as NeMo limits them. */
const MAX_SYMBOLS = 10;
/** 24 s of 80 ms: longer than any pause after which a speaker goes on with a sentence. */
const STUCK_FRAMES = 300;

export class TransducerSearch<State> {
  readonly tokens: TimedToken[] = [];
  /** Frames of the pieces before. */
  private offset = 0;
  /** First frame of the next piece; past 0 where the last duration reaches into it. */
  private next = 0;
  private state: State | undefined;
  private atFrame = 0;
  private blankFrames = 0;
  private fresh = true;
  private lean: Lean | undefined;

  constructor(
    private readonly network: TransducerNetwork<State>,
    private readonly options: SearchOptions = {},
  ) {
    this.lean = options.bias?.start;
  }

  /** Frames that were searched. */
  get frames(): number {
    return this.offset;
  }

  /** @throws EarmarkError rpc.cancelled between two steps */
  async feed(encoded: EncoderFrames, signal?: AbortSignal): Promise<void> {
    const { network } = this;
    this.state ??= await network.start();
    let t = this.next;
    const column = new Float32Array(encoded.channels);
    while (t < encoded.length) {
      if (signal?.aborted) throw new EarmarkError('rpc.cancelled', 'The decode was cancelled.');
      readColumn(encoded, t, column);
      const scores = await network.joint(column, this.state);
      const token = this.choose(scores);
      const duration = durationOf(scores, network);
      if (token !== network.blank) await this.take(token, t, duration, scores);
      const step = this.step(token === network.blank, duration);
      t += step;
      if (token === network.blank && (this.blankFrames += step) >= this.stuckAfter && !this.fresh)
        await this.restart();
    }
    this.next = t - encoded.length;
    this.offset += encoded.length;
  }

  private get stuckAfter(): number {
    return this.options.stuckFrames ?? STUCK_FRAMES;
  }

  private async take(
    token: number,
    t: number,
    duration: number,
    scores: Float32Array,
  ): Promise<void> {
    this.tokens.push({
      id: token,
      frame: this.offset + t,
      duration: this.network.durations.length > 0 ? duration : 1,
      logProb: logProbOf(scores, token, this.network.blank + 1),
    });
    this.state = await this.network.after(this.state as State, token);
    this.fresh = false;
    this.blankFrames = 0;
    if (this.lean && this.options.bias)
      this.lean = this.options.bias.after(this.lean, token, false);
  }

  /** Frames to go on. A blank always goes on; so does a frame that has all the tokens it may. */
  private step(isBlank: boolean, duration: number): number {
    if (!isBlank) this.atFrame++;
    if (duration > 0) {
      this.atFrame = 0;
      return duration;
    }
    if (!isBlank && this.atFrame < MAX_SYMBOLS) return 0;
    this.atFrame = 0;
    return 1;
  }

  private async restart(): Promise<void> {
    this.state = await this.network.start();
    this.fresh = true;
    this.blankFrames = 0;
    this.lean = this.options.bias?.start;
  }

  /** A boosted token takes the place of a likelier one, never of the blank. */
  private choose(scores: Float32Array): number {
    const { blank } = this.network;
    const best = indexOfLargest(scores, 0, blank + 1);
    const { bias } = this.options;
    const lean = this.lean;
    if (best === blank || !bias || !lean) return best;
    const score = (token: number): number =>
      (scores[token] as number) + bias.after(lean, token, false).bonus;
    const floor = (scores[best] as number) - bias.reach;
    let chosen = best;
    let highest = score(best);
    for (const token of bias.wanted(lean)) {
      if (token >= blank || (scores[token] as number) < floor) continue;
      const found = score(token);
      if (found > highest) [chosen, highest] = [token, found];
    }
    return chosen;
  }
}

function durationOf(
  scores: Float32Array,
  { blank, durations }: Pick<TransducerNetwork, 'blank' | 'durations'>,
): number {
  if (durations.length === 0) return 0;
  const first = blank + 1;
  return durations[indexOfLargest(scores, first, first + durations.length) - first] ?? 0;
}

function readColumn({ data, channels, columns }: EncoderFrames, t: number, to: Float32Array): void {
  for (let c = 0; c < channels; c++) to[c] = data[c * columns + t] as number;
}

/** The first of the largest in `from … to − 1`. */
export function indexOfLargest(values: Float32Array, from: number, to: number): number {
  let best = from;
  for (let i = from + 1; i < to; i++)
    if ((values[i] as number) > (values[best] as number)) best = i;
  return best;
}

/** Logarithm of the softmax of the first `count` scores at `token`. */
function logProbOf(scores: Float32Array, token: number, count: number): number {
  const largest = scores[indexOfLargest(scores, 0, count)] as number;
  let sum = 0;
  for (let i = 0; i < count; i++) sum += Math.exp((scores[i] as number) - largest);
  return (scores[token] as number) - largest - Math.log(sum);
}
