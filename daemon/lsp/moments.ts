/** Times of a note: which line of the transcript a time stands for, and what rests on it. */
import type { Item, Note, TranscriptItem } from './note';
import type { Stamp } from './noteLine';

/**
 * A time may lie inside what was said, and a segment is at most as long as a phrase (20 s) and some
 * more.
 */
const WITHIN_MS = 30_000;

/** Said lines by time, kept as long as the structure is. */
const sorted = new WeakMap<readonly TranscriptItem[], readonly TranscriptItem[]>();

function byTime(said: readonly TranscriptItem[]): readonly TranscriptItem[] {
  let list = sorted.get(said);
  if (list === undefined)
    sorted.set(
      said,
      (list = said.every(({ ms }, i) => i === 0 || said[i - 1]!.ms <= ms)
        ? said
        : [...said].sort((a, b) => a.ms - b.ms)),
    );
  return list;
}

/** The last line that begins at or before a time; -1 where none does. */
function indexAt(list: readonly TranscriptItem[], ms: number): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle]!.ms <= ms) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** What was said at a time; undefined where the time leads nowhere. */
export function saidAt(note: Note, ms: number): TranscriptItem | undefined {
  const list = byTime(note.structure.said);
  let at = indexAt(list, ms);
  // Of several in one second, the first.
  while (at > 0 && list[at - 1]!.ms === list[at]!.ms) at--;
  const found = list[at];
  return found !== undefined && ms - found.ms <= WITHIN_MS ? found : undefined;
}

/** The line of the transcript that is nearest to a time, for a time that leads nowhere. */
export function nearest(note: Note, ms: number): TranscriptItem | undefined {
  const list = byTime(note.structure.said);
  const at = indexAt(list, ms);
  const [before, after] = [list[at], list[at + 1]];
  if (before === undefined || after === undefined) return before ?? after;
  return ms - before.ms <= after.ms - ms ? before : after;
}

/** Before and after, in time. */
export function neighbours(
  note: Note,
  { line, ms }: TranscriptItem,
): { readonly before: TranscriptItem | undefined; readonly after: TranscriptItem | undefined } {
  const list = byTime(note.structure.said);
  let at = indexAt(list, ms);
  while (at > 0 && list[at]!.line !== line && list[at - 1]!.ms === ms) at--;
  return { before: list[at - 1], after: list[at + 1] };
}

/**
 * A time that is none, or that leads to no line of the transcript. A note without a transcript has
 * no broken ones.
 */
export function isBroken(note: Note, { ms }: Stamp): boolean {
  return ms === undefined || (note.structure.said.length > 0 && saidAt(note, ms) === undefined);
}

/** A time that leads somewhere, in the note of a session. */
export function isPlayable(note: Note, stamp: Stamp): stamp is Stamp & { readonly ms: number } {
  return note.structure.front.has('session') && !isBroken(note, stamp);
}

/** Items that rest on a line of the transcript. */
export function restingOn(note: Note, said: TranscriptItem): readonly Item[] {
  return note.structure.items.filter(
    ({ item }) => item.stamp?.ms !== undefined && saidAt(note, item.stamp.ms)?.line === said.line,
  );
}

/** What somebody said, without speaker and time. */
export function wordsOf({ said: { text, stamp } }: TranscriptItem): string {
  return text.slice(stamp.end).trim();
}
