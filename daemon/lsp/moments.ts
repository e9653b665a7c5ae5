/** Times in a note: the transcript line at a time, and the items that cite it. */
import type { Item, Note, TranscriptItem } from './note';
import type { Stamp } from './noteLine';

/**
 * Maximum distance of a time from the start of its segment. A segment is at most a little longer
 * than a phrase (20 s).
 */
const WITHIN_MS = 30_000;

/** Transcript lines sorted by time, cached for each structure. */
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

/** Index of the last line that begins at or before a time; -1 if there is none. */
function indexAt(list: readonly TranscriptItem[], ms: number): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle]!.ms <= ms) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The transcript line at a time; undefined if there is none. */
export function saidAt(note: Note, ms: number): TranscriptItem | undefined {
  const list = byTime(note.structure.said);
  let at = indexAt(list, ms);
  // Of several lines in one second, the first.
  while (at > 0 && list[at - 1]!.ms === list[at]!.ms) at--;
  const found = list[at];
  return found !== undefined && ms - found.ms <= WITHIN_MS ? found : undefined;
}

/** The transcript line nearest to a time that has no line. */
export function nearest(note: Note, ms: number): TranscriptItem | undefined {
  const list = byTime(note.structure.said);
  const at = indexAt(list, ms);
  const [before, after] = [list[at], list[at + 1]];
  if (before === undefined || after === undefined) return before ?? after;
  return ms - before.ms <= after.ms - ms ? before : after;
}

/** The lines before and after, in time order. */
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
 * A time that is invalid or has no transcript line. A note without a transcript has no broken
 * times.
 */
export function isBroken(note: Note, { ms }: Stamp): boolean {
  return ms === undefined || (note.structure.said.length > 0 && saidAt(note, ms) === undefined);
}

/** A time with a transcript line, in the note of a session. */
export function isPlayable(note: Note, stamp: Stamp): stamp is Stamp & { readonly ms: number } {
  return note.structure.front.has('session') && !isBroken(note, stamp);
}

/** Items that cite a transcript line. */
export function restingOn(note: Note, said: TranscriptItem): readonly Item[] {
  return note.structure.items.filter(
    ({ item }) => item.stamp?.ms !== undefined && saidAt(note, item.stamp.ms)?.line === said.line,
  );
}

/** Text of a transcript line, without speaker and time. */
export function wordsOf({ said: { text, stamp } }: TranscriptItem): string {
  return text.slice(stamp.end).trim();
}
