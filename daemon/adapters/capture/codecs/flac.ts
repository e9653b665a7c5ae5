/** Native FLAC, chunk by chunk: metadata, frames, and the search for the next frame after damage. */
import { OutOfBytes } from './bitReader';
import { type Codec, type FloatBlock, type OnDamage, PendingBytes } from './codec';
import { DamagedFrame, readFrame, type StreamInfo } from './flacFrame';

/** A frame of 65,535 samples in 8 channels of 32 bits, stored verbatim, in bytes. */
const FRAME_MAX_BYTES = 2_100_000;
const MAGIC_BYTES = 4;
const BLOCK_HEADER_BYTES = 4;
/** Metadata block type of STREAMINFO, and its bytes (RFC 9639, section 8.2). */
const STREAMINFO = 0;
const STREAMINFO_BYTES = 34;

export class FlacCodec implements Codec {
  private readonly pending = new PendingBytes();
  private info: StreamInfo | undefined;
  private state: 'magic' | 'metadata' | 'frames' = 'magic';
  private lastBlock = false;
  /** Bytes of a metadata block that are still to come. */
  private skipping = 0;
  /** A frame that was not complete is tried again with this many bytes. */
  private wanted = 0;

  constructor(private readonly onDamage: OnDamage) {}

  decode(chunk: Uint8Array): FloatBlock[] {
    this.pending.push(chunk);
    if (this.state !== 'frames' && !this.readMetadata()) return [];
    return this.pending.length < this.wanted ? [] : this.readFrames(false);
  }

  end(): FloatBlock[] {
    return this.state === 'frames' ? this.readFrames(true) : [];
  }

  free(): void {
    this.pending.skip(Number.MAX_SAFE_INTEGER);
  }

  /** True once the first frame comes next. */
  private readMetadata(): boolean {
    const { pending } = this;
    if (this.state === 'magic') {
      if (pending.length < MAGIC_BYTES) return false;
      pending.skip(MAGIC_BYTES);
      this.state = 'metadata';
    }
    for (;;) {
      const now = Math.min(this.skipping, pending.length);
      pending.skip(now);
      this.skipping -= now;
      if (this.skipping > 0) return false;
      if (this.lastBlock) break;
      const bytes = pending.all;
      if (bytes.length < BLOCK_HEADER_BYTES) return false;
      const isInfo = (bytes[0]! & 0x7f) === STREAMINFO;
      if (isInfo && bytes.length < BLOCK_HEADER_BYTES + STREAMINFO_BYTES) return false;
      if (isInfo) this.info = streamInfo(bytes.subarray(BLOCK_HEADER_BYTES));
      this.lastBlock = (bytes[0]! & 0x80) !== 0;
      this.skipping = BLOCK_HEADER_BYTES + ((bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!);
    }
    if (this.info === undefined) throw new Error('The FLAC file has no STREAMINFO block.');
    this.state = 'frames';
    return true;
  }

  private readFrames(isEnd: boolean): FloatBlock[] {
    const blocks: FloatBlock[] = [];
    const { pending } = this;
    let damaged = false;
    this.wanted = 0;
    for (;;) {
      const bytes = pending.all;
      const start = nextSync(bytes);
      if (start > 0) damaged = true;
      pending.skip(start);
      if (pending.length < 2) break;
      try {
        const { block, byteLength } = readFrame(bytes.subarray(start), this.info!);
        blocks.push(block);
        pending.skip(byteLength);
      } catch (error) {
        const tooLong = error instanceof OutOfBytes && pending.length > FRAME_MAX_BYTES;
        if (error instanceof OutOfBytes && !tooLong && !isEnd) {
          // Half as much again: many short chunks cost no more than a few long ones.
          this.wanted = pending.length * 1.5;
          break;
        }
        if (!(error instanceof OutOfBytes || error instanceof DamagedFrame)) throw error;
        damaged = true;
        pending.skip(1);
      }
    }
    if (damaged) this.onDamage();
    return blocks;
  }
}

function streamInfo(b: Uint8Array): StreamInfo {
  return {
    sampleRate: (b[10]! << 12) | (b[11]! << 4) | (b[12]! >> 4),
    bits: (((b[12]! & 1) << 4) | (b[13]! >> 4)) + 1,
    channels: ((b[12]! >> 1) & 7) + 1,
  };
}

/** Index of the first possible frame header; a last byte that may begin one counts. */
function nextSync(b: Uint8Array): number {
  for (let at = 0; at < b.length; at++)
    if (b[at] === 0xff && (at + 1 === b.length || (b[at + 1]! & 0xfe) === 0xf8)) return at;
  return b.length;
}
