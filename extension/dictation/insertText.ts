/**
 * Joins dictated text to the text around the cursor. Adds a space between words and a capital at
 * the start of a sentence, but no capital inside a sentence. Pure.
 */

import { endsWithAbbreviation } from '../../protocol/abbreviations';
import { isCommonWord } from './commonWords';

export interface Surroundings {
  /**
   * Text before the cursor on its line. At the start of a line: the end of the text above, with its
   * line break.
   */
  readonly before: string;
  /** Text on the cursor's line after it. */
  readonly after: string;
}

/** Marks that end a sentence, with closing marks that may follow. */
const SENTENCE_END = /[.!?:…]["'”’)\]*_`]*\s*$/u;
/** Opening marks: no space goes between them and a word. */
const OPENING = /[([{<"'“‘`/\\@#$_*-]$/u;
/** A line that starts a new thought: empty, a heading, a list item, a quotation or a comment. */
const LINE_START =
  /(?:^|\n)[\t ]*(?:(?:[#*+>;%-]|\d+[.)]|\/\/+(?!\/)|\/\*|<!--)[\t ]*)*(?:\[[ xX]\][\t ]*)?$/u;
/** Marks that follow a word without a space. */
const CLOSING = /^[.,;:!?…)\]}>"'”’`/]/u;
/** A first word that keeps its capital inside a sentence: I, I'm, API, HTTPServer, GitHub. */
const KEEPS_CAPITAL = /^(?:I(?:['’]\w+)?(?=$|\W)|\p{Lu}\p{Ll}*\p{Lu}|\p{Lu}{2,})/u;

export interface Fit {
  /** True if the text begins with a code name: its first letter stays. */
  readonly named?: boolean;
  /** False in code, which has no capitals at sentence starts. */
  readonly sentences?: boolean;
}

/**
 * @returns the text to insert at the cursor; empty if there is no text. Line breaks and the text
 * behind them stay.
 */
export function fitText(
  spoken: string,
  { before, after }: Surroundings,
  { named = false, sentences = true }: Fit = {},
): string {
  let text = spoken.trim().replace(/(?<=\S)[\t ]+(?=\S)/gu, ' ');
  if (text === '') return '';
  const startsSentence = sentences && (LINE_START.test(before) || endsSentence(before));
  if (named) text = spoken.trim();
  else if (startsSentence) text = upperFirst(text);
  else if (!sentences || !mayBeName(text))
    text = KEEPS_CAPITAL.test(text) ? text : lowerFirst(text);
  const goesOn = /^[\t ]*[\p{Ll}\p{N},;]/u.test(after) || /^[.!?]/u.test(after);
  if (goesOn) text = text.replace(/(?<!\.)\.$/u, '');
  // A commit message that begins with "#" gets a space before it. Otherwise Git treats it as a
  // comment.
  if (spoken.startsWith(' #') && /(?:^|\n)$/.test(before)) text = ` ${text}`;
  const lead =
    before === '' || /\s$/u.test(before) || OPENING.test(before) || CLOSING.test(text) ? '' : ' ';
  const trail = after === '' || /^\s/u.test(after) || CLOSING.test(after) ? '' : ' ';
  return lead + text + trail;
}

const endsSentence = (before: string): boolean =>
  SENTENCE_END.test(before) && !endsWithAbbreviation(before);

/** True if the first word may be a name: it is not a common word. */
function mayBeName(text: string): boolean {
  const word = /^[\p{L}\p{N}]+/u.exec(text)?.[0] ?? '';
  return !isCommonWord(word.toLowerCase());
}

/** Text that a terminal can take without running it: one line, no control characters. */
export function pastable(text: string, named: boolean): string {
  const line = text.replace(/[\p{Cc}\s]+/gu, ' ').trim();
  return named || KEEPS_CAPITAL.test(line) ? line : lowerFirst(line);
}

const upperFirst = (text: string): string => text.replace(/^\p{Ll}/u, (c) => c.toUpperCase());
const lowerFirst = (text: string): string =>
  text.replace(/^\p{Lu}(?=\p{Ll}|\s|$)/u, (c) => c.toLowerCase());

/** Maximum length of ghost text at the cursor. Longer text would push the line out of view. */
const GHOST_MAX = 80;

/** End of the recognised text, on one line, for the decoration at the cursor. */
export function ghostText(finals: readonly string[], partial: string): string {
  const all = [...finals, partial]
    .map((t) => t.trim())
    .filter((t) => t !== '')
    .join(' ')
    .replace(/\s+/gu, ' ');
  const letters = [...all];
  return letters.length <= GHOST_MAX
    ? all
    : `…${letters
        .slice(-GHOST_MAX + 1)
        .join('')
        .trimStart()}`;
}
