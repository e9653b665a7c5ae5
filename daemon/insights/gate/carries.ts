/** Decides whether spoken lines carry a written text: its words, names, numbers, dates, polarity. */
import type { SpokenWindow } from './spokenWindow';
import { contentStems, namesOf, numbersOf, statedNumbers, stemOf, wordsOf } from './words';

/**
 * Shares of the content words that must be spoken in the meeting and near the evidence. A topic is
 * often named long before; texts about other meetings reach 0.4 and 0.3 at most.
 */
const MIN_SPOKEN = 0.5;
const MIN_NEAR = 0.3;
const NEGATION = /\b(?:not|no|never|nobody|none|nothing|neither|nor|without|cannot|\p{L}+n't)\b/iu;
/** Words by which people refuse or drop something without "not". */
const REFUSAL =
  /\b(?:out|stop|stops|drop|dropped|skip|cancel|forget|only|instead|unless|kill|wait|leave|leaves|keep|keeps|stays?)\b/i;
const FORBIDS =
  /\b(?:don't|do not|won't|will not|not going to|never|let's not|no need to|are out|is out|'s out|ruled out)\b/i;
/** "the thirty-first", but not "first" and "second", which count things. */
const DAY_OF_MONTH =
  /\b(?:(?:twenty|thirty)[- ](?:first|second)|(?:(?:twenty|thirty)[- ])?(?:third|fourth|fifth|sixth|seventh|eighth|ninth)|(?:ten|eleven|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen)th|twelfth|twentieth|thirtieth)\b/gi;
const DAYS = new Set(
  'monday tuesday wednesday thursday friday saturday sunday today tomorrow tonight january february march april june july august september october november december'.split(
    ' ',
  ),
);
const OPPOSITES: readonly (readonly [string, string])[] = [
  ['enable', 'disable'],
  ['keep', 'delete'],
  ['accept', 'reject'],
  ['allow', 'forbid'],
  ['start', 'stop'],
  ['increase', 'reduce'],
];

export type Refusal = 'no-evidence' | 'words' | 'names' | 'numbers' | 'dates' | 'polarity' | 'part';

/** What the evidence says, and the lines around it. */
export interface Surroundings {
  readonly quotes: readonly string[];
  readonly near: readonly string[];
  /** The quoted lines and their next neighbours. */
  readonly beside: readonly string[];
  readonly window: SpokenWindow;
  /** A sentence of the summary may unite several matters. */
  readonly sentence: boolean;
}

/** @returns the first reason against the text; undefined if its words are carried */
export function refusalOf(text: string, around: Surroundings): Refusal | undefined {
  const { speakers, content, stems } = around.window;
  const near = around.near.join(' ');
  const spoken = contentStems(`${near} ${speakers.join(' ')}`);
  if (!carried(text, spoken, MIN_NEAR) || !carried(text, content, MIN_SPOKEN)) return 'words';
  if (namesOf(text).some((name) => !wordsOf(name).every((word) => stems.has(stemOf(word)))))
    return 'names';
  if (!numbersCarried(text, near, around.window)) return 'numbers';
  const nearWords = new Set(wordsOf(near).map(stemOf));
  if (wordsOf(text).some((word) => DAYS.has(word) && !nearWords.has(stemOf(word)))) return 'dates';
  const joined = wordsOf(near).join(' ');
  if (
    [...text.matchAll(DAY_OF_MONTH)].some(({ 0: day }) => !joined.includes(wordsOf(day).join(' ')))
  )
    return 'dates';
  if (contradicts(text, around)) return 'polarity';
  return !around.sentence && mergesAnother(text, around.beside) ? 'part' : undefined;
}

/** Small counts are spoken everywhere; larger numbers name one thing. */
const SMALL = 12;
/** A count of two is what a writer adds to two things. */
const COUNT = 2;

/**
 * Small numbers are spoken near the evidence, others anywhere. "5.2" may be spoken as "five two".
 */
function numbersCarried(text: string, near: string, { numbers }: SpokenWindow): boolean {
  const beside = numbersOf(near);
  return statedNumbers(text).every((number) => {
    const value = Number(number);
    const spoken = value > SMALL || value === COUNT ? numbers : beside;
    return spoken.has(number) || number.split('.').every((part) => spoken.has(part));
  });
}

function carried(text: string, spoken: ReadonlySet<string>, share: number): boolean {
  const stems = [...contentStems(text)];
  return (
    stems.length > 0 && stems.filter((stem) => spoken.has(stem)).length >= share * stems.length
  );
}

/** The clauses that share most content words with the text have another polarity. */
function contradicts(text: string, { quotes, near }: Surroundings): boolean {
  const stems = contentStems(text);
  const said = contentStems(near.join(' '));
  if (OPPOSITES.some(([a, b]) => replaced(stems, said, a, b) || replaced(stems, said, b, a)))
    return true;
  const clauses = quotes.flatMap(clausesOf);
  if (/^(?:do not|don't|never)\b/i.test(text))
    return !clauses.some((clause) => FORBIDS.test(clause));
  const parts = text.split(/[.,;]+| and | so that | because | if /);
  const around = near.flatMap(clausesOf);
  for (const part of parts) {
    if (NEGATION.test(part)) {
      if (!deniedIn(around, contentStems(part))) return true;
    } else if (!REFUSAL.test(part) && deniedOnly(contentStems(part), clauses)) return true;
  }
  return false;
}

/** All the clauses that share most words with the part are negated. */
function deniedOnly(part: ReadonlySet<string>, clauses: readonly string[]): boolean {
  const scored = clauses.map((clause) => ({ clause, shared: shareOf(part, contentStems(clause)) }));
  const most = Math.max(0, ...scored.map(({ shared }) => shared));
  const best = scored.filter(({ shared }) => shared === most);
  return most > 1 && best.every(({ clause }) => NEGATION.test(clause) || FORBIDS.test(clause));
}

function replaced(
  stems: ReadonlySet<string>,
  said: ReadonlySet<string>,
  a: string,
  b: string,
): boolean {
  return stems.has(stemOf(a)) && !said.has(stemOf(a)) && said.has(stemOf(b));
}

function clausesOf(line: string): string[] {
  return line.split(/[.,;?!:]+/).filter((clause) => clause.trim() !== '');
}

/** A negated clause or its neighbour shares a word with the negated part. */
function deniedIn(clauses: readonly string[], part: ReadonlySet<string>): boolean {
  return clauses.some(
    (clause, at) =>
      (NEGATION.test(clause) || REFUSAL.test(clause)) &&
      shareOf(part, contentStems(clauses.slice(Math.max(0, at - 1), at + 2).join(' '))) > 0,
  );
}

function shareOf(stems: ReadonlySet<string>, clause: ReadonlySet<string>): number {
  return [...clause].filter((stem) => stems.has(stem)).length;
}

/** Each task in "… and …" needs its own spoken words at the evidence. */
function mergesAnother(text: string, beside: readonly string[]): boolean {
  const spoken = contentStems(beside.join(' '));
  const parts = text.split(/(?<!\s)\s+(?:and|then)\s+|;\s*/).map((part) => [...contentStems(part)]);
  return (
    parts.length > 1 &&
    parts.some(
      (stems) =>
        stems.length >= 4 &&
        stems.filter((stem) => spoken.has(stem)).length < MIN_NEAR * stems.length,
    )
  );
}
