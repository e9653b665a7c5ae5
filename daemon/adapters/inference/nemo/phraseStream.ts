/** A stream of phrases over a cache-aware model: partials as they come, a final for each flush. */
import { EarmarkError } from '../../../../protocol/errors';
import type { AsrResult, AsrStream } from '../../../asr/provider';
import { SAMPLE_RATE } from '../../../audio/frame';
import type { NemoModel } from './nemoModel';
import { NemoStream, type StreamText, tailOf } from './nemoStream';
import type { SearchOptions } from './transducerSearch';
import { confidenceOf, timedWords } from './words';

export interface StreamEvent {
  readonly kind: 'partial' | 'final';
  readonly result: AsrResult;
  /** Words at the front of the result that stay as they are; all of them in a final. */
  readonly committedWords: number;
}

/** Audio that may wait for the decoder: a minute. */
const MAX_WAITING_SAMPLES = 60 * SAMPLE_RATE;

export class PhraseStream implements AsrStream {
  readonly events: AsyncIterable<StreamEvent> = {
    [Symbol.asyncIterator]: () => ({ next: () => this.next() }),
  };
  private phrase: Phrase | undefined;
  private waitingSamples = 0;
  private flushing: Promise<void> = Promise.resolve();
  private closed = false;
  private failure: Error | undefined;
  private readonly queue: StreamEvent[] = [];
  private wake: (() => void) | undefined;

  constructor(
    private readonly model: NemoModel,
    private readonly options: SearchOptions,
    private readonly language: string,
  ) {}

  /** @throws EarmarkError engine.unavailable after `close`, audio.tooFast */
  push(pcm: Float32Array): void {
    if (this.closed)
      throw new EarmarkError('engine.unavailable', 'The stream is closed; open another one.');
    if (this.waitingSamples + pcm.length > MAX_WAITING_SAMPLES)
      throw new EarmarkError(
        'audio.tooFast',
        'A minute of audio waits for the recogniser; push this audio again in a moment.',
      );
    const phrase = (this.phrase ??= {
      stream: new NemoStream(this.model, this.options),
      samples: 0,
      begun: performance.now(),
    });
    phrase.samples += pcm.length;
    this.waitingSamples += pcm.length;
    phrase.stream.push(pcm).then(
      (text) => {
        this.waitingSamples -= pcm.length;
        if (this.phrase === phrase) this.add(this.eventOf('partial', phrase, text));
      },
      (error: unknown) => this.fail(error),
    );
  }

  flush(): Promise<void> {
    const { phrase } = this;
    if (!phrase) return this.flushing;
    this.phrase = undefined;
    this.flushing = this.flushing.then(async () => {
      try {
        await phrase.stream.push(tailOf(this.model));
        this.add(this.eventOf('final', phrase, await phrase.stream.endInput()));
      } catch (error) {
        this.fail(error);
        throw error;
      }
    });
    return this.flushing;
  }

  async close(): Promise<void> {
    if (this.closed) return;
    const last = this.flush();
    this.closed = true;
    await last.finally(() => this.wake?.());
  }

  private eventOf(kind: StreamEvent['kind'], phrase: Phrase, text: StreamText): StreamEvent {
    const all = text.tentative ? [...text.committed, text.tentative] : text.committed;
    const audioMs = (phrase.samples * 1000) / SAMPLE_RATE;
    const words = timedWords(all, this.model.frameMs, 0, audioMs);
    const tokens = all.flatMap((word) => word.tokens);
    return {
      kind,
      committedWords: timedWords(text.committed, this.model.frameMs, 0, audioMs).length,
      result: {
        text: words.map((word) => word.text).join(' '),
        words,
        confidence: confidenceOf(tokens),
        language: this.language,
        inferenceMs: performance.now() - phrase.begun,
        tokens: tokens.map(({ id }) => id),
      },
    };
  }

  private fail(error: unknown): void {
    this.failure ??= error instanceof Error ? error : new Error(String(error));
    this.wake?.();
  }

  /** A partial that nobody took makes way for the next event. */
  private add(event: StreamEvent): void {
    if (this.queue.at(-1)?.kind === 'partial') this.queue.pop();
    this.queue.push(event);
    this.wake?.();
  }

  private async next(): Promise<IteratorResult<StreamEvent>> {
    for (;;) {
      const value = this.queue.shift();
      if (value) return { done: false, value };
      if (this.failure) throw this.failure;
      if (this.closed) {
        await this.flushing.catch(() => undefined);
        const last = this.queue.shift();
        return last ? { done: false, value: last } : { done: true, value: undefined };
      }
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }
}

interface Phrase {
  readonly stream: NemoStream;
  samples: number;
  readonly begun: number;
}
