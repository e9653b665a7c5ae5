/**
 * Segments of a session in order of time, without hidden ones. The list stays sorted while segments
 * arrive, mostly at its end.
 */
import type { SegmentText } from '../../transcript/types';

export class SegmentOrder {
  private readonly all = new Map<string, SegmentText>();
  private shown: SegmentText[] = [];
  private sorted = true;

  /** All segments by id, including hidden ones. */
  get byId(): ReadonlyMap<string, SegmentText> {
    return this.all;
  }

  /** Visible segments, sorted by start. Equal starts keep their order of arrival. */
  get ordered(): readonly SegmentText[] {
    if (!this.sorted) {
      this.shown = [...this.all.values()]
        .filter(({ hidden }) => !hidden)
        .sort((a, b) => a.startMs - b.startMs);
      this.sorted = true;
    }
    return this.shown;
  }

  /** @returns true if the segment is new */
  take(segment: SegmentText): boolean {
    const known = this.all.has(segment.id);
    this.all.set(segment.id, segment);
    const last = this.shown.at(-1);
    if (known || (last !== undefined && last.startMs > segment.startMs)) this.sorted = false;
    else if (this.sorted && !segment.hidden) this.shown.push(segment);
    return !known;
  }
}
