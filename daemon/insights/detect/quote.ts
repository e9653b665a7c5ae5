/** Text of an item that no rule phrased: the cleaned words of the turn that settles it. */
import { readableSentence } from '../readableSentence';
import type { Meeting } from './meeting';

/** Longer texts do not fit a card; the quote beside it is whole. */
const MAX_CHARS = 160;

/** @param core turns of the item, at least one */
export function quoteOf(core: readonly number[], meeting: Meeting): string {
  const lines = core.flatMap((turn) => meeting.linesOf(turn));
  const texts = lines.flatMap((line) => readableSentence(line) ?? []);
  const longest = texts.reduce((best, text) => (text.length > best.length ? text : best), '');
  const text = longest === '' ? (meeting.turns[core[0] ?? 0]?.text ?? '').trim() : longest;
  return text.length <= MAX_CHARS ? text : `${text.slice(0, MAX_CHARS - 1).trimEnd()}…`;
}
