/**
 * Cleans a spoken sentence for a summary: removes lead-ins, fillers, repetitions and broken-off
 * words. Undefined if the rest is not a sentence; the summary then leaves it out.
 */
import { readableText } from '../transcript/readable';
import type { Line } from './conversation';
import { isGeneric } from './people';
import { FILLERS } from './rules/words';

/** Lead-in words without content. */
const LEAD_IN =
  /^(?:(?:and|but|so|or|because|well|okay|ok|yeah|yep|yes|oh|ah|um|uh|mm|anyway|basically|actually|alright|exactly|i mean|you know|you see|i guess|i think(?: that)?|i suppose|i would say|i'd say|as i said|like i said|as you know|to be honest|in general|of course|let's see|let me see|the thing is(?: that)?|it's just that|what i mean is)\b[\s,.…-]*)+/i;
/** Words that never end a sentence. */
const DANGLING =
  /[\s,](?:and|but|so|because|the|an?|to|of|for|with|by|in|at|my|your|our|their|if|that|which|or|is|are|was|were|like|as|than|then|very|i|we|you|it's|um|uh|you know|i mean|i think|i guess|or something|and stuff|or whatever|and so on)$/i;
/** Longer than every entry of `DANGLING`. */
const DANGLING_REACH = 16;
const ENDS = /(?<![\s,;:–—-])[\s,;:–—-]+$/;
/** Short words that may be the start of the next word but are words themselves. */
const WHOLE = new Set(
  'a i an in on no so to the he we be me my it at as is us up do go or of by if for her his not but can any all one out our per use too see set add let new now own put run way who why man may men here some them then than that this form over even ever every under other you your are was will with what when where where'.split(
    ' ',
  ),
);
/** Maximum share of fragments among the words. A higher share means an unfinished thought. */
const MOST_BROKEN = 0.12;

/** @returns a sentence with a capital, without the full stop */
export function readableSentence(line: Line): string | undefined {
  // Under a label for several people, two segments may have two speakers.
  if (line.evidence.length > 1 && isGeneric(line.speaker)) return undefined;
  const first = line.clauses[0];
  const tokens = line.tokens.filter(
    (token) => token.start >= (first?.words[first.core]?.start ?? line.start),
  );
  const { text, fragments } = withoutBreaks(line, tokens);
  if (fragments > 1 && fragments > MOST_BROKEN * tokens.length) return undefined;
  const plain = readableText(text)
    .replace(LEAD_IN, '')
    .replace(/(?<![.?!…])[.?!…]+$/, '');
  const trimmed = withoutDangling(plain.replace(ENDS, '')).replace(ENDS, '').trim();
  const verb = tokens.some(({ pos }) => pos === 'VERB' || pos === 'AUX');
  if (!verb || trimmed === '') return undefined;
  return trimmed.slice(0, 1).toLocaleUpperCase('en') + trimmed.slice(1);
}

/**
 * Words of a line without fillers and broken-off words.
 * @param tokens the line's own tokens, or the last ones of them
 * @returns the text, and how many words were broken off
 */
export function withoutBreaks(
  line: Line,
  tokens: Line['tokens'] = line.tokens,
): { readonly text: string; readonly fragments: number } {
  let [text, fragments] = ['', 0];
  let at = tokens[0]?.start ?? line.start;
  tokens.forEach((token, i) => {
    const filler = FILLERS.has(token.norm);
    const broken = isFragment(token.text, tokens[i + 1]?.norm, tokens[i + 2]?.norm);
    if (broken && !filler) fragments++;
    if (!filler && !broken) text += line.text.slice(at, token.end);
    at = token.end;
  });
  return { text, fragments };
}

function withoutDangling(text: string): string {
  let end = text.length;
  for (;;) {
    const found = DANGLING.exec(text.slice(Math.max(0, end - DANGLING_REACH), end))?.[0];
    if (found === undefined) return text.slice(0, end);
    end -= found.length;
    while (end > 0 && /[\s,]/.test(text.charAt(end - 1))) end--;
  }
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
