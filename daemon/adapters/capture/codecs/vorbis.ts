/** Packets of Vorbis by libvorbis in WASM. */
import type { FloatBlock, OnDamage } from './codec';
import type { PacketDecoder } from './ogg';
import { wasmFile } from './wasmFile';

/** The audio decoders of ogv.js 1.9.0. */
interface OgvDecoder {
  audioFormat: { channels: number; rate: number } | null;
  audioBuffer: Float32Array[] | null;
  init(done: () => void): void;
  processHeader(packet: ArrayBuffer, done: (ok: number) => void): void;
  processAudio(packet: ArrayBuffer, done: (ok: number) => void): void;
  _ogv_audio_decoder_destroy(): void;
}

/** Identification, comment and setup (Vorbis I, section 4.2). */
const HEADERS = 3;

export async function openVorbis(_head: Uint8Array, onDamage: OnDamage): Promise<PacketDecoder> {
  const { default: create } = (await import(
    'ogv/dist/ogv-decoder-audio-vorbis-wasm.js' as string
  )) as { default: (options: object) => Promise<OgvDecoder> };
  const decoder = await create({ wasmBinary: await wasmFile('vorbis.wasm') });
  decoder.init(() => undefined);
  let headers = 0;
  return {
    preSkip: 0,
    decode: (packet) => {
      const bytes = packet.slice().buffer;
      let ok = 1;
      const done = (result: number): void => {
        ok = result;
      };
      if (headers < HEADERS) {
        headers++;
        decoder.processHeader(bytes, done);
        if (!ok) throw new Error('A header of the Vorbis stream is damaged.');
        return undefined;
      }
      decoder.audioBuffer = null;
      decoder.processAudio(bytes, done);
      if (!ok) onDamage();
      return blockOf(decoder);
    },
    free: () => decoder._ogv_audio_decoder_destroy(),
  };
}

function blockOf({ audioBuffer, audioFormat }: OgvDecoder): FloatBlock | undefined {
  if (!audioBuffer?.[0]?.length || !audioFormat) return undefined;
  return { channelData: audioBuffer, sampleRate: audioFormat.rate };
}
