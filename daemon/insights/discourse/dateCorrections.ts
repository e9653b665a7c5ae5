/**
 * Tracks dates that are moved, confirmed or added later: "Thursday is too tight … let's say
 * Monday", "Monday works".
 */
import type { ReadClause } from '../cues';
import type { Line } from '../conversation/line';
import { isGeneric } from '../conversation/people';
import { contentOf } from './phrasing';
import { duePhrase, hasCue, setDue, type Task, type TaskList } from './tasks';

/** Turns within which a correction may name a task by its words. */
export const CORRECTION_REACH = 60;
/** Turns within which an unnamed task is the speaker's own last task. */
const NEAR_CORRECTION = 6;

export class DateCorrections {
  /** The task that the speaker is correcting. */
  private focus: Task | undefined;
  private focusTurn = -1;

  constructor(private readonly list: TaskList) {}

  copy(list: TaskList, of: (task: Task | undefined) => Task | undefined): DateCorrections {
    const copy = new DateCorrections(list);
    copy.focus = of(this.focus);
    copy.focusTurn = this.focusTurn;
    return copy;
  }

  /**
   * "Thursday is too tight for the adapter … Let's say next Monday": the task first, then its new
   * date.
   */
  change(line: Line, clause: ReadClause): boolean {
    const cue = hasCue(clause, 'dueChange');
    const due = duePhrase(line, clause);
    const inFocus = this.focusTurn === line.turn ? this.focus : undefined;
    if (!cue) return false;
    const content = contentOf(clause, 0, clause.words.length);
    const named =
      this.list.mentioned(content, line, CORRECTION_REACH) ?? this.withDue(due?.phrase, line);
    const task =
      inFocus ??
      named ??
      this.list.latest(
        ({ state, owner, turn }) =>
          state === 'open' &&
          (owner === line.speaker || line.turn - turn <= 1) &&
          line.turn - turn <= NEAR_CORRECTION,
      );
    if (!task) return false;
    this.focus = task;
    this.focusTurn = line.turn;
    const opens = /too (?:tight|early|soon|late|ambitious)|(?:what|that) i said/.test(
      clause.words.map(({ norm }) => norm).join(' '),
    );
    if (!opens && due && !due.weak) setDue(task, due, true);
    if (opens || (due && !due.weak)) this.list.touch(task, line, 'date');
    return opens || (due !== undefined && !due.weak);
  }

  private withDue(text: string | undefined, line: Line): Task | undefined {
    const bare = text && bareDue(text);
    return bare
      ? this.list.latest(
          ({ state, due, owner }) =>
            state === 'open' &&
            due !== undefined &&
            bareDue(due.phrase) === bare &&
            (owner === line.speaker || isGeneric(line.speaker)),
        )
      : undefined;
  }

  /** "Monday works", "by Friday": confirms a date, or adds a date to the last mentioned task. */
  confirm(line: Line, clause: ReadClause): boolean {
    const due = duePhrase(line, clause);
    if (!due || due.weak || clause.question) return false;
    const task =
      this.focusTurn >= line.turn - 1 && this.focus
        ? this.focus
        : this.list.latest(
            ({ state, turn }) => (state === 'open' || state === 'asked') && line.turn - turn <= 1,
          );
    if (!task) return false;
    const rest =
      clause.words.length -
      clause.core -
      clause.due.reduce((sum, { from, to }) => sum + to - from, 0);
    const confirms = hasCue(clause, 'dueConfirm') !== undefined;
    if (!confirms && rest > 1) return false;
    if (task.due && !task.due.weak && bareDue(task.due.phrase) !== bareDue(due.phrase))
      return false;
    setDue(task, due, true);
    this.list.touch(task, line, 'date');
    return true;
  }
}

/** The time alone: "by Friday" and "on Friday" are the same day. */
function bareDue(text: string): string {
  return text
    .toLowerCase()
    .replace(/^(?:(?:by|before|on|until|till|at|for|in|the|this|next|end|of)\s+)+/, '');
}
