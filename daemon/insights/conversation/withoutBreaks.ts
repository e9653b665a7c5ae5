/** The words of a line without fillers and without broken-off words. */
import type { Line } from './line';
import { FILLERS } from '../rules/words';

/** Short words that may be the start of the next word but are words themselves. */
const WHOLE = new Set(
  'a i an in on no so to the he we be me my it at as is us up do go or of by if for her his not but can any all one out our per use too see set add let new now own put run way who why man may men here some them then than that this form over even ever every under other you your are was will with what when where where'.split(
    ' ',
  ),
);

export function withoutBreaks(line: Line): string {
  const { tokens } = line;
  let text = '';
  let at = tokens[0]?.start ?? line.start;
  tokens.forEach((token, i) => {
    if (
      !FILLERS.has(token.norm) &&
      !isFragment(token.text, tokens[i + 1]?.norm, tokens[i + 2]?.norm)
    )
      text += line.text.slice(at, token.end);
    at = token.end;
  });
  return text;
}

/** "sh should", "feasibili feasibility", "y you": broken off and repeated. */
function isFragment(
  text: string,
  next: string | undefined,
  afterNext: string | undefined,
): boolean {
  const word = text.toLowerCase();
  if (!/^\p{L}+$/u.test(word) || /^\p{Lu}+$/u.test(text) || WHOLE.has(word)) return false;
  if (word.length === 1) return true;
  return [next, afterNext].some(
    (other) =>
      other !== undefined &&
      other.length > word.length + 1 &&
      word.length >= 2 &&
      other.startsWith(word) &&
      !other.startsWith(`${word}'`) &&
      (word.length < 4 ||
        !other.slice(word.length).match(/^(?:s|es|ed|ing|er|ly|al|ment|ness|able|ful)$/)),
  );
}
