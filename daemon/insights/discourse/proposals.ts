/**
 * Recognises proposals and the answers to them. People decide in pairs of turns more often than in
 * sentences: "Mornings only?" "Mornings only.", "I'd cut the appendix." "Yes please.", "What do we
 * do with it?" "Page five." "Fine."
 */
import { intern } from '../../base/intern';
import type { ReadClause } from '../cues';
import type { Line } from '../conversation/line';
import { singular } from '../language/singular';
import { contentOf, overlap } from './phrasing';
import { hasCue } from './tasks';

export interface Proposal {
  /** Range of the words that state the proposal. */
  readonly from: number;
  readonly to: number;
  readonly weight: number;
  /** Put to all, so a plain yes settles it. Otherwise the answer must repeat words of it. */
  readonly forAll: boolean;
  /** A sentence fragment: a guess until somebody accepts it. */
  readonly piece: boolean;
}

export type Reaction =
  /** Agrees to the proposal. */
  | 'assent'
  /** Yes, okay: enough for a proposal put to all. */
  | 'nod'
  | 'reject';

const FOR_ALL =
  /\b(?:(?:should|shall|can) we|let us|do we want to|why do not we|(?:i|we) (?:would )?(?:suggest|propose|say|vote)|(?:how|what) about)\b/;
/** Minimum number of words of a proposal without content words. */
const MIN_PROPOSAL_WORDS = 4;
/**
 * Maximum number of words of a fragment. Longer fragments are stories, not short answers or offers.
 */
const MAX_PIECE_WORDS = 9;
const SHORT = 4;
/** Words that never begin a fragment proposal. They begin a report, a question or a comment. */
const NO_PIECE =
  /^(?:i|you|he|she|they|it|that|this|there|we|who|what|where|when|why|how|which|really|seriously|is|are|was|were|do|does|did|has|have|had|will|would|can|could|should|if|not|sorry|thanks|thank|welcome|hello|hi|like|as|because|since|mostly|about|around|maybe|probably|depends|nobody|somebody|someone|everybody|everyone|both|neither|just|let)$/;
const NOD = new Set([
  'yes',
  'sure',
  'okay',
  'fine',
  'perfect',
  'lovely',
  'wonderful',
  'excellent',
  'great',
  'good',
  'brilliant',
  'deal',
  'amen',
  'absolutely',
  'definitely',
  'exactly',
  'agreed',
  'gladly',
  'surely',
  'alright',
  'cool',
  'nice',
  'beautiful',
  'fantastic',
]);
/** Words without topical meaning, besides the excluded parts of speech. */
const NO_ECHO = new Set([
  'be',
  'have',
  'do',
  'will',
  'would',
  'can',
  'could',
  'should',
  'shall',
  'let',
  'us',
  'go',
  'get',
  'make',
  'take',
  'okay',
  'good',
  'fine',
  'great',
  'right',
  'sure',
  'yes',
  'no',
  'work',
  'sound',
  'look',
  'want',
  'need',
  'think',
  'like',
  'thing',
  'one',
  'first',
  'next',
  'last',
  'idea',
  'please',
  'maybe',
  'then',
  'happy',
  'perfect',
  'lovely',
]);
const ECHOED = new Set(['NOUN', 'PROPN', 'NUM', 'VERB', 'ADJ']);

/** @param asked true if another speaker has just asked what to do */
export function proposalOf(line: Line, clause: ReadClause, asked: boolean): Proposal | undefined {
  const { modes, words, core } = clause;
  if (modes.has('past') || modes.has('joke') || hasCue(clause, 'poll') || asksHow(clause))
    return undefined;
  const cue = hasCue(clause, 'propose');
  if (cue) {
    const [start, to] = cue.match.task ?? [core, words.length];
    // "I'd put it on page five": the verb is part of the proposal. The verb of "I'd suggest" is
    // not.
    const from = start - (wouldDo(words, start - 1) ? 1 : 0);
    if (
      contentOf(clause, from, to).size === 0 &&
      to - from < MIN_PROPOSAL_WORDS &&
      echoOf({ words: words.slice(from, to), core: 0 }).size === 0
    )
      return undefined;
    return {
      from,
      to,
      weight: cue.rule.weight,
      forAll: FOR_ALL.test(words.map(({ norm }) => norm).join(' ')),
      piece: false,
    };
  }
  const begins = words[core]?.norm ?? '';
  const length = words.length - core;
  if (
    length < 2 ||
    length > (asked ? 2 : 1) * MAX_PIECE_WORDS ||
    NO_PIECE.test(begins) ||
    echoOf(clause).size === 0 ||
    line.clauses.length > 2
  )
    return undefined;
  if (
    hasCue(
      clause,
      'commit',
      'take',
      'offer',
      'request',
      'need',
      'who',
      'assign',
      'handOver',
      'cancel',
      'agree',
      'reject',
      'thank',
      'decide',
    )
  )
    return undefined;
  const marked = words.some(({ norm }) => norm === 'then' || norm === 'only');
  if ((!clause.question && !asked && !marked) || !isPiece(clause)) return undefined;
  return { from: core, to: words.length, weight: 0.5, forAll: false, piece: true };
}

function wouldDo(words: ReadClause['words'], at: number): boolean {
  const verb = words[at];
  let before = at - 1;
  while (words[before]?.pos === 'ADV') before--;
  return (
    verb?.pos === 'VERB' &&
    words[before]?.norm === 'would' &&
    !/^(?:suggest|propose|prefer|say|vote|like)$/.test(verb.lemma)
  );
}

/** "How do we …?", "who do we …?" ask for a proposal; "how about …?" and "what if …?" make one. */
function asksHow({ words, core, question }: ReadClause): boolean {
  return (
    question &&
    /^(?:how|what|who|whom|when|where|why|which)$/.test(words[core]?.norm ?? '') &&
    !/^(?:about|if|do not|not)$/.test(words[core + 1]?.norm ?? '') &&
    !(words[core]?.norm === 'why' && words.slice(core, core + 3).some(({ norm }) => norm === 'not'))
  );
}

/** "Page five", "the second of May", "cut it in half": fragments, not statements of fact. */
function isPiece({ words, core }: ReadClause): boolean {
  return words
    .slice(core)
    .every(
      ({ pos, norm, lemma }, at) =>
        pos !== 'AUX' &&
        (pos !== 'VERB' || at > 0 || norm === lemma) &&
        !/^(?:my|mean|our)$/.test(norm) &&
        !(pos === 'VERB' && norm.endsWith('ed')),
    );
}

/** @param echo words of the proposal that it may answer */
export function reactionTo(
  echo: ReadonlySet<string>,
  line: Line,
  clause: ReadClause,
): Reaction | undefined {
  if (clause.question) return undefined;
  const lead = clause.words.slice(0, clause.core + 1).map(({ norm }) => norm);
  const agrees = hasCue(clause, 'agree') !== undefined;
  if (
    !agrees &&
    (hasCue(clause, 'reject', 'cancel', 'decline') ?? (lead[0] === 'no' && !lead.includes('yes')))
  )
    return 'reject';
  if (line.clauses.some(({ link }, at) => at > 0 && link === 'but')) return undefined;
  if (clause.modes.has('negated') || clause.modes.has('hypothetical')) return undefined;
  if (agrees || hasCue(clause, 'settle')) return 'assent';
  const echoed = echoOf(clause);
  const nods = lead.some((word) => NOD.has(word));
  if (clause.modes.has('past')) return undefined;
  if (haveCommonWord(echoed, echo) && (nods || clause.words.length - clause.core <= 2 * SHORT))
    return 'assent';
  return nods && (clause.words.length - clause.core <= SHORT || line.clauses.length > 1)
    ? 'nod'
    : undefined;
}

/** Words whose repetition accepts a proposal, including dates and numbers. */
export function echoOf(clause: Pick<ReadClause, 'words' | 'core'>): Set<string> {
  const echo = new Set<string>();
  for (const { norm, lemma, pos } of clause.words.slice(clause.core)) {
    if (ECHOED.has(pos) && !NO_ECHO.has(norm) && !NO_ECHO.has(lemma))
      echo.add(intern(singular(lemma)));
  }
  return echo;
}

/** True if the sets share most of the smaller set. */
export function haveCommonWord(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return overlap(a, b) >= 0.6;
}
