/**
 * Items that a later part of the meeting takes back. The later part names the same rare words and
 * says that something changes.
 */
import type { DetectedItem } from '../contract/turns';
import { logitOf } from './labels';
import type { ScoredTurn } from './acts';

type Item = Pick<DetectedItem, 'kind' | 'core' | 'confidence'>;

export interface SupersedeOptions {
  /** Shared weight of rare words that a change needs. */
  readonly least: number;
  /** Turns before the settling turns that name the matter. */
  readonly context: number;
  /** Logit of `decisionCore` or `actionCore` from which a later turn settles something. */
  readonly settles: number;
}

/** Chosen by cross-validation over meetings. */
export const SUPERSEDE_OPTIONS: SupersedeOptions = { least: 1.2, context: 3, settles: 0 };

/** Words of a change of mind. */
const CHANGE =
  /\b(?:hang on|hold on|wait|after all|instead|take (?:that|it|this) back|(?:that|it|this) changes|changed my mind|on second thought|scrap|forget (?:that|it|about)|never ?mind|go back|back to|earlier|we said|i said|you said|then (?:no|not|i can't|i won't|i don't|we don't|we can't)|so no|not any ?more|no longer|doesn't work|won't work|can't have|overrule|undo|reverse|actually)\b/i;
/** Turns between an item and the part that takes it back. */
const LEAST_DISTANCE = 2;
/** Words that say nothing about the matter. */
const SHORT = 4;

/** @returns the items that still stand at the end */
export function standing(
  items: readonly Item[],
  turns: readonly ScoredTurn[],
  options: SupersedeOptions = SUPERSEDE_OPTIONS,
): Item[] {
  const stems = turns.map(({ text }) => stemsOf(text));
  const counts = new Map<string, number>();
  for (const stem of stems.flatMap((set) => [...set]))
    counts.set(stem, (counts.get(stem) ?? 0) + 1);
  return items.filter((item) => !isTakenBack(item, turns, stems, counts, options));
}

function isTakenBack(
  { core, kind }: Item,
  turns: readonly ScoredTurn[],
  stems: readonly ReadonlySet<string>[],
  counts: ReadonlyMap<string, number>,
  { least, context, settles }: SupersedeOptions,
): boolean {
  const [first, last] = [core[0] ?? 0, core.at(-1) ?? 0];
  const own = wordsOf(stems, first - context, last);
  const label = kind === 'action' ? 'actionCore' : 'decisionCore';
  for (let at = last + LEAST_DISTANCE; at < turns.length; at++) {
    const turn = turns[at];
    if (!turn || logitOf(turn.scores, label) < settles) continue;
    const from = Math.max(last + 1, at - context);
    if (!turns.slice(from, at + 1).some(({ text }) => CHANGE.test(text))) continue;
    let shared = 0;
    for (const word of wordsOf(stems, from, at))
      if (own.has(word)) shared += 1 / Math.max(1, (counts.get(word) ?? 1) - 1);
    if (shared >= least) return true;
  }
  return false;
}

function wordsOf(stems: readonly ReadonlySet<string>[], from: number, to: number): Set<string> {
  return new Set(stems.slice(Math.max(0, from), to + 1).flatMap((set) => [...set]));
}

/** Content words, cut to a common beginning: "builds" and "building" are the same. */
function stemsOf(text: string): Set<string> {
  const words = text.toLowerCase().match(/\p{L}[\p{L}'-]*/gu) ?? [];
  return new Set(
    words
      .filter((word) => word.length >= SHORT && !COMMON.has(word))
      .map((word) => word.replace(/(?:'s|ing|ed|es|s)$/, '').slice(0, 7)),
  );
}

const COMMON = new Set(
  (
    'that this then than they them there their these those have with what when where which would could should will ' +
    'want need just like know think mean yeah okay well really only also some more much many very about into from ' +
    "don't doesn't didn't can't won't that's it's i'll we'll you'll they're we're you're i've we've let's isn't wasn't " +
    'were been being does done doing make made take goes going gone come came said says tell told good right fine sure ' +
    'here still back over after before because maybe anyway thing things something nothing everything somebody everybody ' +
    'nobody today tomorrow week month monday tuesday wednesday thursday friday people other another every each such same'
  ).split(' '),
);
