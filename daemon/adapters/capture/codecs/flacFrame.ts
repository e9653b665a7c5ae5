/** One frame of a FLAC stream (RFC 9639, section 9): header, subframes, both checksums. */
import { BitReader } from './bitReader';
import type { FloatBlock } from './codec';

export interface StreamInfo {
  /** Hz */
  readonly sampleRate: number;
  /** Bits of a sample, 4 to 32. */
  readonly bits: number;
  readonly channels: number;
}

/** The bytes are no frame, or a changed one. */
export class DamagedFrame extends Error {}

interface Header extends StreamInfo {
  readonly samples: number;
  /** 0 to 7: independent channels; 8: left and side; 9: side and right; 10: mid and side. */
  readonly assignment: number;
}

type Samples = Float64Array;

/**
 * @param bytes from the frame's sync code on
 * @returns samples divided by 2^(bits − 1), and the frame's length in bytes
 * @throws DamagedFrame
 * @throws OutOfBytes if the frame is not complete
 */
export function readFrame(
  bytes: Uint8Array,
  info: StreamInfo,
): { block: FloatBlock; byteLength: number } {
  const reader = new BitReader(bytes);
  const header = readHeader(reader, bytes, info);
  const channels = Array.from({ length: header.channels }, (_, channel) =>
    readSubframe(reader, header.samples, header.bits + (isSide(header, channel) ? 1 : 0)),
  );
  reader.align();
  const end = reader.byte;
  if (reader.read(16) !== crc16(bytes, end)) throw new DamagedFrame('checksum of the frame');
  joinChannels(channels, header.assignment);
  const scale = 2 ** -(header.bits - 1);
  return {
    block: {
      channelData: channels.map((samples) => Float32Array.from(samples, (s) => s * scale)),
      sampleRate: header.sampleRate,
    },
    byteLength: end + 2,
  };
}

const SYNC = 0b111_1111_1111_1100;
/** kHz by code; codes 12 to 14 say it at the end of the header. */
const KHZ = [0, 88.2, 176.4, 192, 8, 16, 22.05, 24, 32, 44.1, 48, 96];
/** Bits by code; 0: as in STREAMINFO. */
const BITS = [0, 8, 12, undefined, 16, 20, 24, 32];

function readHeader(reader: BitReader, bytes: Uint8Array, info: StreamInfo): Header {
  if (reader.read(15) !== SYNC) throw new DamagedFrame('no sync code');
  reader.read(1);
  const [sizeCode, rateCode, assignment] = [reader.read(4), reader.read(4), reader.read(4)];
  const bits = BITS[reader.read(3)];
  if (reader.read(1) !== 0 || sizeCode === 0 || rateCode === 15 || assignment > 10)
    throw new DamagedFrame('reserved value');
  if (bits === undefined) throw new DamagedFrame('reserved bit depth');
  skipCodedNumber(reader);
  const samples = blockSize(reader, sizeCode);
  const sampleRate = rateOf(reader, rateCode) ?? info.sampleRate;
  const length = reader.byte;
  if (reader.read(8) !== crc8(bytes, length)) throw new DamagedFrame('checksum of the header');
  const channels = assignment < 8 ? assignment + 1 : 2;
  if (channels !== info.channels) throw new DamagedFrame('another number of channels');
  return { samples, sampleRate, bits: bits || info.bits, channels, assignment };
}

/** Number of the frame or sample, coded like UTF-8 with up to 7 bytes. */
function skipCodedNumber(reader: BitReader): void {
  const first = reader.read(8);
  const ones = Math.clz32(~(first << 24));
  if (ones === 1 || ones === 8) throw new DamagedFrame('coded number');
  for (let i = 1; i < ones; i++)
    if (reader.read(8) >> 6 !== 0b10) throw new DamagedFrame('coded number');
}

function blockSize(reader: BitReader, code: number): number {
  if (code === 1) return 192;
  if (code <= 5) return 144 << code;
  if (code === 6) return reader.read(8) + 1;
  if (code === 7) return reader.read(16) + 1;
  return 1 << code;
}

/** Hz; undefined if it is the stream's. */
function rateOf(reader: BitReader, code: number): number | undefined {
  if (code === 12) return reader.read(8) * 1000;
  if (code === 13) return reader.read(16);
  if (code === 14) return reader.read(16) * 10;
  return code === 0 ? undefined : Math.round(KHZ[code]! * 1000);
}

/** A difference of two channels takes one more bit. */
const isSide = ({ assignment }: Header, channel: number): boolean =>
  assignment === 9 ? channel === 0 : assignment >= 8 && channel === 1;

function readSubframe(reader: BitReader, count: number, width: number): Samples {
  if (reader.read(1) !== 0) throw new DamagedFrame('padding bit');
  const type = reader.read(6);
  const wasted = reader.read(1) === 1 ? reader.unary() + 1 : 0;
  const bits = width - wasted;
  if (bits < 1) throw new DamagedFrame('wasted bits');
  const samples = new Float64Array(count);
  if (type === 0) samples.fill(reader.signed(bits));
  else if (type === 1) for (let i = 0; i < count; i++) samples[i] = reader.signed(bits);
  else if (type >= 8 && type <= 12) readFixed(reader, samples, bits, type - 8);
  else if (type >= 32) readLinear(reader, samples, bits, type - 31);
  else throw new DamagedFrame('reserved subframe');
  if (wasted > 0) for (let i = 0; i < count; i++) samples[i]! *= 2 ** wasted;
  return samples;
}

/** Coefficients of the fixed predictors (section 9.2.5), the newest sample first. */
const FIXED = [[], [1], [2, -1], [3, -3, 1], [4, -6, 4, -1]] as const;

function readFixed(reader: BitReader, samples: Samples, bits: number, order: number): void {
  readWarmUp(reader, samples, bits, order);
  readResidual(reader, samples, order);
  predict(samples, FIXED[order]!, 0);
}

function readLinear(reader: BitReader, samples: Samples, bits: number, order: number): void {
  readWarmUp(reader, samples, bits, order);
  const precision = reader.read(4) + 1;
  const shift = reader.signed(5);
  if (precision === 16 || shift < 0) throw new DamagedFrame('predictor');
  const coefficients = Array.from({ length: order }, () => reader.signed(precision));
  readResidual(reader, samples, order);
  predict(samples, coefficients, shift);
}

function readWarmUp(reader: BitReader, samples: Samples, bits: number, order: number): void {
  if (order > samples.length) throw new DamagedFrame('order above the block size');
  for (let i = 0; i < order; i++) samples[i] = reader.signed(bits);
}

/** Rice-coded differences to the prediction, in partitions (section 9.2.7). */
function readResidual(reader: BitReader, samples: Samples, order: number): void {
  const method = reader.read(2);
  if (method > 1) throw new DamagedFrame('reserved residual coding');
  const parameterBits = method === 0 ? 4 : 5;
  const escape = 2 ** parameterBits - 1;
  const partitions = 1 << reader.read(4);
  const each = samples.length / partitions;
  if (!Number.isInteger(each) || each < order) throw new DamagedFrame('partitions');
  for (let partition = 0, at = order; partition < partitions; partition++) {
    const end = (partition + 1) * each;
    const parameter = reader.read(parameterBits);
    if (parameter === escape) {
      const width = reader.read(5);
      for (; at < end; at++) samples[at] = reader.signed(width);
      continue;
    }
    const scale = 2 ** parameter;
    for (; at < end; at++) {
      const folded = reader.unary() * scale + reader.read(parameter);
      samples[at] = folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
    }
  }
}

/** Adds the prediction from earlier samples to each difference, in place. */
function predict(samples: Samples, coefficients: readonly number[], shift: number): void {
  const order = coefficients.length;
  const divisor = 2 ** -shift;
  for (let i = order; i < samples.length; i++) {
    let sum = 0;
    for (let j = 0; j < order; j++) sum += coefficients[j]! * samples[i - 1 - j]!;
    samples[i]! += Math.floor(sum * divisor);
  }
}

/** Turns differences back into left and right, in place (section 4.2). */
function joinChannels([first, second]: Samples[], assignment: number): void {
  if (assignment < 8 || first === undefined || second === undefined) return;
  for (let i = 0; i < first.length; i++) {
    const [a, b] = [first[i]!, second[i]!];
    if (assignment === 8) second[i] = a - b;
    else if (assignment === 9) first[i] = a + b;
    else {
      const sum = a * 2 + (b & 1);
      first[i] = (sum + b) / 2;
      second[i] = (sum - b) / 2;
    }
  }
}

const table = (polynomial: number, width: 8 | 16): Uint16Array =>
  Uint16Array.from({ length: 256 }, (_, byte) => {
    let crc = byte << (width - 8);
    for (let i = 0; i < 8; i++) crc = (crc << 1) ^ (crc & (1 << (width - 1)) ? polynomial : 0);
    return crc & (2 ** width - 1);
  });
/** Polynomials of the frame's header (section 9.1.8) and of the frame (section 9.3). */
const CRC8 = table(0x07, 8);
const CRC16 = table(0x8005, 16);

function crc8(bytes: Uint8Array, length: number): number {
  let crc = 0;
  for (let i = 0; i < length; i++) crc = CRC8[crc ^ bytes[i]!]!;
  return crc;
}

function crc16(bytes: Uint8Array, length: number): number {
  let crc = 0;
  for (let i = 0; i < length; i++) crc = ((crc << 8) & 0xffff) ^ CRC16[(crc >> 8) ^ bytes[i]!]!;
  return crc;
}
