/**
 * Acts and links of scored turns. The encoder knows what a turn settles; words and the change of
 * speaker say how.
 */
import type { DetectedTurn, SpokenTurn, TurnAct, TurnLink, TurnScores } from '../contract/turns';
import { probabilityOf } from './labels';

export type ScoredTurn = SpokenTurn & { readonly scores: TurnScores };

/** Answers that take a request on, at the start of a turn. */
const YES =
  /^(?:(?:um|uh|oh|well|hm|okay|ok),? )*(?:yes|yeah|yep|sure|okay|ok|fine|will do|can do|alright|right|of course|agreed|deal|done|good|great|perfect|sounds good|works for me|i'll|i can)\b/i;
const NO =
  /^(?:(?:um|uh|oh|well|hm|mm|okay),? )*(?:no\b|nope|not me|i can't|i don't think|i'd rather not|please don't|let's not|not really|never)/i;
const BACK =
  /\b(?:scrap that|forget (?:that|it)|never ?mind|on second thought|changed? my mind|take (?:that|it) back|let's not|hold on|we don't need|instead of that|actually,? no|no,? wait|drop (?:that|it))\b/i;
const REFERS = /\b(?:it|that|this|those|them|these|one|ones)\b/i;
const ASKS = /\?\s*$|^(?:can|could|would|will) you\b/i;
const ADVISES =
  /\b(?:how about|what if|we could|we should|let's|why don't|maybe we|i'd say|shall we|or we)\b/i;
/** Turns back in which a request, a proposal or the named thing is searched. */
const REACH = 4;

const share = (text: string, pattern: RegExp): number => (pattern.test(text) ? 1 : 0);

export function actsOf(turns: readonly ScoredTurn[]): DetectedTurn[] {
  const acts = turns.map((turn, at) => actsOfTurn(turn, turns[at - 1]));
  return turns.map((turn, at) => ({
    segmentId: turn.segmentId,
    speaker: turn.speaker,
    text: turn.text,
    turn: at,
    acts: acts[at] ?? actsOfTurn(turn, undefined),
    span: spanOf(turn.text),
    links: linksOf(turns, acts, at),
  }));
}

function actsOfTurn(
  { text, speaker, scores }: ScoredTurn,
  before: ScoredTurn | undefined,
): Record<TurnAct, number> {
  const p = (label: Parameters<typeof probabilityOf>[1]): number => probabilityOf(scores, label);
  const other = before !== undefined && before.speaker !== speaker;
  const [yes, no] = [other ? share(text, YES) : 0, other ? share(text, NO) : 0];
  const [asks, back] = [share(text, ASKS), share(text, BACK)];
  const decoy = p('decoy');
  return {
    commit: p('ownerSpeaks'),
    request: p('ownerAsked'),
    accept: yes * p('ownerSpeaks'),
    decline: no * Math.max(decoy, 1 - p('actionTurn')),
    propose: Math.max(0, p('decisionTurn') - p('decisionCore')) * (0.5 + share(text, ADVISES) / 2),
    agree: yes * Math.max(p('decisionCore'), p('decisionTurn')),
    decide: p('decisionCore'),
    reverse: back * Math.max(p('decisionTurn'), p('actionTurn'), decoy),
    ask: asks * Math.max(p('question'), 0.5),
    warn: p('risk'),
  };
}

function linksOf(
  turns: readonly ScoredTurn[],
  acts: readonly Readonly<Record<TurnAct, number>>[],
  at: number,
): TurnLink[] {
  const own = acts[at];
  const turn = turns[at];
  if (!own || !turn) return [];
  const links: TurnLink[] = [];
  const add = (kind: TurnLink['kind'], found: number | undefined): void => {
    if (found !== undefined) links.push({ kind, turn: found });
  };
  const best = (act: TurnAct, least: number): number | undefined =>
    strongest(acts, at, (other) => other[act], least);
  if (own.accept >= 0.3) add('accepts', best('request', 0.2));
  if (own.agree >= 0.3 || own.decide >= 0.5) add('settles', best('propose', 0.1));
  if (own.reverse >= 0.3) add('changes', best('decide', 0.3) ?? best('commit', 0.3));
  if (REFERS.test(turn.text) && Math.max(own.commit, own.request, own.decide) >= 0.3)
    add('refersTo', namedBefore(turns, at));
  return links;
}

function strongest(
  acts: readonly Readonly<Record<TurnAct, number>>[],
  at: number,
  of: (acts: Readonly<Record<TurnAct, number>>) => number,
  least: number,
): number | undefined {
  let [found, most]: [number | undefined, number] = [undefined, least];
  for (let i = at - 1; i >= Math.max(0, at - REACH); i--) {
    const other = acts[i];
    if (other && of(other) > most) [found, most] = [i, of(other)];
  }
  return found;
}

/** The closest earlier turn with enough words to name a thing. */
function namedBefore(turns: readonly ScoredTurn[], at: number): number | undefined {
  for (let i = at - 1; i >= Math.max(0, at - REACH); i--)
    if ((turns[i]?.text.match(/\p{L}{4,}/gu) ?? []).length >= 3) return i;
  return undefined;
}

/** The text without the lead-in and a broken-off end. */
function spanOf(text: string): { from: number; to: number } {
  const lead = /^(?:(?:um|uh|so|and|but|well|okay|ok|yeah|right|oh|hm)\b[\s,.]*)+/i.exec(text);
  const from = lead && lead[0].length < text.length ? lead[0].length : 0;
  const to = text.replace(/(?<![\s,–-])[\s,–-]+$/, '').length;
  return { from, to: Math.max(from, to) };
}
