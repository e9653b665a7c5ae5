/**
 * The turn of an item that is quoted. The likeliest turn is often an answer: "Sure", "Friday". Then
 * the quote is another settling turn that names the matter, or the turn that was answered.
 */
import { matterStems, namesMatter } from '../text/saysEnough';
import type { Item } from './items';
import { logitOf } from './labels';
import type { Meeting } from './meeting';

/** Turns before the likeliest one that it may answer. */
const ANSWERED = 3;
/** Words of a matter that a quote needs. */
const ENOUGH = 2;
const CARRIES = { action: 'actionTurn', decision: 'decisionTurn' } as const;

/** @returns index of the turn; the likeliest one if none says more */
export function quotedTurn({ kind, core, peak }: Item, meeting: Meeting): number {
  const matter = (turn: number): number =>
    Math.min(ENOUGH, matterStems(meeting.turns[turn]?.text ?? '').size);
  if (namesMatter(meeting.turns[peak]?.text ?? '', kind)) return peak;
  const answered = Array.from({ length: ANSWERED }, (_, i) => peak - 1 - i).filter((turn) => {
    const row = meeting.turns[turn];
    return row && logitOf(row.scores, CARRIES[kind]) > 0;
  });
  const [best] = [...core, ...answered]
    .map((turn) => ({ turn, matter: matter(turn), apart: Math.abs(turn - peak) }))
    .filter((one) => one.matter > 0)
    .sort((a, b) => b.matter - a.matter || a.apart - b.apart);
  return best?.turn ?? peak;
}
