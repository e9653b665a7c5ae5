/** What a quote is about: a noun phrase from the turns before it. */
import type { Line } from '../conversation/line';
import { stemOf } from '../gate/words';
import type { WordToken } from '../language/nlp';
import { STOP_WORDS } from '../rules/words';

/** Lines before the quote in which its topic is searched. */
const LOOK_BACK = 12;
/** Nouns that name nothing. */
const EMPTY_NOUNS = new Set(
  `thing things way stuff bit lot one ones time times day days week weeks month months year years hour
  hours minute minutes second seconds moment point idea ideas question reason kind sort part half
  case number everybody people guy guys hand end beginning morning afternoon evening night weekend
  monday tuesday wednesday thursday friday saturday sunday today tomorrow yesterday sense problem
  other others rest fact matter word words sorry thanks bye god fun luck sec issue side place`.split(
    /\s+/,
  ),
);
const DETERMINERS = /^(?:the|our|this|that|a|an|my|your|their|his|her|these|those|its)$/;
const LINKS = /^(?:of|for)$/;
const MAX_WORDS = 7;
/** Chosen on the development meetings. */
const WEIGHTS = { used: 0.5, words: 0.5, distance: 0.15 };
const MOST_USED = 3;
const MOST_WORDS = 4;

interface Named {
  readonly phrase: string;
  readonly head: string;
  readonly words: number;
}

/**
 * Phrases that the lines before use most, the longer and the nearer one of equals, best first.
 * @param at index of the quoted line
 * @param own words of the quote, which name their topics already
 */
export function topicsBefore(lines: readonly Line[], at: number, own: string): string[] {
  const spoken = new Set((own.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).map(stemOf));
  const before = lines.slice(Math.max(0, at - LOOK_BACK), at);
  const people = new Set(
    lines
      .slice(Math.max(0, at - LOOK_BACK), at + 1)
      .flatMap(({ speaker }) => speaker.toLowerCase().split(' ')),
  );
  const counts = new Map<string, number>();
  for (const { tokens } of before)
    for (const { pos, norm } of tokens)
      if (pos === 'NOUN' || pos === 'PROPN')
        counts.set(stemOf(norm), (counts.get(stemOf(norm)) ?? 0) + 1);
  const best = new Map<string, { readonly phrase: string; readonly score: number }>();
  for (const { index, tokens } of before)
    for (const { head, words, phrase } of nounPhrases(tokens, people)) {
      const score =
        WEIGHTS.used * Math.min(MOST_USED, counts.get(head) ?? 0) +
        WEIGHTS.words * Math.min(MOST_WORDS, words) -
        WEIGHTS.distance * (at - index);
      if (!spoken.has(head) && score > (best.get(head)?.score ?? Number.NEGATIVE_INFINITY))
        best.set(head, { phrase, score });
    }
  const phrases = [...best.values()].sort((a, b) => b.score - a.score).map(({ phrase }) => phrase);
  // A name alone is often a person or a month.
  const longer = phrases.filter((phrase) => phrase.includes(' '));
  return longer.length > 0 ? longer : phrases.slice(0, 1);
}

/** "the flaky login test of the importer", "two-factor login". */
function nounPhrases(tokens: readonly WordToken[], people: ReadonlySet<string>): Named[] {
  const found: Named[] = [];
  for (let from = 0; from < tokens.length; from++) {
    const first = simplePhrase(tokens, from, people);
    if (!first) continue;
    let { to } = first;
    let words = first.words;
    if (LINKS.test(tokens[to]?.norm ?? '')) {
      const second = simplePhrase(tokens, to + 1, people);
      if (second && words.length + second.words.length < MAX_WORDS) {
        words = [...words, tokens[to]?.text ?? '', ...second.words];
        to = second.to;
      }
    }
    found.push({ phrase: withThe(words), head: first.head, words: words.length });
    from = to - 1;
  }
  return found;
}

function simplePhrase(
  tokens: readonly WordToken[],
  from: number,
  people: ReadonlySet<string>,
): { readonly to: number; readonly head: string; readonly words: string[] } | undefined {
  const start = DETERMINERS.test(tokens[from]?.norm ?? '') ? from + 1 : from;
  let to = start;
  while (belongs(tokens[to], people)) to++;
  const head = tokens[to - 1];
  // A noun alone, without a determiner, is seldom what is spoken of.
  const alone = start === from && to - start < 2 && head?.pos !== 'PROPN';
  if (to === start || !head || alone || !names(head)) return undefined;
  const words = tokens
    .slice(from, to)
    .map(({ text, pos }) => (pos === 'PROPN' ? text : lowered(text)));
  return { to, head: stemOf(head.norm), words };
}

function belongs(token: WordToken | undefined, people: ReadonlySet<string>): boolean {
  return token !== undefined && !people.has(token.norm) && /^(?:ADJ|NOUN|PROPN)$/.test(token.pos);
}

function names({ pos, norm, text }: WordToken): boolean {
  return (
    pos !== 'ADJ' && !STOP_WORDS.has(norm) && !EMPTY_NOUNS.has(norm) && /^\p{L}{3,}/u.test(text)
  );
}

function withThe(words: readonly string[]): string {
  const [first = '', ...rest] = words;
  if (!DETERMINERS.test(first)) return words.join(' ');
  return [/^(?:our|their|his|her|its)$/.test(first) ? first : 'the', ...rest].join(' ');
}

/** A capital at the start of a sentence goes; an abbreviation stays. */
function lowered(text: string): string {
  return /^\p{Lu}\p{Ll}/u.test(text) ? text.toLowerCase() : text;
}
