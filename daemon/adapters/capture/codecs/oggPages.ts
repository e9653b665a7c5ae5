/** Pages of an Ogg file (RFC 3533), chunk by chunk, joined into packets. */
import { type OnDamage, PendingBytes } from './codec';

export interface OggPage {
  readonly serial: number;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  /** End of the page's last whole packet, in samples; undefined if no packet ends here. */
  readonly granule: number | undefined;
  readonly packets: readonly Uint8Array[];
}

const HEADER_BYTES = 27;
const [CONTINUED, FIRST, LAST] = [1, 2, 4];
/** Packets of Vorbis and Opus are far smaller; a longer one is damage, in bytes. */
const PACKET_MAX_BYTES = 1_048_576;

/** Reads the pages of the file's first logical stream, and of streams chained after it. */
export class OggPages {
  private readonly pending = new PendingBytes();
  private serial: number | undefined;
  private ended = true;
  /** Start of a packet that the next page continues. */
  private open: Uint8Array = new Uint8Array(0);

  constructor(private readonly onDamage: OnDamage) {}

  push(chunk: Uint8Array): OggPage[] {
    this.pending.push(chunk);
    const pages: OggPage[] = [];
    for (;;) {
      const bytes = this.pending.all;
      const start = capture(bytes);
      if (start > 0) this.onDamage();
      this.pending.skip(start);
      const size = pageBytes(this.pending.all);
      if (size === undefined || size > this.pending.length) return pages;
      const page = this.pending.all.subarray(0, size);
      if (!checksumMatches(page)) {
        this.onDamage();
        this.pending.skip(4);
        continue;
      }
      this.pending.skip(size);
      const read = this.read(page);
      if (read) pages.push(read);
    }
  }

  private read(page: Uint8Array): OggPage | undefined {
    const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
    const flags = page[5]!;
    const serial = view.getUint32(14, true);
    const isFirst = (flags & FIRST) !== 0;
    if (isFirst && this.ended) {
      this.serial = serial;
      this.ended = false;
      this.open = new Uint8Array(0);
    }
    if (serial !== this.serial) return undefined;
    const isLast = (flags & LAST) !== 0;
    if (isLast) this.ended = true;
    const granule = view.getBigInt64(6, true);
    return {
      serial,
      isFirst,
      isLast,
      granule: granule < 0n ? undefined : Number(granule),
      packets: this.packetsOf(page, (flags & CONTINUED) !== 0),
    };
  }

  private packetsOf(page: Uint8Array, isContinued: boolean): Uint8Array[] {
    const count = page[26]!;
    const packets: Uint8Array[] = [];
    // The first part of a packet without its start is lost, as is a start without its rest.
    let lost = isContinued && this.open.length === 0;
    if (!isContinued) this.open = new Uint8Array(0);
    let from = HEADER_BYTES + count;
    let at = from;
    for (let i = 0; i < count; i++) {
      const lacing = page[HEADER_BYTES + i]!;
      at += lacing;
      if (lacing === 255) continue;
      if (!lost) packets.push(concat(this.open, page.subarray(from, at)));
      lost = false;
      this.open = new Uint8Array(0);
      from = at;
    }
    if (at > from && !lost) this.open = concat(this.open, page.subarray(from, at));
    if (this.open.length > PACKET_MAX_BYTES) {
      this.onDamage();
      this.open = new Uint8Array(0);
    }
    return packets;
  }
}

/** Index of the next page; the last bytes that may begin one stay. */
function capture(b: Uint8Array): number {
  const at = Buffer.from(b.buffer, b.byteOffset, b.byteLength).indexOf('OggS');
  return at >= 0 ? at : Math.max(0, b.length - 3);
}

/** Length of the page at the start; undefined if its header is not complete. */
function pageBytes(b: Uint8Array): number | undefined {
  if (b.length < HEADER_BYTES) return undefined;
  const body = HEADER_BYTES + b[26]!;
  if (b.length < body) return undefined;
  return b.subarray(HEADER_BYTES, body).reduce((sum, lacing) => sum + lacing, body);
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

/** x^32 + x^26 + … + 1, highest bit first, without inversion (RFC 3533, section 6). */
const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let i = 0; i < 8; i++) crc = (crc << 1) ^ (crc < 0 ? 0x04c1_1db7 : 0);
  return crc >>> 0;
});

/** The checksum counts as zeros. */
function checksumMatches(page: Uint8Array): boolean {
  let crc = 0;
  for (let i = 0; i < page.length; i++) {
    const byte = i >= 22 && i < 26 ? 0 : page[i]!;
    crc = (crc << 8) ^ CRC[((crc >>> 24) ^ byte) & 0xff]!;
  }
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  return crc >>> 0 === view.getUint32(22, true);
}
