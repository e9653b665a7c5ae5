/**
 * Evidence that a turn settles an action or a decision: logits of the encoder and marks of the
 * rules, added as log odds. The weights come from a logistic regression over labelled meetings.
 */
import type { Finding } from '../discourse/discuss';
import type { ScoredTurn } from '../contract/turns';
import { logitOf, TURN_LABELS, type TurnLabel } from './labels';
import type { Meeting } from './meeting';

/** What the rules say of one turn. */
export interface RuleHit {
  /** Indices of the findings with evidence there. */
  readonly findings: readonly number[];
  /** Ids of the rules that spoke there. */
  readonly rules: readonly string[];
}
export type RuleHits = ReadonlyMap<number, RuleHit>;

export type Kind = 'action' | 'decision';
export type Weights = Readonly<Record<string, number>>;

/** Labels whose logits at close turns count. */
const AROUND: Readonly<Record<Kind, readonly TurnLabel[]>> = {
  action: ['actionCore', 'actionTurn'],
  decision: ['decisionCore', 'decisionTurn'],
};
const OFFSETS = [-2, -1, 1, 2] as const;
/** Words of a turn beyond which its length says no more, and of a short answer. */
const LONG_TURN = 20;
const SHORT_TURN = 3;
/** Logits beyond it say no more; keeps one odd turn from outweighing everything. */
const MAX_LOGIT = 6;

/** @returns findings and marks of one kind by turn */
export function hitsOf(findings: readonly Finding[], meeting: Meeting): RuleHits {
  const hits = new Map<number, { findings: number[]; rules: string[] }>();
  const at = (segmentId: string): { findings: number[]; rules: string[] } | undefined => {
    const turn = meeting.turnOf(segmentId);
    if (turn === undefined) return undefined;
    const known = hits.get(turn) ?? { findings: [], rules: [] };
    hits.set(turn, known);
    return known;
  };
  findings.forEach(({ evidence, trail = [] }, i) => {
    for (const { segmentId } of evidence) {
      const hit = at(segmentId);
      if (hit && !hit.findings.includes(i)) hit.findings.push(i);
    }
    for (const { rule, segmentId } of trail) at(segmentId)?.rules.push(rule);
  });
  return hits;
}

/**
 * Named features of a turn; a missing one is 0.
 * @param priors log odds of each rule being right
 */
export function featuresOf(
  kind: Kind,
  turns: readonly ScoredTurn[],
  hits: RuleHits,
  at: number,
  priors: Weights,
): Record<string, number> {
  const turn = turns[at];
  if (!turn) return {};
  const features: Record<string, number> = { bias: 1 };
  for (const label of TURN_LABELS) features[label] = logit(turn, label);
  for (const label of AROUND[kind])
    for (const offset of OFFSETS) {
      const near = turns[at + offset];
      features[`${label} ${offset}`] = near ? logit(near, label) : -MAX_LOGIT;
    }
  Object.assign(features, shapeOf(turn.text));
  if (hits.get(at - 1)?.findings.length) features['rule before'] = 1;
  if (hits.get(at + 1)?.findings.length) features['rule after'] = 1;
  const hit = hits.get(at);
  if (hit && hit.findings.length > 0) features['rule'] = 1;
  const [strongest] = (hit?.rules ?? []).map((rule) => priors[rule] ?? 0).sort((a, b) => b - a);
  if (strongest !== undefined) Object.assign(features, { mark: 1, prior: strongest });
  return features;
}

function shapeOf(text: string): Record<string, number> {
  const words = text.trim().split(/\s+/).length;
  return {
    words: Math.min(LONG_TURN, words) / LONG_TURN,
    short: words <= SHORT_TURN ? 1 : 0,
    asks: text.trimEnd().endsWith('?') ? 1 : 0,
  };
}

function logit(turn: ScoredTurn, label: TurnLabel): number {
  return Math.max(-MAX_LOGIT, Math.min(MAX_LOGIT, logitOf(turn.scores, label)));
}

export function logOdds(features: Readonly<Record<string, number>>, weights: Weights): number {
  let sum = 0;
  for (const name in features) sum += (features[name] ?? 0) * (weights[name] ?? 0);
  return sum;
}
