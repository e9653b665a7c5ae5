/**
 * Decodes the encoded bytes of a recording into blocks of floats, chunk by chunk. Every decoder is
 * under a permissive licence, also inside its WASM. See docs/decisions/0072-permissive-decoders.md.
 */
import type { DecoderName } from './audioHeader';
import type { Codec, FloatBlock, OnDamage } from './codecs/codec';
import { FlacCodec } from './codecs/flac';
import { Mp3Codec } from './codecs/mp3';
import { OggCodec } from './codecs/ogg';
import { openOpus } from './codecs/opus';
import { openVorbis } from './codecs/vorbis';

/**
 * @param onDamage called for data that the codec skips
 * @throws Error of the codec for data it cannot decode
 */
export async function* decodeBlocks(
  decoder: DecoderName,
  encoded: AsyncIterable<Uint8Array>,
  onDamage: OnDamage = () => undefined,
): AsyncGenerator<FloatBlock> {
  const codec = await CODECS[decoder](onDamage);
  try {
    for await (const chunk of encoded) yield* await codec.decode(chunk);
    yield* await codec.end();
  } finally {
    codec.free();
  }
}

const CODECS: Readonly<Record<DecoderName, (onDamage: OnDamage) => Promise<Codec>>> = {
  wav: () => wavCodec(),
  flac: (onDamage) => Promise.resolve(new FlacCodec(onDamage)),
  mp3: (onDamage) => Mp3Codec.create(onDamage),
  oga: (onDamage) => Promise.resolve(new OggCodec(openVorbis, onDamage)),
  opus: (onDamage) => Promise.resolve(new OggCodec(openOpus, onDamage)),
};

async function wavCodec(): Promise<Codec> {
  const { decoder } = await import('@audio/decode-wav');
  const wav = decoder();
  const blocks = (block: FloatBlock): FloatBlock[] => (block.channelData[0]?.length ? [block] : []);
  return {
    decode: (chunk) => blocks(wav.decode(chunk)),
    end: () => blocks(wav.flush()),
    free: () => wav.free(),
  };
}
