/**
 * Cuts a long transcript into windows that overlap, so that what is said across a cut is seen whole
 * once.
 */
import type { SegmentText } from '../../transcript/types';

/**
 * About 2,000 tokens: with the question and the answer it fits the 4,096 that small local models
 * are run with.
 */
const WINDOW_CHARS = 8_000;
const OVERLAP_CHARS = 1_200;
/** Number, name and the marks between them. */
const LINE_CHARS = 14;

/** Segments as the model reads them, in order of time. */
export type Window = readonly SegmentText[];

/**
 *
 * @returns windows in order; the last one is still growing. Those before it stay the same while
 * people speak on
 */
export function windowsOf(segments: readonly SegmentText[]): readonly Window[] {
  const said = segments.filter(({ text }) => text.trim() !== '');
  const windows: Window[] = [];
  let from = 0;
  while (from < said.length) {
    let to = from;
    for (
      let size = 0;
      to < said.length && (to === from || size + sizeOf(said[to]!) <= WINDOW_CHARS);
      to++
    )
      size += sizeOf(said[to]!);
    windows.push(said.slice(from, to));
    if (to === said.length) break;
    let next = to;
    for (let size = 0; next - 1 > from && size + sizeOf(said[next - 1]!) <= OVERLAP_CHARS; next--)
      size += sizeOf(said[next - 1]!);
    from = next;
  }
  return windows;
}

/** Without the speaker: a window stays the same window when somebody gets a name. */
function sizeOf({ text }: SegmentText): number {
  return text.length + LINE_CHARS;
}
