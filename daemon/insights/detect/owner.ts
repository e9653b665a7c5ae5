/** Owner of a detected action: the speaker who takes it on, or the person who is asked. */
import { isGeneric } from '../conversation/people';
import type { ScoredTurn } from '../contract/turns';
import { logitOf } from './labels';
import type { Meeting } from './meeting';

/** Words by which a speaker takes something on, or gives it to the person addressed. */
const TAKES =
  /\b(?:i'll|i will|i can|i could|i'd|let me|i'm (?:going|gonna)|leave it with me|i've got it|on me)\b/i;
const GIVES =
  /\b(?:(?:can|could|would|will|do|if) you|you (?:can|could|should|change|take|do|send|write|ask)|please|your)\b/i;
/** Logits that these words add to the encoder's; chosen on the development meetings. */
const CUE = 1;
/** Turns ahead in which the asked person answers. */
const ANSWER = 2;

/**
 * @param core turns that settle the action
 * @param rule owner by the rules, if they found it
 */
export function ownerOf(
  core: readonly number[],
  meeting: Meeting,
  rule: string | undefined,
): string | undefined {
  const { turns } = meeting;
  const best = (label: 'ownerSpeaks' | 'ownerAsked'): { turn: number; logit: number } =>
    core
      .map((turn) => ({ turn, logit: scoreOf(turns[turn], label) }))
      .reduce((a, b) => (b.logit > a.logit ? b : a));
  const [speaks, asked] = [best('ownerSpeaks'), best('ownerAsked')];
  if (speaks.logit >= asked.logit) return turns[speaks.turn]?.speaker;
  return namedIn(asked.turn, meeting) ?? rule ?? answering(asked.turn, meeting);
}

function scoreOf(turn: ScoredTurn | undefined, label: 'ownerSpeaks' | 'ownerAsked'): number {
  if (!turn) return Number.NEGATIVE_INFINITY;
  const cue = label === 'ownerSpeaks' ? TAKES : GIVES;
  return logitOf(turn.scores, label) + (cue.test(turn.text) ? CUE : 0);
}

/** A participant whom the turn names and who does not speak it. */
function namedIn(at: number, { turns, speakers }: Meeting): string | undefined {
  const turn = turns[at];
  if (!turn) return undefined;
  return speakers.find(
    (name) =>
      name !== turn.speaker &&
      !isGeneric(name) &&
      new RegExp(`(?<!\\p{L})${escaped(name)}(?!\\p{L})`, 'iu').test(turn.text),
  );
}

/** The next other voice, or the one before at the end of the meeting. */
function answering(at: number, { turns }: Meeting): string | undefined {
  const own = turns[at]?.speaker;
  const after = turns.slice(at + 1, at + 1 + ANSWER).find(({ speaker }) => speaker !== own);
  return (after ?? turns.slice(Math.max(0, at - ANSWER), at).findLast((t) => t.speaker !== own))
    ?.speaker;
}

const escaped = (name: string): string => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
