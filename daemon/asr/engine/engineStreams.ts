/** Spreads the streams of an engine over its decoders, and limits them. */
import type { DecodeRequest, RecogniserStream } from '../contract/provider';

/**
 * Streams of a decoder: two sources of two sessions. Each holds the state of an encoder, and a
 * decoder computes their steps in turn.
 */
const MAX_STREAMS = 4;

interface StreamingDecoder {
  openStream?(options: DecodeRequest): Promise<RecogniserStream | undefined>;
}

export class EngineStreams<D extends StreamingDecoder> {
  private readonly counts = new Map<D, number>();
  /** False once a decoder answered that the loaded model does not support streams. */
  private supported = true;

  /** The next stream asks the model again. */
  modelChanged(): void {
    this.supported = true;
  }

  busy(decoder: D): boolean {
    return this.count(decoder) > 0;
  }

  /**
   * Opens a stream on the decoder with the fewest streams.
   * @returns undefined if the model does not support streams, or every decoder has enough
   * @throws EarmarkError engine.*
   */
  async open(
    decoders: readonly D[],
    options: DecodeRequest,
  ): Promise<RecogniserStream | undefined> {
    const [decoder] = [...decoders].sort((a, b) => this.count(a) - this.count(b));
    if (!this.supported || !decoder?.openStream || this.count(decoder) >= MAX_STREAMS)
      return undefined;
    this.add(decoder, 1);
    const stream = await decoder.openStream(options).catch((error: unknown) => {
      this.add(decoder, -1);
      throw error;
    });
    if (!stream) {
      this.add(decoder, -1);
      this.supported = false;
      return undefined;
    }
    return this.counted(decoder, stream);
  }

  private counted(decoder: D, stream: RecogniserStream): RecogniserStream {
    let open = true;
    const done = (): void => {
      if (open) this.add(decoder, -1);
      open = false;
    };
    return {
      push: (pcm) => stream.push(pcm),
      end: () => stream.end().finally(done),
      close: () => {
        if (open) stream.close();
        done();
      },
    };
  }

  private count(decoder: D): number {
    return this.counts.get(decoder) ?? 0;
  }

  private add(decoder: D, change: number): void {
    this.counts.set(decoder, this.count(decoder) + change);
  }
}
