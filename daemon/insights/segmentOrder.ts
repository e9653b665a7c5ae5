/**
 * The segments of a session in order of time, hidden ones left out; kept sorted while they come,
 * mostly at the end.
 */
import type { SegmentText } from '../transcript/types';

export class SegmentOrder {
  private readonly all = new Map<string, SegmentText>();
  private shown: SegmentText[] = [];
  private sorted = true;

  /** Every segment by its id, hidden ones too. */
  get byId(): ReadonlyMap<string, SegmentText> {
    return this.all;
  }

  /** Those that are shown, by start; of the same start in the order in which they came. */
  get ordered(): readonly SegmentText[] {
    if (!this.sorted) {
      this.shown = [...this.all.values()]
        .filter(({ hidden }) => !hidden)
        .sort((a, b) => a.startMs - b.startMs);
      this.sorted = true;
    }
    return this.shown;
  }

  /** @returns whether it was not known before */
  take(segment: SegmentText): boolean {
    const known = this.all.has(segment.id);
    this.all.set(segment.id, segment);
    const last = this.shown.at(-1);
    if (known || (last !== undefined && last.startMs > segment.startMs)) this.sorted = false;
    else if (this.sorted && !segment.hidden) this.shown.push(segment);
    return !known;
  }
}
