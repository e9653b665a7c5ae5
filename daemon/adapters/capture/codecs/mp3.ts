/** MP3 by minimp3: cuts the stream into frames, which the decoder takes one by one. */
import { type Codec, type FloatBlock, type OnDamage, PendingBytes } from './codec';
import { mpegFrame, xingTag, type MpegFrame } from './mpegFrame';
import { wasmFile } from './wasmFile';

/** Exports of minimp3-wasm 0.1.0, which holds one decoder. */
interface Minimp3 {
  readonly memory: WebAssembly.Memory;
  decoder_init(): void;
  decoder_set_mp3_data_size(bytes: number): void;
  decoder_mp3_data_offset(): number;
  decoder_pcm_data_offset(): number;
  decoder_decode(seconds: number): void;
  decode_results_num_channels(): number;
  decode_results_num_samples(): number;
}

/** Samples that any decoder of MP3 adds before the first one (LAME's technical FAQ). */
const DECODER_DELAY = 529;
/** A tag at the start: ten bytes and the length in them (ID3v2, section 3.1). */
const ID3_HEADER_BYTES = 10;
/** Tags after the last frame. */
const TRAILERS = ['TAG', 'APETAGEX', 'LYRICSBEGIN'];
/** Largest layer III frame: 320 kbit/s at 8 kHz, plus padding. */
const FRAME_MAX_BYTES = 2_881;

export class Mp3Codec implements Codec {
  private readonly pending = new PendingBytes();
  private started = false;
  /** Bytes of a tag that are still to come. */
  private tagBytes: number | undefined;
  private synced = true;
  /** Samples to drop, and to return at most. */
  private toSkip = 0;
  private toReturn = Infinity;

  private constructor(
    private readonly wasm: Minimp3,
    private readonly onDamage: OnDamage,
  ) {
    wasm.decoder_init();
  }

  static async create(onDamage: OnDamage): Promise<Mp3Codec> {
    const { instance } = await WebAssembly.instantiate(await wasmFile('mp3.wasm'), {});
    return new Mp3Codec(instance.exports as unknown as Minimp3, onDamage);
  }

  decode(chunk: Uint8Array): FloatBlock[] {
    this.pending.push(chunk);
    return this.skipTag() ? this.readFrames(false) : [];
  }

  end(): FloatBlock[] {
    const blocks = this.readFrames(true);
    const rest = this.pending.all;
    const text = String.fromCharCode(...rest.subarray(0, 11));
    if (rest.some((byte) => byte !== 0) && !TRAILERS.some((tag) => text.startsWith(tag)))
      this.onDamage();
    return blocks;
  }

  free(): void {
    this.pending.skip(Number.MAX_SAFE_INTEGER);
  }

  /** True once an ID3 tag at the start is skipped. */
  private skipTag(): boolean {
    const b = this.pending.all;
    if (this.tagBytes === undefined) {
      if (b.length < ID3_HEADER_BYTES) return false;
      this.tagBytes =
        b[0] === 0x49 && b[1] === 0x44 && b[2] === 0x33
          ? ID3_HEADER_BYTES + ((b[6]! << 21) | (b[7]! << 14) | (b[8]! << 7) | b[9]!)
          : 0;
    }
    const now = Math.min(this.tagBytes, b.length);
    this.pending.skip(now);
    this.tagBytes -= now;
    return this.tagBytes === 0;
  }

  private readFrames(isEnd: boolean): FloatBlock[] {
    const blocks: FloatBlock[] = [];
    for (;;) {
      const bytes = this.pending.all;
      // A header needs the next one to be sure, unless the file ends.
      if (!isEnd && bytes.length < FRAME_MAX_BYTES + 4) return blocks;
      const at = nextFrame(bytes, isEnd);
      if (at === undefined) {
        if (!isEnd) this.pending.skip(bytes.length - FRAME_MAX_BYTES - 4);
        if (!isEnd) this.lose();
        return blocks;
      }
      if (at > 0) this.lose();
      const frame = mpegFrame(bytes, at)!;
      const block = this.decodeFrame(bytes.subarray(at, at + frame.bytes), frame);
      this.pending.skip(at + frame.bytes);
      this.synced = true;
      if (block) blocks.push(block);
    }
  }

  /** Bytes before the first frame are no damage; players cut files within a frame. */
  private lose(): void {
    if (this.started && this.synced) this.onDamage();
    this.synced = false;
  }

  private decodeFrame(bytes: Uint8Array, frame: MpegFrame): FloatBlock | undefined {
    const first = !this.started;
    this.started = true;
    const tag = first ? xingTag(bytes, 0, frame) : undefined;
    if (tag !== undefined) {
      if (tag.delay === undefined) return undefined;
      this.toSkip = tag.delay + DECODER_DELAY;
      this.toReturn = tag.samples;
      return undefined;
    }
    const { wasm } = this;
    wasm.decoder_set_mp3_data_size(bytes.length);
    new Uint8Array(wasm.memory.buffer, wasm.decoder_mp3_data_offset(), bytes.length).set(bytes);
    wasm.decoder_decode(1);
    // Without the bytes of earlier frames that it needs, a frame gives nothing: keep its time.
    const decoded = wasm.decode_results_num_samples();
    const channels = decoded > 0 ? wasm.decode_results_num_channels() : frame.channels;
    const pcm = new Int16Array(wasm.memory.buffer, wasm.decoder_pcm_data_offset(), decoded);
    const length = decoded > 0 ? decoded / channels : frame.samples;
    const from = Math.min(this.toSkip, length);
    this.toSkip -= from;
    const count = Math.min(length - from, this.toReturn);
    this.toReturn -= count;
    if (count === 0) return undefined;
    return {
      channelData: Array.from({ length: channels }, (_, channel) =>
        Float32Array.from(
          { length: count },
          (_sample, i) => (pcm[(from + i) * channels + channel] ?? 0) / 32_768,
        ),
      ),
      sampleRate: frame.sampleRate,
    };
  }
}

/** Start of the next whole frame that another one of its kind follows, or the end. */
function nextFrame(bytes: Uint8Array, isEnd: boolean): number | undefined {
  for (let at = 0; at + 4 <= bytes.length; at++) {
    const frame = mpegFrame(bytes, at);
    if (!frame || at + frame.bytes > bytes.length) continue;
    const next = at + frame.bytes;
    const following = next + 4 <= bytes.length ? mpegFrame(bytes, next) : undefined;
    if (following ? following.sampleRate === frame.sampleRate : isEnd && at === 0) return at;
  }
  return undefined;
}
