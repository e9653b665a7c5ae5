/** Headers of MPEG audio layer III (ISO 11172-3, 13818-3), and the Xing tag in the first frame. */
const MPEG_RATES: readonly (readonly number[])[] = [
  [11_025, 12_000, 8_000],
  [],
  [22_050, 24_000, 16_000],
  [44_100, 48_000, 32_000],
];
const KBITS_1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const KBITS_2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

export interface MpegFrame {
  readonly sampleRate: number;
  readonly channels: number;
  readonly bytes: number;
  readonly samples: number;
  readonly mpeg1: boolean;
}

/** Header of a layer III frame at `at`; undefined if there is none. */
export function mpegFrame(b: Uint8Array, at: number): MpegFrame | undefined {
  if (b[at] !== 0xff || (b[at + 1]! & 0xe0) !== 0xe0) return undefined;
  const version = (b[at + 1]! >> 3) & 3;
  const layer3 = ((b[at + 1]! >> 1) & 3) === 1;
  const sampleRate = MPEG_RATES[version]?.[(b[at + 2]! >> 2) & 3];
  const mpeg1 = version === 3;
  const kbits = (mpeg1 ? KBITS_1 : KBITS_2)[b[at + 2]! >> 4];
  if (!layer3 || sampleRate === undefined || !kbits) return undefined;
  const padding = (b[at + 2]! >> 1) & 1;
  const bytes = Math.floor(((mpeg1 ? 144_000 : 72_000) * kbits) / sampleRate) + padding;
  return {
    sampleRate,
    channels: b[at + 3]! >> 6 === 3 ? 1 : 2,
    bytes,
    samples: mpeg1 ? 1_152 : 576,
    mpeg1,
  };
}

export interface XingTag {
  /** Samples of one channel that the encoder was given. */
  readonly samples: number;
  /** Samples that the encoder put before the first one; undefined if the tag does not say. */
  readonly delay: number | undefined;
}

/** The Xing or Info frame of LAME and ffmpeg: number of frames, encoder delay and padding. */
export function xingTag(b: Uint8Array, at: number, frame: MpegFrame): XingTag | undefined {
  const tag =
    at + 4 + (frame.mpeg1 ? (frame.channels === 1 ? 17 : 32) : frame.channels === 1 ? 9 : 17);
  const name = String.fromCharCode(...b.subarray(tag, tag + 4));
  if ((name !== 'Xing' && name !== 'Info') || tag + 144 > b.length) return undefined;
  const view = new DataView(b.buffer, b.byteOffset, b.byteLength);
  const flags = view.getUint32(tag + 4);
  if (!(flags & 1)) return undefined;
  const samples = view.getUint32(tag + 8) * frame.samples;
  const lame =
    tag +
    8 +
    (flags & 1 ? 4 : 0) +
    (flags & 2 ? 4 : 0) +
    (flags & 4 ? 100 : 0) +
    (flags & 8 ? 4 : 0);
  const delay = (b[lame + 21]! << 4) | (b[lame + 22]! >> 4);
  const padding = ((b[lame + 22]! & 15) << 8) | b[lame + 23]!;
  return {
    samples: Math.max(0, samples - delay - padding),
    delay: delay + padding > 0 ? delay : undefined,
  };
}
