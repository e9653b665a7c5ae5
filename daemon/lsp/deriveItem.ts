/**
 * Converts an item of a note, from the note alone: its text, the quote at its time, and the note's
 * front matter.
 */
import type { Insight } from '../insights/types';
import { derive, type Derivative, type Derived } from '../notes/derive';
import { saidAt, wordsOf } from './moments';
import type { Note } from './note';

/**
 * @param today ISO date, for a note without a date
 * @returns undefined if the line is not an item
 */
export function deriveItem(
  note: Note,
  line: number,
  as: Derivative,
  today: string,
  languageId?: string,
): Derived | undefined {
  const entry = note.structure.items.find((one) => one.line === line);
  if (entry === undefined) return undefined;
  const { kind, item } = entry;
  const said = item.stamp?.ms === undefined ? undefined : saidAt(note, item.stamp.ms);
  const insight: Insight = {
    id: `line-${line}`,
    kind,
    text: item.text.slice(item.words.start, item.words.end),
    ...(item.owner && { owner: item.owner.name }),
    ...(item.due && { due: { phrase: item.due.phrase, date: item.due.date } }),
    status: (item.box ?? ' ') === ' ' ? 'open' : 'done',
    confidence: 1,
    evidence:
      said === undefined
        ? []
        : [
            {
              segmentId: `line-${said.line}`,
              startMs: said.ms,
              endMs: said.ms,
              quote: wordsOf(said),
            },
          ],
    symbols: [...item.text.matchAll(/`([^`]{1,200})`/g)].map(([, name]) => ({ name: name! })),
  };
  const front = (key: string): string | undefined =>
    note.structure.front.get(key)?.value.replace(/^"(.*)"$/, '$1');
  return derive(
    as,
    insight,
    {
      title: note.title || 'Note',
      startedAt: front('date') ?? today,
      branch: front('branch'),
      commit: front('commit'),
    },
    languageId,
  );
}
