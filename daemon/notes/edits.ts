/** Edits of a text: applies them, and finds the smallest edit between two versions of a line. */
import type { NoteEdit } from './types';

/**
 * Applies sorted, non-overlapping edits.
 * @throws RangeError if the edits overlap or are not sorted
 */
export function applyEdits(text: string, edits: readonly NoteEdit[]): string {
  let result = '';
  let at = 0;
  for (const { start, end, newText } of edits) {
    if (start < at || end < start || end > text.length)
      throw new RangeError('Edits must be sorted, inside the text and must not overlap.');
    result += text.slice(at, start) + newText;
    at = end;
  }
  return result + text.slice(at);
}

/**
 * The edit that turns `before` at `offset` into `after`, without their common prefix and suffix.
 */
export function smallestEdit(offset: number, before: string, after: string): NoteEdit {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head++;
  let tail = 0;
  while (
    tail < shorter - head &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  )
    tail++;
  // Editors reject an edit that splits a surrogate pair.
  if (head > 0 && isHighSurrogate(before, head - 1)) head--;
  if (tail > 0 && isLowSurrogate(before, before.length - tail)) tail--;
  return {
    start: offset + head,
    end: offset + before.length - tail,
    newText: after.slice(head, after.length - tail),
  };
}

/** Sorts edits by position and joins adjacent edits, so no two share an offset. */
export function joinEdits(edits: readonly NoteEdit[]): NoteEdit[] {
  const sorted = edits
    .map((edit, order) => ({ edit, order }))
    .sort((a, b) => a.edit.start - b.edit.start || a.edit.end - b.edit.end || a.order - b.order);
  const joined: NoteEdit[] = [];
  for (const { edit } of sorted) {
    const last = joined[joined.length - 1];
    if (last && last.end === edit.start)
      joined[joined.length - 1] = {
        start: last.start,
        end: edit.end,
        newText: last.newText + edit.newText,
      };
    else joined.push(edit);
  }
  return joined.filter(({ start, end, newText }) => end > start || newText !== '');
}

function isHighSurrogate(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0xd800 && code <= 0xdbff;
}

function isLowSurrogate(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff;
}
