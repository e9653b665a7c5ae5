/** Packets of Opus (RFC 7845) by libopus in WASM. */
import type { OnDamage } from './codec';
import type { PacketDecoder } from './ogg';

const RATE = 48_000;

/** @throws Error for an identification header that is too short */
export async function openOpus(head: Uint8Array, onDamage: OnDamage): Promise<PacketDecoder> {
  const { OpusDecoder } = await import('opus-decoder');
  const layout = layoutOf(head);
  const decoder = new OpusDecoder({ sampleRate: RATE, preSkip: 0, ...layout.channels });
  await decoder.ready;
  let headers = 2;
  return {
    preSkip: layout.preSkip,
    decode: (packet) => {
      if (headers > 0) {
        headers--;
        return undefined;
      }
      const { channelData, samplesDecoded, errors } = quietly(() => decoder.decodeFrame(packet));
      if (errors.length > 0) onDamage();
      if (samplesDecoded === 0) return undefined;
      if (layout.gain !== 1)
        for (const channel of channelData)
          for (let i = 0; i < channel.length; i++) channel[i]! *= layout.gain;
      return { channelData, sampleRate: RATE };
    },
    free: () => decoder.free(),
  };
}

/** Identification header (RFC 7845, section 5.1). */
function layoutOf(head: Uint8Array) {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const channels = head[9] ?? 0;
  const family = head[18];
  if (family === undefined || (family > 0 && head.length < 21 + channels))
    throw new Error('The header of the Opus stream is too short.');
  return {
    preSkip: view.getUint16(10, true),
    /** The header has decibels in steps of 1/256. */
    gain: 10 ** (view.getInt16(16, true) / 256 / 20),
    channels:
      family === 0
        ? {
            channels,
            streamCount: 1,
            coupledStreamCount: channels - 1,
            channelMappingTable: channels === 1 ? [0] : [0, 1],
          }
        : {
            channels,
            streamCount: head[19]!,
            coupledStreamCount: head[20]!,
            channelMappingTable: [...head.subarray(21, 21 + channels)],
          },
  };
}

/** opus-decoder 0.7.12 also prints errors to the console; it decodes before it returns. */
function quietly<T>(run: () => T): T {
  const { error } = console;
  console.error = () => undefined;
  try {
    return run();
  } finally {
    console.error = error;
  }
}
