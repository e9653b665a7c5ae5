/**
 * One time-ordered transcript of all sources. Segments arrive as finals and change only through
 * revisions. The machine may hide, split and name a speaker; only a person may change words.
 */
import type { Revision } from './revision';
import { packSegment, unpackSegment, type PackedSegment } from './packedSegment';
import type { SegmentText, Segment } from './types';

export class Transcript {
  private readonly byId = new Map<string, PackedSegment>();
  private sorted: readonly PackedSegment[] | undefined;
  private highest = 0;

  constructor(segments: Iterable<Segment> = []) {
    for (const segment of segments) this.put(segment);
  }

  get size(): number {
    return this.byId.size;
  }

  /** Highest number among ids of the form `s12`; 0 when there is none. */
  get highestNumber(): number {
    return this.highest;
  }

  get(id: string): Segment | undefined {
    const packed = this.byId.get(id);
    return packed && unpackSegment(packed);
  }

  /**
   * The segment in its kept form: the same object until a revision, so that others can keep it too.
   */
  packedOf(id: string): PackedSegment | undefined {
    return this.byId.get(id);
  }

  /**
   * Sorted by start, then end, then id, since two sources may speak at once. Takes some
   * milliseconds after hours.
   */
  ordered(): readonly Segment[] {
    return this.packed().map(unpackSegment);
  }

  /** The same order without words, for callers that read all segments often. */
  packed(): readonly PackedSegment[] {
    this.sorted ??= [...this.byId.values()].sort(compareSegments);
    return this.sorted;
  }

  /** @throws Error when the id exists: a final arrives once */
  add(segment: Segment): void {
    if (this.byId.has(segment.id)) throw new Error(`Segment ${segment.id} is already final.`);
    this.put(segment);
  }

  /** @throws Error when the revision breaks a rule of `checkRevision` */
  apply(revision: Revision): void {
    checkRevision(this.get(revision.segmentId), revision);
    this.put(revision.segment);
    for (const added of revision.added ?? []) this.put(added);
  }

  private put(segment: Segment): void {
    this.byId.set(segment.id, packSegment(segment));
    this.sorted = undefined;
    this.highest = Math.max(this.highest, segmentNumber(segment.id));
  }
}

export function compareSegments(a: SegmentText, b: SegmentText): number {
  return a.startMs - b.startMs || a.endMs - b.endMs || segmentNumber(a.id) - segmentNumber(b.id);
}

/** 12 of `s12` and of `s12.2`; 0 where the id has another form. */
export function segmentNumber(id: string): number {
  const match = /^s(\d+)/.exec(id);
  return match ? Number(match[1]) : 0;
}

/**
 * @throws Error that names the broken rule: the segment must exist, revisions count up by one, and
 * the machine keeps every word.
 */
export function checkRevision(
  before: Segment | undefined,
  revision: Revision,
): asserts before is Segment {
  if (!before) throw new Error(`Segment ${revision.segmentId} does not exist.`);
  if (revision.segment.id !== before.id) throw new Error('A revision keeps the id of its segment.');
  if (revision.revision !== before.revision + 1 || revision.segment.revision !== revision.revision)
    throw new Error(
      `Revision ${revision.revision} of ${before.id} does not follow ${before.revision}.`,
    );
  if (revision.by === 'person') return;
  if (revision.op === 'edit') throw new Error('Only a person edits words.');
  const after = [revision.segment, ...(revision.added ?? [])]
    .sort(compareSegments)
    .map((segment) => segment.text)
    .join(' ');
  if (bare(after) !== bare(before.text))
    throw new Error(`A revision by the machine changed the words of ${before.id}.`);
}

const bare = (text: string): string => text.split(/\s+/).filter(Boolean).join(' ');
