/** Whether a text can stand alone on a card: it names a thing, says what happens to it, and ends. */
import type { WordToken } from '../language/nlp';
import { contentStems, stemOf, wordsOf } from '../gate/words';

/** A pronoun with nothing behind it that it could belong to. */
export const BARE_PRONOUN =
  /\b(?:it|that|this|them|those|these|him|her|one|ones|so)\b(?!\s+[a-z-]+)/iu;
/** The text breaks off, or starts again in the middle. */
const BROKEN =
  /(?:^|\s)(?:the|an?|to|and|or|but|with|for|of|by|like|way|my|your|our|is|are|was|than)[.?!…,]*$|\b(?:the|an?|to|of|and|that|do|does|just|with|at|if|i|i'd|i'm)\s?,|[–-]\s*$/iu;
/** A clause that hangs on another one, or an answer. */
const HANGS =
  /^(?:if|it's|it|that|that's|there|there's|they|he|she|so|what|when|where|who|once|because|which|yeah|yes|no,|okay|sure|well|do you|with)\b/iu;
/** Somebody who is known only beside a speaker. */
const PERSON = /\b(?:i|i'll|i'd|i'm|i've|you|your|me|my|us)\b/iu;

/** A determiner shows a noun that the tagger missed. */
const WITH_NOUN = /\b(?:the|an?|our|all|every)\s+\p{L}{3,}/iu;

const stemsOf = (words: string): ReadonlySet<string> => new Set(words.split(/\s+/).map(stemOf));
/** "Sure" and "That works" name no matter. */
const ASSENT = stemsOf(
  `sure okay fine good great nice perfect lovely cool right exactly agreed works deal thanks thank
  please yeah happy glad absolutely definitely true sorry wonderful brilliant super alright fair
  sounds suits`,
);
/** "Next Tuesday" names no task, but "Friday at ten works for me" may settle something. */
const TIMES = stemsOf(
  `monday tuesday wednesday thursday friday saturday sunday january february march april june july
  august september october november december today tomorrow tonight yesterday morning afternoon
  evening night noon lunch midnight day week weekend month year minute hour next last early late`,
);
/** Stems of the words that name a matter: rare words but times and assent. */
export function matterStems(text: string): ReadonlySet<string> {
  return new Set([...contentStems(text)].filter((stem) => !ASSENT.has(stem) && !TIMES.has(stem)));
}

/** @returns whether a text of this kind names a matter at all */
export function namesMatter(text: string, kind: 'action' | 'decision'): boolean {
  if (matterStems(text).size > 0) return true;
  if (kind === 'action') return false;
  const times = wordsOf(text).map((word) => TIMES.has(stemOf(word)));
  return times.includes(true) && times.includes(false);
}

const LONG = 4;
/** "Order the laptops": a word of its own, and one thing. */
const ONE_THING = /^\p{L}+ (?:the|an?|our|all|every) \p{L}{3,}$/iu;

/** @param tokens words of the lines the text comes from */
export function saysEnough(text: string, tokens: readonly WordToken[]): boolean {
  if (BARE_PRONOUN.test(text) || BROKEN.test(text) || PERSON.test(text)) return false;
  // An answer with its question says what it hangs on.
  if (HANGS.test(text) && !text.includes('? ')) return false;
  const stems = contentStems(text).size;
  // "Set up the phones" has one rare word and enough common ones.
  const full =
    stems >= 2 || (stems === 1 && (text.split(' ').length >= LONG || ONE_THING.test(text)));
  return full && (WITH_NOUN.test(text) || hasNoun(text, tokens));
}

export function hasNoun(text: string, tokens: readonly WordToken[]): boolean {
  const words = new Set(text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? []);
  return tokens.some(({ pos, norm }) => (pos === 'NOUN' || pos === 'PROPN') && words.has(norm));
}
