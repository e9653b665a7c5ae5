/**
 * A digest over frames: d(n) = SHA-256(d(n−1) ‖ bytes of frame n), d(0) is 32 zero bytes. Machines
 * with equal digests after the same number of frames have the same audio. About 3 µs for each
 * frame.
 */
import { createHash } from 'node:crypto';

/** Received frames of a source: their number, and their digest as hex. */
export interface Received {
  readonly frames: number;
  readonly digest: string;
}

const EMPTY = Buffer.alloc(32);

export class FrameChain {
  private count: number;
  private hash: Buffer;

  /** @param from state of an earlier chain */
  constructor(from?: Received) {
    this.count = from?.frames ?? 0;
    this.hash = from ? Buffer.from(from.digest, 'hex') : EMPTY;
  }

  /** Number of frames; the sequence number of the next frame. */
  get frames(): number {
    return this.count;
  }

  get received(): Received {
    return { frames: this.count, digest: this.hash.toString('hex') };
  }

  /** @param pcm samples of the next frame */
  add(pcm: Int16Array): void {
    this.hash = createHash('sha256')
      .update(this.hash)
      .update(new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength))
      .digest();
    this.count++;
  }

  /**
   * Frames before `seq` are missing: from here on the digest differs from every chain with them.
   */
  skipTo(seq: number): void {
    if (seq <= this.count) return;
    this.hash = createHash('sha256')
      .update(this.hash)
      .update(`missing ${this.count} to ${seq}`)
      .digest();
    this.count = seq;
  }
}
