/** Applies the rule tables to a clause. Finds its cues and the modes that block them. */
import { findDueSpans, type DueSpan } from './due';
import type { Clause, IsName } from './language/clauses';
import {
  compilePattern,
  mayMatch,
  vocabulary,
  type Pattern,
  type PatternContext,
  type PatternMatch,
} from './language/pattern';
import { ASSIGNMENT_RULES } from './rules/assignments';
import { COMMITMENT_RULES } from './rules/commitments';
import { DECISION_RULES } from './rules/decisions';
import { MODE_RULES } from './rules/modality';
import { REQUEST_RULES } from './rules/requests';
import { RESPONSE_RULES } from './rules/responses';
import { QUESTION_RULES, RISK_RULES } from './rules/risks';
import type { CueKind, CueRule, ModeKind, Rule } from './rules/types';

export const CUE_RULES: readonly CueRule[] = [
  ...COMMITMENT_RULES,
  ...REQUEST_RULES,
  ...ASSIGNMENT_RULES,
  ...RESPONSE_RULES,
  ...DECISION_RULES,
  ...RISK_RULES,
  ...QUESTION_RULES,
];

export interface Cue {
  readonly rule: CueRule;
  readonly match: PatternMatch;
  /**
   * False if the rule requires a marker and this clause has none. A marker just before the clause
   * counts.
   */
  readonly marked: boolean;
}

/** A clause with its cues, modes and time phrases. */
export interface ReadClause extends Clause {
  readonly cues: readonly Cue[];
  readonly modes: ReadonlySet<ModeKind>;
  readonly due: readonly DueSpan[];
}

interface Compiled<K extends string> {
  readonly rule: Rule<K>;
  readonly patterns: readonly Pattern[];
}

const compile = <K extends string>(rules: readonly Rule<K>[]): Compiled<K>[] =>
  rules.map((rule) => ({ rule, patterns: rule.patterns.map(compilePattern) }));
const CUES = compile<CueKind>(CUE_RULES);
const MODES = compile<ModeKind>(MODE_RULES);
const MARKERS =
  /^(?:so|then|okay|agreed|fine|right|good|great|all|perfect|deal|therefore|but|because)$/;
const MARKER_PHRASE =
  /\b(?:for now|from now on|in the meantime|until|instead|this time|going forward|for the first|as of)\b/;

export function readClause(clause: Clause, isName: IsName): ReadClause {
  const due = findDueSpans(clause.words);
  const context: PatternContext = {
    words: clause.words,
    core: clause.core,
    isName,
    dueEnd: (at) => due.find(({ from }) => from === at)?.to,
  };
  const marked = hasMarker(clause) || due.some(({ weak }) => !weak);
  const words = vocabulary(clause.words);
  const cues: Cue[] = [];
  for (const { rule, patterns } of CUES) {
    if ((rule.mood === 'question') !== clause.question && rule.mood !== undefined) continue;
    // "Not before March" excludes a time.
    if (
      rule.needsDue &&
      !due.some(({ weak, from }) => !weak && clause.words[from - 1]?.norm !== 'not')
    )
      continue;
    const match = firstMatch(patterns, context, words);
    if (match) cues.push({ rule, match, marked: marked || !rule.needsMarker });
  }
  const modes = new Set<ModeKind>();
  for (const { rule, patterns } of MODES)
    if (!modes.has(rule.kind) && firstMatch(patterns, context, words)) modes.add(rule.kind);
  const { words: own, core, link, vocatives, question } = clause;
  return {
    words: own,
    core,
    link,
    vocatives,
    question,
    cues: orNone(cues),
    modes: modes.size === 0 ? NO_MODES : modes,
    due: orNone(due),
  };
}

/** Most clauses match no rule. They share these empty values to save memory. */
export const NO_MODES: ReadonlySet<ModeKind> = new Set();
const NONE: readonly never[] = [];
export const orNone = <T>(found: readonly T[]): readonly T[] => (found.length === 0 ? NONE : found);

function firstMatch(
  patterns: readonly Pattern[],
  context: PatternContext,
  words: ReadonlySet<string>,
): PatternMatch | undefined {
  for (const pattern of patterns) {
    const match = mayMatch(pattern, words) ? pattern.match(context) : undefined;
    if (match) return match;
  }
  return undefined;
}

function hasMarker(clause: Clause): boolean {
  if (
    clause.words.slice(0, clause.core).some(({ norm }) => MARKERS.test(norm)) ||
    /^(?:so|then|but)$/.test(clause.link)
  )
    return true;
  return MARKER_PHRASE.test(clause.words.map(({ norm }) => norm).join(' '));
}
