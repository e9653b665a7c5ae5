/**
 * One record of a spool file: a frame, or a mark with the last frame of a source when the file was
 * begun.
 *
 *   offset  0  u32  magic "EMFR"
 *           4  u8   source: 0 mic, 1 system, 2 file
 *           5  u8   kind: 0 frame, 1 mark, 2 encrypted frame
 *           6  u16  bytes of samples that follow the header
 *           8  f64  sequence number
 *          16  f64  capture clock, ms
 *          24  u32  CRC-32 of bytes 0–23 and the samples
 *          28       samples, s16le; of an encrypted frame nonce (12), samples by AES-256-GCM, tag (16), which also
 *                   seals bytes 0–23
 *
 * All numbers little-endian. A record is valid only if its checksum matches; the audio of a torn
 * record was never on disk.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { FRAME_SAMPLES, type Frame, type Source } from '../../../audio/frame';

const HEADER_BYTES = 28;
const SAMPLE_BYTES = FRAME_SAMPLES * 2;
export const FRAME_RECORD_BYTES = HEADER_BYTES + SAMPLE_BYTES;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
export const SEALED_RECORD_BYTES = FRAME_RECORD_BYTES + NONCE_BYTES + TAG_BYTES;
const KINDS = ['frame', 'mark', 'sealed'] as const;
const LENGTHS = [SAMPLE_BYTES, 0, NONCE_BYTES + SAMPLE_BYTES + TAG_BYTES] as const;
const MAGIC = 0x52464d45;
const SOURCES: readonly Source[] = ['mic', 'system', 'file'];

export interface SpoolRecord {
  readonly kind: (typeof KINDS)[number];
  readonly source: Source;
  readonly seq: number;
  readonly captureMs: number;
  readonly at: number;
  readonly end: number;
}

/**
 * @param key encrypts the samples
 * @returns number of bytes written
 */
export function writeFrame(
  into: Buffer,
  at: number,
  { source, seq, captureMs, pcm }: Frame,
  key?: Buffer,
): number {
  const samples = Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength);
  if (!key) {
    writeHeader(into, at, source, 0, samples.length, seq, captureMs);
    samples.copy(into, at + HEADER_BYTES);
    return seal(into, at, samples.length);
  }
  writeHeader(into, at, source, 2, LENGTHS[2], seq, captureMs);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(into.subarray(at, at + 24));
  Buffer.concat([nonce, cipher.update(samples), cipher.final(), cipher.getAuthTag()]).copy(
    into,
    at + HEADER_BYTES,
  );
  return seal(into, at, LENGTHS[2]);
}

/** Writes the last frame of a source in earlier files. @returns number of bytes written */
export function writeMark(into: Buffer, at: number, source: Source, seq: number): number {
  writeHeader(into, at, source, 1, 0, seq, 0);
  return seal(into, at, 0);
}

/** True if one of the records is an encrypted frame. */
export function isSealed(bytes: Buffer): boolean {
  for (const { kind } of records(bytes)) if (kind === 'sealed') return true;
  return false;
}

/** Reads the record at `at`; undefined if it is incomplete. */
function readRecord(from: Buffer, at: number): SpoolRecord | undefined {
  if (at + HEADER_BYTES > from.length || from.readUInt32LE(at) !== MAGIC) return undefined;
  const source = SOURCES[from.readUInt8(at + 4)];
  const kind = from.readUInt8(at + 5);
  const length = from.readUInt16LE(at + 6);
  const end = at + HEADER_BYTES + length;
  const name = KINDS[kind];
  if (source === undefined || name === undefined || end > from.length || length !== LENGTHS[kind])
    return undefined;
  if (checksum(from, at, length) !== from.readUInt32LE(at + 24)) return undefined;
  return {
    kind: name,
    source,
    seq: from.readDoubleLE(at + 8),
    captureMs: from.readDoubleLE(at + 16),
    at,
    end,
  };
}

/** The frame of a complete record; its samples are a copy. @throws Error for a wrong key */
export function frameAt(
  from: Buffer,
  at: number,
  source: Source,
  seq: number,
  key?: Buffer,
): Frame {
  const pcm = new Int16Array(FRAME_SAMPLES);
  const into = Buffer.from(pcm.buffer);
  const body = at + HEADER_BYTES;
  if (from.readUInt8(at + 5) !== 2) from.copy(into, 0, body, body + SAMPLE_BYTES);
  else if (!key) throw new Error('A frame is encrypted, but no key is set.');
  else {
    const decipher = createDecipheriv(
      'aes-256-gcm',
      key,
      from.subarray(body, body + NONCE_BYTES),
    ).setAAD(from.subarray(at, at + 24));
    decipher.setAuthTag(from.subarray(body + NONCE_BYTES + SAMPLE_BYTES, body + LENGTHS[2]));
    decipher
      .update(from.subarray(body + NONCE_BYTES, body + NONCE_BYTES + SAMPLE_BYTES))
      .copy(into);
    decipher.final();
  }
  return { source, seq, captureMs: from.readDoubleLE(at + 16), pcm };
}

/**
 * Yields every complete record in order. Skips damaged stretches; later records are still valid.
 */
export function* records(from: Buffer): Generator<SpoolRecord> {
  for (let at = 0; at + HEADER_BYTES <= from.length;) {
    const record = readRecord(from, at);
    if (record) {
      yield record;
      at = record.end;
    } else {
      const next = from.indexOf(MAGIC_BYTES, at + 1);
      if (next < 0) return;
      at = next;
    }
  }
}

const MAGIC_BYTES = Buffer.from('EMFR', 'latin1');

function writeHeader(
  into: Buffer,
  at: number,
  source: Source,
  kind: 0 | 1 | 2,
  length: number,
  seq: number,
  captureMs: number,
): void {
  into.writeUInt32LE(MAGIC, at);
  into.writeUInt8(SOURCES.indexOf(source), at + 4);
  into.writeUInt8(kind, at + 5);
  into.writeUInt16LE(length, at + 6);
  into.writeDoubleLE(seq, at + 8);
  into.writeDoubleLE(captureMs, at + 16);
}

function seal(into: Buffer, at: number, length: number): number {
  into.writeUInt32LE(checksum(into, at, length), at + 24);
  return HEADER_BYTES + length;
}

function checksum(bytes: Buffer, at: number, length: number): number {
  return crc32(
    bytes.subarray(at + HEADER_BYTES, at + HEADER_BYTES + length),
    crc32(bytes.subarray(at, at + 24)),
  );
}
