/**
 * Streams the open phrase of a source to a recogniser that decodes while the audio arrives. Its
 * texts become partials, and the end of the stream becomes the final. After any failure the phrase
 * is decoded as a whole, so no word depends on the stream.
 */
import type { AsrResult, StreamedText } from '../asr/contract/provider';
import { SAMPLE_RATE } from '../audio/frame';
import type { OpenPhrase, Phrase } from '../vad/contract';
import type { EngineStream, PhraseEngine } from '../asr/contract/engine';

export interface StreamingSetup {
  readonly engine: PhraseEngine;
  readonly sessionId: string;
  readonly language: string;
  readonly onText: (phraseId: string, text: StreamedText) => void;
}

/** New audio from which it is pushed: the step of the fastest streaming models, 80 ms. */
const LEAST_SAMPLES = 0.08 * SAMPLE_RATE;

interface Open {
  readonly id: string;
  /** Undefined while it opens. */
  stream?: EngineStream;
  /** Samples of the phrase that were pushed. */
  pushed: number;
  /** The push in progress. At most one: newer audio waits in the phrase, whose length is limited. */
  pushing?: Promise<void> | undefined;
  failed?: boolean;
}

export class Streaming {
  private open: Open | undefined;

  constructor(private readonly setup: StreamingSetup) {}

  /** Speech began. */
  onset(id: string): void {
    this.cancel();
    const { engine, language, sessionId } = this.setup;
    const opening = engine.openStream?.({ language, sessionId, priority: 'final' });
    if (!opening) return;
    const open: Open = { id, pushed: 0 };
    this.open = open;
    opening.then(
      (stream) => {
        if (this.open !== open) stream?.close();
        else if (stream) open.stream = stream;
        else this.open = undefined;
      },
      () => this.discard(open),
    );
  }

  /** True if the open phrase is streamed, so that it needs no other decode before its end. */
  get active(): boolean {
    return this.open !== undefined;
  }

  /** Called when audio arrives. */
  tick(phrase: (fromSample: number) => OpenPhrase | undefined): void {
    const { open } = this;
    if (!open?.stream || open.pushing) return;
    const spoken = phrase(open.pushed);
    if (spoken?.id !== open.id || spoken.pcm.length < LEAST_SAMPLES) return;
    open.pushing = this.push(open, open.stream, spoken.pcm);
  }

  /**
   * The phrase ended.
   * @returns its text; undefined, also later, if the phrase must be decoded as a whole
   */
  take(phrase: Phrase): Promise<AsrResult | undefined> | undefined {
    const { open } = this;
    if (open?.id !== phrase.id || !open.stream || !endsWithStream(phrase, open.pushed)) {
      this.cancel();
      return undefined;
    }
    this.open = undefined;
    return this.finish(open, open.stream, phrase);
  }

  /** The phrase was dropped. */
  cancel(): void {
    this.discard(this.open);
  }

  private async finish(
    open: Open,
    stream: EngineStream,
    phrase: Phrase,
  ): Promise<AsrResult | undefined> {
    try {
      await open.pushing;
      if (open.failed) {
        stream.close();
        return undefined;
      }
      const rest = phrase.pcm.subarray(open.pushed);
      if (rest.length > 0) await stream.push(rest);
      return within(await stream.end(phrase.pcm), phrase.endMs - phrase.startMs);
    } catch {
      // The phrase is decoded as a whole, and that decode reports engine errors.
      stream.close();
      return undefined;
    }
  }

  private async push(open: Open, stream: EngineStream, pcm: Float32Array): Promise<void> {
    open.pushed += pcm.length;
    try {
      const text = await stream.push(pcm);
      if (this.open === open && (text.stable !== '' || text.unstable !== ''))
        this.setup.onText(open.id, text);
    } catch {
      open.failed = true;
      this.discard(open);
    } finally {
      open.pushing = undefined;
    }
  }

  private discard(open: Open | undefined): void {
    if (!open || this.open !== open) return;
    this.open = undefined;
    open.stream?.close();
  }
}

/**
 * False if the stream has audio of the next phrase, or if the phrase continues another: a decode as
 * a whole then aligns the words at the seam. Pushed silence after the end changes nothing.
 */
function endsWithStream({ cause, left, pcm }: Phrase, pushed: number): boolean {
  return left === undefined && cause !== 'cap' && (cause === 'silence' || pushed <= pcm.length);
}

/** A word may end in silence that the stream has and the phrase has not. */
function within(result: AsrResult, durationMs: number): AsrResult {
  if (result.words.every(({ endMs }) => endMs <= durationMs)) return result;
  const words = result.words.map((word) => ({
    ...word,
    startMs: Math.min(word.startMs, durationMs),
    endMs: Math.min(word.endMs, durationMs),
  }));
  return { ...result, words };
}
