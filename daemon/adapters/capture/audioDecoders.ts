/**
 * Decodes the encoded bytes of a recording into blocks of floats: WASM codecs of the audio-decode
 * family, chunk by chunk. Each codec is a separate package; the family's common package would
 * include decoders under the GPL.
 */
import type { DecoderName } from './audioHeader';

export interface FloatBlock {
  /**
   * One array for each channel, equally long, −1…1. A decoder may merge identical channels, so
   * there may be fewer than in the header.
   */
  readonly channelData: readonly Float32Array[];
  /** Hz; may change within an Ogg file of several streams. */
  readonly sampleRate: number;
}

/**
 * @param onDamage called for data that the codec skips
 * @throws Error of the codec for data it cannot decode
 */
export async function* decodeBlocks(
  decoder: DecoderName,
  encoded: AsyncIterable<Uint8Array>,
  onDamage: () => void = () => undefined,
): AsyncGenerator<FloatBlock> {
  const codec = await CODECS[decoder]();
  const twin = decoder === 'mp3' ? new TwinChannels() : undefined;
  const blockOf = (decoded: Decoded | undefined): FloatBlock | undefined => {
    const block = decoded && wholeBlock(decoded);
    return block && (twin?.collapse(block) ?? block);
  };
  try {
    for await (const chunk of decoder === 'flac' ? cutOutsideFlacHeaders(encoded) : encoded) {
      const block = blockOf(await quietly(() => codec.decode(chunk), onDamage));
      if (block) yield block;
    }
    const rest = blockOf(await quietly(() => codec.flush?.(), onDamage));
    if (rest) yield rest;
  } finally {
    codec.free();
  }
}

interface Decoded {
  readonly channelData: readonly Float32Array[];
  readonly sampleRate: number;
  /** May be fewer than the array length, if the codec allocates the arrays in advance. */
  readonly samplesDecoded?: number;
}

interface Codec {
  decode(chunk: Uint8Array): Decoded | Promise<Decoded>;
  flush?(): Decoded | Promise<Decoded>;
  free(): void;
}

const CODECS: Readonly<Record<DecoderName, () => Promise<Codec>>> = {
  wav: async () => (await import('@audio/decode-wav')).decoder(),
  flac: async () => (await import('@audio/decode-flac')).decoder(),
  mp3: async () => (await import('@audio/decode-mp3')).decoder(),
  oga: async () => (await import('@audio/decode-vorbis')).decoder(),
  opus: async () => (await import('@audio/decode-opus')).decoder(),
};

/** Undefined if nothing was decoded. */
function wholeBlock({ channelData, sampleRate, samplesDecoded }: Decoded): FloatBlock | undefined {
  const length = samplesDecoded ?? channelData[0]?.length ?? 0;
  if (channelData.length === 0 || length === 0) return undefined;
  return { channelData: channelData.map((channel) => channel.subarray(0, length)), sampleRate };
}

/** mpg123 returns a mono stream as two equal channels; the first is enough until they differ. */
class TwinChannels {
  private equal = true;

  collapse(block: FloatBlock): FloatBlock {
    const [left, right] = block.channelData;
    if (!this.equal || !left || !right || block.channelData.length !== 2) return block;
    this.equal = left.every((value, at) => value === right[at]);
    return this.equal ? { ...block, channelData: [left] } : block;
  }
}

/**
 * mpg123-decoder 1.0.3 reports damaged data only on the console. It decodes before it returns, so
 * the console is replaced only during that call.
 */
function quietly<T>(run: () => T, onComplaint: () => void): T {
  const { error } = console;
  console.error = onComplaint;
  try {
    return run();
  } finally {
    console.error = error;
  }
}

/** The longest FLAC frame header (RFC 9639, section 9.1). */
const FLAC_HEADER_MAX = 16;

/**
 * Cuts chunks so that none ends within a FLAC frame header. @audio/decode-flac 1.3.5 searches a
 * header in one chunk only, and loses the frame (up to 0.3 s) when the header is split. Bytes from
 * a possible header on wait for the next chunk.
 */
async function* cutOutsideFlacHeaders(
  encoded: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let waiting = new Uint8Array(0);
  for await (const chunk of encoded) {
    let all = chunk;
    if (waiting.length > 0) {
      all = new Uint8Array(waiting.length + chunk.length);
      all.set(waiting);
      all.set(chunk, waiting.length);
    }
    let end = all.length;
    for (let at = end - 1; at >= 0 && at > end - FLAC_HEADER_MAX - 1; at--) {
      if (all[at] === 0xff && (at + 1 === all.length || (all[at + 1]! & 0xfe) === 0xf8)) end = at;
    }
    waiting = all.slice(end);
    if (end > 0) yield all.subarray(0, end);
  }
  if (waiting.length > 0) yield waiting;
}
