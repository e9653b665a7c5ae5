/**
 * A recognised text as words and the gaps between them, so that a stretch of words can be replaced.
 */

import { endsWithAbbreviation } from '../../protocol/abbreviations';

export interface WordList {
  /** As written; apostrophes belong to a word, hyphens and dots do not. */
  readonly words: readonly string[];
  /** `gaps[i]` stands before word i, the last one after the last word: one more than words. */
  readonly gaps: readonly string[];
}

const WORD = /[\p{L}\p{N}]+(?:['’]\p{L}+)*/gu;

export function splitWords(text: string): WordList {
  const words: string[] = [];
  const gaps: string[] = [];
  let end = 0;
  for (const match of text.matchAll(WORD)) {
    gaps.push(text.slice(end, match.index));
    words.push(match[0]);
    end = match.index + match[0].length;
  }
  gaps.push(text.slice(end));
  return { words, gaps };
}

export const upperFirst = (text: string): string =>
  text.replace(/^\p{Ll}/u, (letter) => letter.toUpperCase());
export const lowerFirst = (text: string): string =>
  text.replace(/^\p{Lu}(?=\p{Ll}|$)/u, (letter) => letter.toLowerCase());

/** Does a sentence end in this gap? */
export const endsSentence = (gap: string): boolean => /[.!?…]["'”’)]*\s|\n/u.test(gap);

/** Words before a gap that may belong to an abbreviation ("a.k.a."). */
const ABBREVIATION_WORDS = 4;

/** Does a sentence end before word i? The full stop of an abbreviation does not end one. */
export function sentenceEndsBefore({ words, gaps }: WordList, i: number): boolean {
  const gap = gaps[i] ?? '';
  if (!endsSentence(gap)) return false;
  let before = '';
  for (let k = Math.max(0, i - ABBREVIATION_WORDS); k < i; k++)
    before += `${gaps[k] ?? ''}${words[k] ?? ''}`;
  return !endsWithAbbreviation(before + gap, words[i]);
}
