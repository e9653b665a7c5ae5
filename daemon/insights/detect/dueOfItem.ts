/** Due phrase of a detected action: a spoken time in its turns or close to them. */
import { duePhrase } from '../discourse/tasks';
import { logitOf } from './labels';
import type { Meeting } from './meeting';

export interface DueOptions {
  /** Turns before and after the settling turns; dates are often asked for afterwards. */
  readonly before: number;
  readonly after: number;
  /** Logit from which a turn carries a due date. */
  readonly least: number;
  /** Logits that a turn loses for each turn of distance. */
  readonly distance: number;
  /** Logit from which a time phrase outside the rules' tables counts. */
  readonly loose: number;
}

/** Chosen on the development meetings. */
const DUE_OPTIONS: DueOptions = { before: 2, after: 3, least: 0, distance: 0.3, loose: 1 };

/** Turns that belong to other items, exclusive at both ends. */
export interface Neighbours {
  readonly after: number;
  readonly before: number;
}

/** Time phrases that the rules' tables leave out because they are often no date. */
const LOOSE =
  /\b(?:(?:by|before|until|till|on|for|this|next|that|in|at) )?(?:(?:right |straight )?after (?:this|lunch|the \p{L}+)|(?:this|next|that|every) (?:\p{L}+)|(?:mon|tues|wednes|thurs|fri|satur|sun)day(?: (?:morning|afternoon|evening|night|noon))?|the (?:\p{L}+th|first|second|third|\p{L}+-first|same day|first day)|today|tonight|tomorrow(?: (?:morning|afternoon|evening))?|noon|lunch|(?:the )?end of (?:the )?\p{L}+)(?!\p{L})/iu;

/**
 * @param rule due phrase by the rules, if they found one
 * @param around the closest turns of other actions; their dates are theirs
 */
export function dueOf(
  core: readonly number[],
  meeting: Meeting,
  rule: string | undefined,
  around: Neighbours,
  options: DueOptions = DUE_OPTIONS,
): string | undefined {
  const [first, last] = [core[0] ?? 0, core.at(-1) ?? 0];
  const from = Math.max(first - options.before, around.after + 1, 0);
  const to = Math.min(last + options.after, around.before - 1);
  let [phrase, most]: [string | undefined, number] = [undefined, options.least];
  for (let at = from; at <= to; at++) {
    const turn = meeting.turns[at];
    if (!turn) continue;
    const logit = logitOf(turn.scores, 'due');
    const score = logit - Math.max(first - at, at - last, 0) * options.distance;
    if (score <= most) continue;
    const found =
      phraseOf(at, meeting) ?? (logit >= options.loose ? LOOSE.exec(turn.text)?.[0] : undefined);
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
