/** Makes WAV files of every kind, and measures what is heard in samples. */

export interface WavOptions {
  sampleRate?: number;
  channels?: number;
  bits?: 8 | 16 | 24 | 32 | 64;
  float?: boolean;
  extensible?: boolean;
  /** What the data chunk says, where it should lie. */
  declaredBytes?: number;
  /** Bytes of a LIST chunk before the audio. */
  listBytes?: number;
}

/** @param sample value −1…1 of frame `i` of channel `c`. */
export function wav(
  frames: number,
  sample: (i: number, c: number) => number,
  options: WavOptions = {},
): Buffer {
  const {
    sampleRate = 16_000,
    channels = 1,
    bits = 16,
    float = false,
    extensible = false,
    listBytes = 0,
  } = options;
  const width = bits / 8;
  const data = Buffer.alloc(frames * channels * width);
  for (let i = 0, at = 0; i < frames; i++) {
    for (let c = 0; c < channels; c++, at += width) {
      const x = sample(i, c);
      if (float) bits === 64 ? data.writeDoubleLE(x, at) : data.writeFloatLE(x, at);
      else if (bits === 8)
        data.writeUInt8(Math.max(0, Math.min(255, Math.round(x * 128) + 128)), at);
      else
        data.writeIntLE(
          Math.max(
            -(2 ** (bits - 1)),
            Math.min(2 ** (bits - 1) - 1, Math.round(x * 2 ** (bits - 1))),
          ),
          at,
          width,
        );
    }
  }
  const codec = float ? 3 : 1;
  const format = Buffer.alloc(extensible ? 40 : 16);
  format.writeUInt16LE(extensible ? 0xfffe : codec, 0);
  format.writeUInt16LE(channels, 2);
  format.writeUInt32LE(sampleRate, 4);
  format.writeUInt32LE(Math.min(0xffff_ffff, sampleRate * channels * width), 8);
  format.writeUInt16LE(channels * width, 12);
  format.writeUInt16LE(bits, 14);
  if (extensible) {
    format.writeUInt16LE(22, 16);
    format.writeUInt16LE(bits, 18);
    format.writeUInt32LE((1 << channels) - 1, 20);
    Buffer.from([codec, 0, 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71]).copy(
      format,
      24,
    );
  }
  const list = listBytes > 0 ? chunk('LIST', Buffer.alloc(listBytes)) : Buffer.alloc(0);
  const body = Buffer.concat([
    Buffer.from('WAVE'),
    chunk('fmt ', format),
    list,
    chunk('data', data, options.declaredBytes),
  ]);
  return chunk('RIFF', body);
}

function chunk(id: string, data: Buffer, declared = data.length): Buffer {
  const head = Buffer.alloc(8);
  head.write(id, 0);
  head.writeUInt32LE(declared, 4);
  return Buffer.concat([head, data, Buffer.alloc(id === 'RIFF' ? 0 : data.length & 1)]);
}

/** 16-bit noise by a linear congruential generator, the same on every machine. */
export function noise(samples: number): Int16Array {
  const out = new Int16Array(samples);
  for (let i = 0, s = 12_345; i < samples; i++) {
    s = (Math.imul(s, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    out[i] = ((s >>> 8) & 0xffff) - 32_768;
  }
  return out;
}

export const sine =
  (hz: number, sampleRate: number, amplitude = 0.5) =>
  (i: number): number =>
    amplitude * Math.sin((2 * Math.PI * hz * i) / sampleRate);

/** Amplitude 0…1 of one frequency, by Goertzel's algorithm over all samples at 16 kHz. */
export function amplitudeOf(pcm: Int16Array, hz: number): number {
  let re = 0;
  let im = 0;
  pcm.forEach((v, i) => {
    re += v * Math.cos((2 * Math.PI * hz * i) / 16_000);
    im += v * Math.sin((2 * Math.PI * hz * i) / 16_000);
  });
  return (2 * Math.hypot(re, im)) / pcm.length / 32_768;
}
