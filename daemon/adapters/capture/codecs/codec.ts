/** A decoder of one recording: encoded bytes in, blocks of floats out. */
export interface FloatBlock {
  /** One array for each channel, equally long, −1…1. */
  readonly channelData: readonly Float32Array[];
  /** Hz; may change within an Ogg file of several streams. */
  readonly sampleRate: number;
}

export interface Codec {
  /** @throws Error of the codec for data it cannot decode */
  decode(chunk: Uint8Array): readonly FloatBlock[] | Promise<readonly FloatBlock[]>;
  /** Blocks that wait for more bytes; call it once, after the last chunk. */
  end(): readonly FloatBlock[] | Promise<readonly FloatBlock[]>;
  free(): void;
}

/** Called for data that the codec skips. */
export type OnDamage = () => void;

/** Bytes that a codec has not decoded yet. */
export class PendingBytes {
  private bytes: Uint8Array = new Uint8Array(0);
  private at = 0;

  push(chunk: Uint8Array): void {
    const rest = this.bytes.subarray(this.at);
    if (rest.length === 0) this.bytes = chunk;
    else {
      this.bytes = new Uint8Array(rest.length + chunk.length);
      this.bytes.set(rest);
      this.bytes.set(chunk, rest.length);
    }
    this.at = 0;
  }

  get all(): Uint8Array {
    return this.bytes.subarray(this.at);
  }

  get length(): number {
    return this.bytes.length - this.at;
  }

  skip(count: number): void {
    this.at += Math.min(count, this.length);
  }
}
