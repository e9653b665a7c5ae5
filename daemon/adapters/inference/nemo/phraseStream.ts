/** A phrase over a cache-aware model: text while the audio arrives, and the whole text at the end. */
import { EarmarkError } from '../../../../protocol/errors';
import type { AsrResult, RecogniserStream, StreamedText } from '../../../asr/contract/provider';
import { SAMPLE_RATE } from '../../../audio/frame';
import type { NemoModel } from './nemoModel';
import { NemoStream, tailOf } from './nemoStream';
import type { SearchOptions } from './transducerSearch';
import { type WordOfTokens, confidenceOf, timedWords } from './words';

/** Audio that may wait for the decoder: a minute. */
const MAX_WAITING_SAMPLES = 60 * SAMPLE_RATE;

export class PhraseStream implements RecogniserStream {
  private readonly abortion = new AbortController();
  private readonly stream: NemoStream;
  private spentMs = 0;
  private samples = 0;
  private waitingSamples = 0;

  /** @param language language of the result */
  constructor(
    private readonly model: NemoModel,
    options: SearchOptions,
    private readonly language: string,
  ) {
    this.stream = new NemoStream(model, options, this.abortion.signal);
  }

  async push(pcm: Float32Array): Promise<StreamedText> {
    if (this.waitingSamples + pcm.length > MAX_WAITING_SAMPLES)
      throw new EarmarkError(
        'audio.tooFast',
        'A minute of audio waits for the recogniser; push this audio again in a moment.',
      );
    this.samples += pcm.length;
    this.waitingSamples += pcm.length;
    const begun = performance.now();
    try {
      const { committed, tentative } = await this.stream.push(pcm);
      return { stable: textOf(committed), unstable: textOf(tentative ? [tentative] : []) };
    } finally {
      this.waitingSamples -= pcm.length;
      this.spentMs += performance.now() - begun;
    }
  }

  async end(): Promise<AsrResult> {
    const { model, language, samples } = this;
    const begun = performance.now();
    const { committed } = await this.stream.push(tailOf(model)).then(() => this.stream.endInput());
    const words = timedWords(committed, model.frameMs, 0, (samples * 1000) / SAMPLE_RATE);
    const tokens = committed.flatMap((word) => word.tokens);
    return {
      text: words.map(({ text }) => text).join(' '),
      words,
      confidence: confidenceOf(tokens),
      uncalibrated: true,
      language,
      inferenceMs: this.spentMs + performance.now() - begun,
      tokens: tokens.map(({ id }) => id),
    };
  }

  close(): void {
    this.abortion.abort();
  }
}

function textOf(words: readonly WordOfTokens[]): string {
  return words.map(({ text }) => text).join(' ');
}
