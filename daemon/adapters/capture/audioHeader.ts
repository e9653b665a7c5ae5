/** Reads the header of a recording before any decoder runs: kind, rate, channels, length. */
import { EarmarkError } from '../../../protocol/errors';
import { FULL_SCALE, type FullScale } from '../../audio/pcm';
import { mpegFrame, xingTag } from './codecs/mpegFrame';

/** `oga` is Ogg Vorbis. */
export type DecoderName = 'wav' | 'flac' | 'mp3' | 'oga' | 'opus';

export interface AudioHeader {
  readonly decoder: DecoderName;
  /** Sample rate of the decoder's output in Hz. */
  readonly sampleRate: number;
  readonly channels: number;
  /** Samples of one channel according to the header; undefined if the header gives no length. */
  readonly declaredSamples: number | undefined;
  /** True if the last page of an Ogg stream is missing or incomplete. */
  readonly endMissing: boolean;
  /** The decoder's scale from 16-bit samples to floats. */
  readonly fullScale: FullScale;
  /**
   * Bytes for the decoder before the file's bytes from `start` on: a header without the chunks that
   * the decoder does not need.
   */
  readonly preamble?: Uint8Array;
  readonly start?: number;
}

/** Reads up to `length` bytes at `offset`; fewer at the end of the file. */
export type ReadAt = (offset: number, length: number) => Promise<Uint8Array>;

/** Sample rates of speech recordings lie in this range; the resampler takes at most 192 kHz. */
const MIN_RATE = 4_000;
const MAX_RATE = 192_000;
const MAX_CHANNELS = 8;
const HEAD_BYTES = 8_192;
/** A `fmt ` chunk with the coefficients of MS ADPCM takes 58 bytes. */
const FORMAT_MAX_BYTES = 512;

/**
 * @returns undefined for a kind that only ffmpeg may know
 * @throws EarmarkError audio.unsupportedFormat for an implausible header
 */
export async function readHeader(
  read: ReadAt,
  fileBytes: number,
  name: string,
): Promise<AudioHeader | undefined> {
  const head = await read(0, HEAD_BYTES);
  const magic = text(head, 0, 4);
  const header =
    magic === 'RIFF' && text(head, 8, 4) === 'WAVE'
      ? await wav(read, fileBytes, name)
      : magic === 'fLaC'
        ? flac(head)
        : magic === 'OggS'
          ? await ogg(head, read, fileBytes)
          : await mp3(head, read, fileBytes);
  if (header) checkPlausible(header, name);
  return header;
}

/** @throws EarmarkError audio.unsupportedFormat */
export function checkPlausible(
  header: Pick<AudioHeader, 'sampleRate' | 'channels'>,
  name: string,
): void {
  const { sampleRate, channels } = header;
  if (sampleRate < MIN_RATE || sampleRate > MAX_RATE) {
    throw unsupported(
      `${name} has a sample rate of ${sampleRate} Hz; Earmark reads ${MIN_RATE} to ${MAX_RATE}. ` +
        'Convert the recording to 16 kHz or 48 kHz.',
      { sampleRate },
    );
  }
  if (channels < 1 || channels > MAX_CHANNELS) {
    throw unsupported(
      `${name} has ${channels} channels; Earmark reads 1 to ${MAX_CHANNELS}. Mix the ` +
        'recording down to stereo or mono.',
      { channels },
    );
  }
}

function unsupported(message: string, details: Record<string, number> = {}): EarmarkError {
  return new EarmarkError('audio.unsupportedFormat', message, { details });
}

/**
 * RIFF WAVE: chunks until `fmt ` and `data` (Microsoft, Multiple Channel Audio Data and WAVE
 * Files).
 */
async function wav(
  read: ReadAt,
  fileBytes: number,
  name: string,
): Promise<AudioHeader | undefined> {
  let format: (WavFormat & { chunk: Uint8Array }) | undefined;
  for (let at = 12, chunks = 0; at + 8 <= fileBytes && chunks < 1_000; chunks++) {
    const chunk = await read(at, FORMAT_MAX_BYTES);
    if (chunk.length < 8) break;
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const id = text(chunk, 0, 4);
    const size = view.getUint32(4, true);
    if (id === 'fmt ' && chunk.length >= 24) {
      const codec = view.getUint16(8, true);
      // WAVE_FORMAT_EXTENSIBLE: the real codec is the start of the sub-format's GUID.
      const real = codec === 0xfffe && chunk.length >= 34 ? view.getUint16(32, true) : codec;
      format = {
        codec: real,
        channels: view.getUint16(10, true),
        sampleRate: view.getUint32(12, true),
        blockBytes: view.getUint16(20, true),
        bits: view.getUint16(22, true),
        chunk: chunk.slice(0, 8 + Math.min(size + (size & 1), FORMAT_MAX_BYTES - 8)),
      };
    } else if (id === 'data') {
      if (!format)
        throw unsupported(
          `${name} is damaged: its audio comes before its format. Record or convert it ` + 'again.',
        );
      const header = wavHeader(format, size, fileBytes - at - 8, name);
      // @audio/decode-wav 1.5.1 does not skip the padding of odd chunks, so the preamble contains
      // none.
      const parts = [await read(0, 12), format.chunk, chunk.subarray(0, 8)];
      return header && { ...header, preamble: Buffer.concat(parts), start: at + 8 };
    }
    at += 8 + size + (size & 1);
  }
  throw unsupported(
    `${name} is damaged: a WAV file without a data chunk. Record or convert it ` + 'again.',
  );
}

interface WavFormat {
  readonly codec: number;
  readonly channels: number;
  readonly sampleRate: number;
  readonly blockBytes: number;
  readonly bits: number;
}

function wavHeader(
  f: WavFormat,
  declaredBytes: number,
  presentBytes: number,
  name: string,
): AudioHeader | undefined {
  checkPlausible(f, name);
  const [PCM, MS_ADPCM, FLOAT, A_LAW, MU_LAW, IMA_ADPCM] = [1, 2, 3, 6, 7, 0x11];
  const adpcm = f.codec === MS_ADPCM || f.codec === IMA_ADPCM;
  const bitsKnown =
    f.codec === PCM
      ? [8, 16, 24, 32].includes(f.bits)
      : f.codec === FLOAT
        ? f.bits === 32 || f.bits === 64
        : f.codec === A_LAW || f.codec === MU_LAW
          ? f.bits === 8
          : adpcm;
  if (!bitsKnown) return undefined;
  if (f.blockBytes === 0 || (!adpcm && f.blockBytes !== (f.channels * f.bits) / 8)) {
    throw unsupported(
      `${name} has an inconsistent header (${f.channels} channels of ${f.bits} bits ` +
        `in blocks of ${f.blockBytes} bytes). Record or convert it again.`,
    );
  }
  const unknown = isUnknownLength(declaredBytes, presentBytes);
  const blocks = Math.floor((unknown ? presentBytes : declaredBytes) / f.blockBytes);
  return {
    decoder: 'wav',
    sampleRate: f.sampleRate,
    channels: f.channels,
    declaredSamples: adpcm ? undefined : blocks,
    endMissing: false,
    // The decoder divides positive integer samples by 2^(bits−1) − 1 and A-law, µ-law by 2^15.
    fullScale: f.codec === PCM ? { negative: 32_768, positive: 32_767 } : FULL_SCALE,
  };
}

/**
 * A program that writes into a pipe does not know the length. It writes 0 or the highest number
 * (ffmpeg), or 2^31 rounded down to a block minus the header (arecord, sox). A truncated recording
 * never declares that length.
 */
function isUnknownLength(declaredBytes: number, presentBytes: number): boolean {
  const [lowest, highest] = [0x7fff_0000, 0x8000_0000];
  const half = declaredBytes >= lowest && declaredBytes <= highest + 0xffff;
  return (
    declaredBytes === 0 || declaredBytes >= 0xffff_0000 || (half && presentBytes < declaredBytes)
  );
}

/** FLAC STREAMINFO (RFC 9639, section 8.2). */
function flac(head: Uint8Array): AudioHeader | undefined {
  if (head.length < 42 || (head[4]! & 0x7f) !== 0) return undefined;
  const sampleRate = (head[18]! << 12) | (head[19]! << 4) | (head[20]! >> 4);
  const channels = ((head[20]! >> 1) & 7) + 1;
  const samples =
    (head[21]! & 15) * 2 ** 32 + new DataView(head.buffer, head.byteOffset).getUint32(22);
  return {
    decoder: 'flac',
    sampleRate,
    channels,
    declaredSamples: samples === 0 ? undefined : samples,
    endMissing: false,
    fullScale: FULL_SCALE,
  };
}

/**
 * Ogg with Vorbis or Opus; the length is the granule position of the last page (RFC 3533; RFC
 * 7845).
 */
async function ogg(
  head: Uint8Array,
  read: ReadAt,
  fileBytes: number,
): Promise<AudioHeader | undefined> {
  const body = 27 + (head[26] ?? 0);
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.length < body + 19) return undefined;
  const last = await lastGranule(read, fileBytes);
  if (text(head, body, 8) === 'OpusHead') {
    const preSkip = view.getUint16(body + 10, true);
    const declaredSamples = last === undefined ? undefined : Math.max(0, last - preSkip);
    return {
      decoder: 'opus',
      sampleRate: 48_000,
      channels: head[body + 9]!,
      declaredSamples,
      endMissing: last === undefined,
      fullScale: FULL_SCALE,
    };
  }
  if (text(head, body, 7) === '\x01vorbis') {
    return {
      decoder: 'oga',
      sampleRate: view.getUint32(body + 12, true),
      channels: head[body + 11]!,
      declaredSamples: last,
      endMissing: last === undefined,
      fullScale: FULL_SCALE,
    };
  }
  return undefined;
}

/**
 * Granule position of the last page. An Ogg page has at most 65307 bytes, so the last page starts
 * within this many last bytes.
 * @returns undefined if the stream has no proper end
 */
async function lastGranule(read: ReadAt, fileBytes: number): Promise<number | undefined> {
  const from = Math.max(0, fileBytes - 65_307);
  const tail = await read(from, 65_307);
  for (let at = tail.length - 27; at >= 0; at--) {
    if (tail[at] !== 0x4f || text(tail, at, 4) !== 'OggS' || tail[at + 4] !== 0) continue;
    if (!(tail[at + 5]! & 4)) return undefined; // not the end of the stream
    let end = at + 27 + tail[at + 26]!;
    for (let i = at + 27, n = end; i < n; i++) end += tail[i] ?? 0;
    if (end > tail.length) return undefined;
    return Number(new DataView(tail.buffer, tail.byteOffset).getBigUint64(at + 6, true));
  }
  return undefined;
}

/**
 * MPEG audio layer III (ISO 11172-3, 13818-3), after an optional ID3v2 tag. Two consecutive frames
 * must agree: the sync word alone is common in any data.
 */
async function mp3(
  head: Uint8Array,
  read: ReadAt,
  fileBytes: number,
): Promise<AudioHeader | undefined> {
  const tagBytes =
    text(head, 0, 3) === 'ID3' && head.length >= 10
      ? 10 + ((head[6]! << 21) | (head[7]! << 14) | (head[8]! << 7) | head[9]!)
      : 0;
  const data = tagBytes === 0 ? head : await read(tagBytes, HEAD_BYTES);
  // Encoders pad tags; some players cut files within a frame.
  for (let at = 0; at + 4 <= data.length && at < 4_096; at++) {
    const frame = mpegFrame(data, at);
    if (!frame) continue;
    const next = at + frame.bytes;
    const second = next + 4 <= data.length ? mpegFrame(data, next) : undefined;
    const isLast = tagBytes + next >= fileBytes;
    if (!isLast && (!second || second.sampleRate !== frame.sampleRate)) continue;
    if (isLast && at > 0) return undefined;
    return {
      decoder: 'mp3',
      sampleRate: frame.sampleRate,
      channels: frame.channels,
      declaredSamples: xingTag(data, at, frame)?.samples,
      endMissing: false,
      fullScale: FULL_SCALE,
    };
  }
  return undefined;
}

function text(b: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...b.subarray(at, at + length));
}
