/** Ogg with Opus or Vorbis: pages into packets, packets into samples, trimmed as the pages say. */
import type { Codec, FloatBlock, OnDamage } from './codec';
import { OggPages, type OggPage } from './oggPages';

/** Decodes the packets of one logical stream. */
export interface PacketDecoder {
  /** Undefined for headers and for packets without samples. */
  decode(packet: Uint8Array): FloatBlock | undefined;
  /** Samples to drop at the start of the stream, known after the headers. */
  readonly preSkip: number;
  free(): void;
}

/** @param head first packet of the stream */
export type OpenPackets = (head: Uint8Array, onDamage: OnDamage) => Promise<PacketDecoder>;

export class OggCodec implements Codec {
  private readonly pages: OggPages;
  private decoder: PacketDecoder | undefined;
  private toSkip: number | undefined;
  /** Granule position of the last page; undefined before the first one with samples. */
  private granule: number | undefined;

  constructor(
    private readonly open: OpenPackets,
    private readonly onDamage: OnDamage,
  ) {
    this.pages = new OggPages(onDamage);
  }

  async decode(chunk: Uint8Array): Promise<FloatBlock[]> {
    const blocks: FloatBlock[] = [];
    for (const page of this.pages.push(chunk)) {
      if (page.isFirst) await this.begin(page);
      if (this.decoder) blocks.push(...this.blocksOf(page, this.decoder));
    }
    return blocks;
  }

  end(): FloatBlock[] {
    return [];
  }

  free(): void {
    this.decoder?.free();
    this.decoder = undefined;
  }

  private async begin(page: OggPage): Promise<void> {
    this.free();
    this.granule = undefined;
    this.toSkip = undefined;
    const [head] = page.packets;
    if (head) this.decoder = await this.open(head, this.onDamage);
  }

  private blocksOf(page: OggPage, decoder: PacketDecoder): FloatBlock[] {
    const decoded = page.packets
      .map((packet) => decoder.decode(packet))
      .filter((block) => block !== undefined);
    const total = decoded.reduce((sum, block) => sum + lengthOf(block), 0);
    if (total === 0) return [];
    this.toSkip ??= decoder.preSkip;
    const { start, end } = this.span(page, total);
    const before = Math.min(start + this.toSkip, end);
    this.toSkip -= before - start;
    return cut(decoded, before, end);
  }

  /**
   * Samples of a page that count. The granule of a last page may end before its last packet does;
   * that of a first page may begin within it.
   */
  private span(page: OggPage, total: number): { start: number; end: number } {
    const earlier = this.granule;
    if (page.granule !== undefined) this.granule = page.granule;
    else if (earlier !== undefined) this.granule = earlier + total;
    if (page.granule === undefined) return { start: 0, end: total };
    if (page.isLast) {
      const wanted = page.granule - (earlier ?? 0);
      return { start: 0, end: Math.min(total, Math.max(0, wanted)) };
    }
    const surplus = earlier === undefined ? Math.max(0, total - page.granule) : 0;
    return { start: Math.min(surplus, total), end: total };
  }
}

const lengthOf = (block: FloatBlock): number => block.channelData[0]!.length;

/** Samples `from` to `to` of blocks in a row. */
function cut(blocks: readonly FloatBlock[], from: number, to: number): FloatBlock[] {
  const kept: FloatBlock[] = [];
  let at = 0;
  for (const block of blocks) {
    const length = lengthOf(block);
    const [start, end] = [Math.max(0, from - at), Math.min(length, to - at)];
    if (end > start)
      kept.push({
        ...block,
        channelData: block.channelData.map((channel) => channel.subarray(start, end)),
      });
    at += length;
  }
  return kept;
}
