/**
 * Divides a long transcript into overlapping windows, so that any passage at a cut is complete in
 * one window.
 */
import type { SegmentText } from '../../transcript/types';

/** About 12,000 tokens: an hour of talk. Editors limit the rate of requests, so parts are large. */
const WINDOW_CHARS = 42_000;
/** About three minutes, so that a request and its answer share a part. */
const OVERLAP_CHARS = 3_000;
/** Characters for the number, the name and the punctuation. */
const LINE_CHARS = 14;

/** Segments in the form that the model receives, in order of time. */
export type Window = readonly SegmentText[];

/**
 * @returns windows in order. The last one still grows. The others stay the same while people speak.
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

/** Without the speaker, so a window stays the same when a speaker gets a name. */
function sizeOf({ text }: SegmentText): number {
  return text.length + LINE_CHARS;
}
