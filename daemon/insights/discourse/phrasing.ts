/**
 * Converts words of a line to the text of an insight, and to the set of words that comparisons use.
 */
import { intern } from '../../base/intern';
import type { ReadClause } from '../cues';
import type { WordToken } from '../language/nlp';
import type { Line } from '../conversation/line';
import { singular } from '../language/singular';
import { FILLERS, STOP_WORDS } from '../rules/words';

/** Trailing words of a clause that add no content. */
const TRAILING = new Set([
  'then',
  'please',
  'too',
  'though',
  'anyway',
  'okay',
  'right',
  'now',
  'also',
  'instead',
  'actually',
  'myself',
  'again',
  'and',
  'but',
  'so',
  'or',
  'honestly',
  'maybe',
  'today',
]);
/** Minimum share: two words of three, both of two. One common verb is not enough. */
const SAME_SHARE = 0.6;
const KEPT_LAST = new Set(['now', 'instead', 'again', 'right', 'today']);
const OBJECT_PRONOUNS = new Set([
  'it',
  'that',
  'this',
  'them',
  'those',
  'these',
  'her',
  'him',
  'one',
  'both',
  'some',
  'so',
]);

/** Lemmas of the content words. */
export function contentOf(
  clause: Pick<ReadClause, 'words' | 'due'>,
  from: number,
  to: number,
): Set<string> {
  const content = new Set<string>();
  for (let at = from; at < to; at++) {
    const word = clause.words[at];
    if (!word || clause.due.some((span) => !span.weak && at >= span.from && at < span.to)) continue;
    if (
      STOP_WORDS.has(word.norm) ||
      STOP_WORDS.has(word.lemma) ||
      word.pos === 'ADV' ||
      !/[\p{L}\p{N}]/u.test(word.norm)
    )
      continue;
    content.add(intern(singular(word.lemma)));
  }
  return content;
}

/** True for "do it", "take that", "call them": the words refer to something before. */
export function pointsBack(clause: ReadClause, from: number, to: number): boolean {
  return clause.words.slice(from, to).some(({ norm }) => OBJECT_PRONOUNS.has(norm));
}

export function nounCount(clause: ReadClause, from: number, to: number): number {
  return clause.words
    .slice(from, to)
    .filter(
      (word, i) =>
        (word.pos === 'NOUN' || word.pos === 'PROPN') &&
        !STOP_WORDS.has(word.norm) &&
        !clause.due.some((span) => from + i >= span.from && from + i < span.to),
    ).length;
}

/** Share of the smaller set that both sets contain: 0–1. */
export function overlap(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const [small, large] = a.size <= b.size ? [a, b] : [b, a];
  return small.size === 0 ? 0 : common(small, large) / small.size;
}

export function common(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let count = 0;
  for (const word of a) if (b.has(word)) count++;
  return count;
}

/** True if two tasks or decisions are about the same matter, by their words alone. */
export function sameMatter(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  const share = overlap(a, b);
  return Math.min(a.size, b.size) >= 2 ? share >= SAME_SHARE : share === 1;
}

export interface PhrasingOptions {
  /** The referent of "you", if known: "send you the manual" becomes "Send Ortiz the manual". */
  readonly you?: string | undefined;
  /** The referent of "me", if known. */
  readonly me?: string | undefined;
  /** The first word is a verb that may be inflected: `rotates`, `checking`. */
  readonly imperative?: boolean;
  /** Removes time phrases. The due date holds them. */
  readonly withoutDue?: boolean;
}

/** Words `from` to `to` of a clause as a phrase that begins with a capital. */
export function phrase(
  line: Line,
  clause: ReadClause,
  from: number,
  to: number,
  options: PhrasingOptions = {},
): string {
  let last = to;
  while (
    last > from + 1 &&
    TRAILING.has(clause.words[last - 1]?.norm ?? '') &&
    !KEPT_LAST.has(clause.words[last - 1]?.norm ?? '')
  )
    last--;
  const first = clause.words[from];
  const final = clause.words[last - 1];
  if (!first || !final) return '';
  const dropped = new Set<WordToken>();
  if (options.withoutDue)
    for (const span of clause.due) {
      const [from, end] = [clause.words[span.from], clause.words[span.to - 1]];
      if (!from || !end) continue;
      // Also the marks between its words: the apostrophe of "two weeks' time" is no word.
      for (const token of line.tokens)
        if (token.start >= from.start && token.end <= end.end) dropped.add(token);
    }
  const parts: string[] = [];
  let previousEnd = first.start;
  for (const token of line.tokens) {
    if (token.start < first.start || token.end > final.end) continue;
    const gap = line.text.slice(previousEnd, token.start);
    previousEnd = token.end;
    if (dropped.has(token) || FILLERS.has(token.norm)) {
      if (parts.length > 0 && !/\s$/.test(parts[parts.length - 1] ?? '')) parts.push(' ');
      continue;
    }
    const shown =
      token === first && options.imperative
        ? baseForm(token)
        : person(token, line.tokens[line.tokens.indexOf(token) + 1], options);
    parts.push(gap, shown);
  }
  return tidy(parts.join(''));
}

function baseForm(token: WordToken): string {
  return /(?:s|ing|ed)$/.test(token.norm) && token.lemma.length >= 2 && token.lemma !== token.norm
    ? token.lemma
    : token.text;
}

function person(
  token: WordToken,
  next: WordToken | undefined,
  { you, me }: PhrasingOptions,
): string {
  if (
    token.norm === 'you' &&
    you &&
    !/^(?:two|three|all|both|guys|will|are|can|have)$/.test(next?.norm ?? '')
  )
    return you;
  if (token.norm === 'me' && me) return me;
  return token.text;
}

export function tidy(text: string): string {
  const clean = text
    .replace(/\s+/g, ' ')
    .replace(/ ([,.;:?!])/g, '$1')
    .replace(/([,;:])(?:\s*[,;:])+/g, '$1')
    .replace(/^[\s,;:.–—-]+|(?<![\s,;:–—-])[\s,;:–—-]+$/g, '')
    .replace(/(?<![.!?…])[.!?…]+$/, '')
    .replace(/,\s*$/, '')
    .trim();
  return clean === '' ? '' : clean[0]!.toLocaleUpperCase('en') + clean.slice(1);
}

/** A whole sentence as text, without fillers and openers. */
export function sentencePhrase(line: Line): string {
  const first = line.clauses[0];
  const start = first?.words[first.core]?.start ?? line.start;
  let text = '';
  let at = start;
  for (const token of line.tokens) {
    if (token.start < start) continue;
    if (!FILLERS.has(token.norm)) text += line.text.slice(at, token.end);
    at = token.end;
  }
  return tidy(text);
}
