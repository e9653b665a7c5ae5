/**
 * Decodes the encoded bytes of a recording into blocks of floats: audio-decode's WASM codecs, chunk
 * by chunk.
 */
import type { DecoderName } from './audioHeader';

export interface FloatBlock {
  /** Equally long, −1…1. Fewer channels than the header has mean that they are alike. */
  readonly channelData: readonly Float32Array[];
  /** Hz; an Ogg file of several streams may change it. */
  readonly sampleRate: number;
}

/**
 * @param onDamage called for data that the codec passed over.
 * @throws Error of the codec for data it cannot decode.
 */
export async function* decodeBlocks(
  decoder: DecoderName,
  encoded: AsyncIterable<Uint8Array>,
  onDamage: () => void = () => undefined,
): AsyncGenerator<FloatBlock> {
  const { default: decode } = await import('audio-decode');
  const codec = await decode[decoder]();
  try {
    for await (const chunk of decoder === 'flac' ? cutOutsideFlacHeaders(encoded) : encoded) {
      const block = await quietly(() => codec(chunk), onDamage);
      if (block.channelData.length > 0) yield block;
    }
    const rest = await quietly(() => codec(), onDamage);
    if (rest.channelData.length > 0) yield rest;
  } finally {
    codec.free();
  }
}

/**
 * mpg123-decoder 1.0.3 reports damaged data on the console and nowhere else that audio-decode hands
 * on. It decodes before its promise is made, so the console is only taken for that long.
 */
function quietly<T>(run: () => Promise<T>, onComplaint: () => void): Promise<T> {
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
 * Cuts chunks so that none ends within a FLAC frame header: @audio/decode-flac 1.3.5 looks a header
 * up in one chunk only and loses the frame (up to 0.3 s) when the header is split. Bytes from a
 * possible header on wait for the next chunk.
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
