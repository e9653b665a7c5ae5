/** Due phrase of a detected action: a spoken time in its turns or close to them. */
import { duePhrase } from '../discourse/tasks';
import { logitOf } from './labels';
import type { Meeting } from './meeting';

/** Turns before and after the settling turns; dates are often asked for afterwards. */
const BEFORE = 3;
const AFTER = 4;
/** Logit from which a turn carries a due date; chosen by cross-validation. */
const MIN_LOGIT = 0;
/** Logits that a turn loses for each turn of distance. */
const DISTANCE = 0.3;

/** @param rule due phrase by the rules, if they found one */
export function dueOf(
  core: readonly number[],
  meeting: Meeting,
  rule: string | undefined,
): string | undefined {
  const [first, last] = [core[0] ?? 0, core.at(-1) ?? 0];
  let [phrase, most]: [string | undefined, number] = [undefined, MIN_LOGIT];
  for (let at = Math.max(0, first - BEFORE); at <= last + AFTER; at++) {
    const turn = meeting.turns[at];
    if (!turn) continue;
    const away = Math.max(first - at, at - last, 0);
    const score = logitOf(turn.scores, 'due') - away * DISTANCE;
    if (score <= most) continue;
    const found = phraseOf(at, meeting);
    if (found !== undefined) [phrase, most] = [found, score];
  }
  return phrase ?? rule;
}

function phraseOf(at: number, meeting: Meeting): string | undefined {
  const found = meeting
    .linesOf(at)
    .flatMap((line) => line.clauses.map((clause) => duePhrase(line, clause)))
    .filter((due) => due !== undefined);
  return (found.findLast(({ weak }) => !weak) ?? found.at(-1))?.phrase;
}
