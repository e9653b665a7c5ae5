/**
 * Exact text as a recogniser might have heard it: words taken for others, lost ends, full stops in
 * the wrong place.
 *
 * Words and their shares are those that Moonshine confused in the LibriSpeech sets beside the
 * repository (what was heard instead, "" for nothing; errors over occurrences plus three, so that a
 * rare word is not taken for a hard one), for the words of the meetings. Read books have no
 * contractions and their texts no punctuation: the shares of those are estimated from the two
 * recorded meetings.
 */
import confusions from './recogniserConfusions.json';
import { randoms } from '../testing/faults/random';

/** Share of contractions whose end is swallowed: "I'll" becomes "I". */
const SWALLOWED = 0.06;
/**
 * Share of sentence ends that become a comma, of commas that go, of "and", "so", "but" that begin a
 * sentence, of question marks that become full stops.
 */
const STOP_TO_COMMA = 0.08;
const COMMA_LOST = 0.15;
const CUT_BEFORE_LINK = 0.05;
const QUESTION_LOST = 0.12;

const CONFUSIONS: ReadonlyMap<string, readonly (readonly [string, number])[]> = new Map(
  Object.entries(confusions).map(([word, confused]) => [word, Object.entries(confused)]),
);

/** @param strength 1 for the shares as measured, 2 for twice as many errors */
export function misheard(text: string, strength: number, random: () => number): string {
  const words = text
    .split(' ')
    .map((token) => recognise(token, strength, random))
    .filter((token) => token !== '')
    .join(' ');
  const with_ = (share: number): boolean => random() < share * strength;
  return words
    .replace(/[.?!] ([A-Z])(\w*)/g, (all, first: string, rest: string) =>
      with_(STOP_TO_COMMA)
        ? `, ${first === 'I' && rest === '' ? first : first.toLowerCase()}${rest}`
        : all,
    )
    .replace(/, /g, (all) => (with_(COMMA_LOST) ? ' ' : all))
    .replace(/(\w) (and|so|but|then|because) /g, (all, before: string, link: string) =>
      with_(CUT_BEFORE_LINK) ? `${before}. ${link[0]?.toUpperCase() ?? ''}${link.slice(1)} ` : all,
    )
    .replace(/\?/g, (all) => (with_(QUESTION_LOST) ? '.' : all));
}

function recognise(token: string, strength: number, random: () => number): string {
  const [, before = '', word = '', after = ''] =
    /^([^A-Za-z']*)([A-Za-z']+)(.*)$/.exec(token) ?? [];
  if (word === '') return token;
  if (/'(?:ll|re|ve|d|m)$/.test(word) && random() < SWALLOWED * strength)
    return before + word.replace(/'.*/, '') + after;
  let at = random();
  for (const [confused, share] of CONFUSIONS.get(word.toLowerCase()) ?? []) {
    if (at < share * strength)
      return (
        before +
        (/^[A-Z]/.test(word) ? confused.slice(0, 1).toUpperCase() + confused.slice(1) : confused) +
        after
      );
    at -= share * strength;
  }
  return token;
}

/** Repeatable: the same seed mishears the same words. */
export function mishearMeeting<
  M extends { readonly slug: string; readonly turns: readonly { readonly text: string }[] },
>(meeting: M, strength: number, seed: number): M {
  const random = randoms(seed * 7919 + meeting.slug.length * 31);
  return {
    ...meeting,
    turns: meeting.turns.map((turn) => ({ ...turn, text: misheard(turn.text, strength, random) })),
  };
}
