/**
 * Anchors in a document, which keep their place while the text around them changes. Offsets are in
 * UTF-16 units.
 */

export interface Anchor {
  readonly start: number;
  readonly end: number;
}

export interface TextChange {
  /** Offset before the change. */
  readonly offset: number;
  readonly removed: number;
  readonly inserted: number;
}

/**
 * Moves anchors over simultaneous changes. All offsets refer to the text before the changes, and
 * changes do not overlap. Text inserted exactly at an empty anchor goes before it, so text typed at
 * the cursor stays in front.
 */
export function shiftAnchors(anchors: readonly Anchor[], changes: readonly TextChange[]): Anchor[] {
  // From the end to the start, so each offset is still valid for its change.
  const ordered = [...changes].sort((a, b) => b.offset - a.offset);
  return anchors.map((anchor) => ordered.reduce(shift, anchor));
}

function shift(anchor: Anchor, change: TextChange): Anchor {
  const start = shiftOffset(anchor.start, change, anchor.start === anchor.end);
  const end =
    anchor.start === anchor.end ? start : Math.max(start, shiftOffset(anchor.end, change, false));
  return { start, end };
}

function shiftOffset(
  at: number,
  { offset, removed, inserted }: TextChange,
  sticksBehind: boolean,
): number {
  if (at < offset || (at === offset && !(sticksBehind || removed > 0))) return at;
  if (at === offset && removed === 0) return at + inserted;
  if (at >= offset + removed) return at + inserted - removed;
  // The place itself was replaced. The anchor moves behind the new text.
  return offset + inserted;
}
