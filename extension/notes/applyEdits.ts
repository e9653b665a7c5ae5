/** Applies a note plan to plain text. */
import type { NoteEdit } from '../../protocol/notes';

/** Edits are sorted by start and do not overlap. */
export function applyEdits(text: string, edits: readonly NoteEdit[]): string {
  let result = '';
  let at = 0;
  for (const { start, end, newText } of edits) {
    result += text.slice(at, start) + newText;
    at = end;
  }
  return result + text.slice(at);
}
