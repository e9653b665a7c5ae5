/** The tasks of a conversation: request, owner and state. */
import type { Cue, ReadClause } from '../cues';
import type { Line } from '../conversation/line';
import type { Evidence } from '../types';
import { overlap, sameMatter } from './phrasing';
import { addMark, type Mark } from './trail';

export type TaskState =
  /** A person was asked and has not answered. */
  | 'asked'
  /** Necessary work without an owner. */
  | 'floating'
  | 'open'
  | 'dropped';

export interface Task {
  text: string;
  content: ReadonlySet<string>;
  state: TaskState;
  /** Stays an action if nobody answers. */
  strong: boolean;
  owner?: string | undefined;
  /** The person who received the request. */
  addressee?: string | undefined;
  /** The person asked has declined. */
  declined?: boolean;
  /** The speaker of the request or offer. */
  by: string;
  /** "Should I …?": a yes makes the speaker of the offer the owner. */
  readonly offered: boolean;
  /** "Who does it?": the need itself has not been stated yet. */
  readonly question: boolean;
  due?: { readonly phrase: string; readonly weak: boolean } | undefined;
  readonly evidence: Evidence[];
  readonly trail: Mark[];
  weight: number;
  /** Line of the last change. */
  line: number;
  turn: number;
  readonly origin: number;
}

/** Maximum distance of a reference like "it", in turns. */
const NEAR = 3;
const SAME_TOPIC = 8;

export class TaskList {
  constructor(readonly all: Task[] = []) {}

  /** An independent copy, and a function that finds the copy of each task. */
  copy(): { list: TaskList; of: (task: Task | undefined) => Task | undefined } {
    const copies = new Map(
      this.all.map((task) => [
        task,
        { ...task, evidence: [...task.evidence], trail: [...task.trail] },
      ]),
    );
    return { list: new TaskList([...copies.values()]), of: (task) => task && copies.get(task) };
  }

  /** @param rule id of the rule that found it */
  add(
    task: Omit<Task, 'evidence' | 'trail' | 'line' | 'turn' | 'origin'>,
    line: Line,
    rule: string,
  ): Task {
    const added: Task = {
      ...task,
      evidence: [],
      trail: [],
      line: line.index,
      turn: line.turn,
      origin: line.index,
    };
    this.all.push(added);
    // "Who does it?" is not evidence that somebody will do it.
    if (!task.question) this.touch(added, line, rule);
    return added;
  }

  /** Records that the line mentions the task. Its words become evidence. */
  touch(task: Task, line: Line, rule: string): void {
    addMark(task.trail, rule, line);
    task.line = line.index;
    task.turn = line.turn;
    for (const evidence of line.evidence)
      if (
        !task.evidence.some(
          (other) => other.segmentId === evidence.segmentId && other.quote === evidence.quote,
        )
      )
        task.evidence.push(evidence);
  }

  /** The request or offer that is unanswered at the start of this turn. */
  pending(line: Line): Task | undefined {
    return this.latest(
      (task) => task.state === 'asked' && task.line < line.index && line.turn - task.turn <= NEAR,
    );
  }

  /** The task that "it" or "that" refers to at this line. */
  near(line: Line, states: readonly TaskState[], reach = NEAR): Task | undefined {
    for (const state of states) {
      const found = this.latest((task) => task.state === state && line.turn - task.turn <= reach);
      if (found) return found;
    }
    return undefined;
  }

  /** A task about the same matter. */
  similar(
    content: ReadonlySet<string>,
    line: Line,
    reach = Number.POSITIVE_INFINITY,
  ): Task | undefined {
    if (content.size === 0) return undefined;
    return this.latest(
      (task) =>
        task.state !== 'dropped' &&
        line.turn - task.turn <=
          (Math.min(content.size, task.content.size) < 2 ? Math.min(reach, SAME_TOPIC) : reach) &&
        sameMatter(content, task.content),
    );
  }

  /** The task with the largest share of the given words; undefined if none shares a word. */
  mentioned(content: ReadonlySet<string>, line: Line, reach: number): Task | undefined {
    let best: Task | undefined;
    let score = 0;
    for (const task of this.all) {
      if (task.state === 'dropped' || line.turn - task.turn > reach) continue;
      const share = overlap(content, task.content);
      if (share >= score && share > 0) [best, score] = [task, share];
    }
    return best;
  }

  latest(accepts: (task: Task) => boolean): Task | undefined {
    let found: Task | undefined;
    for (const task of this.all)
      if (accepts(task) && (found === undefined || task.line >= found.line)) found = task;
    return found;
  }
}

/** The time phrase that gives the clause's date, in its original words. */
export function duePhrase(line: Line, clause: ReadClause): Task['due'] {
  const spans = clause.due.filter(({ from }) => !isNegated(clause, from));
  const span =
    spans.findLast(
      ({ weak, from }) =>
        !weak && /^(?:by|before|until|till|on)$/.test(clause.words[from]?.norm ?? ''),
    ) ??
    spans.findLast(({ weak }) => !weak) ??
    spans[spans.length - 1];
  const first = span && clause.words[span.from];
  const last = span && clause.words[span.to - 1];
  return first && last
    ? { phrase: line.text.slice(first.start, last.end).replace(/\s+/g, ' '), weak: span.weak }
    : undefined;
}

/** A weak phrase like "now" never replaces a date. */
export function setDue(task: Task, due: Task['due'], replace: boolean): void {
  if (!due || (task.due && !replace) || (task.due && !task.due.weak && due.weak)) return;
  task.due = due;
}

/** True for "not before the end of the month", which excludes a time. */
function isNegated(clause: ReadClause, at: number): boolean {
  return clause.words.slice(Math.max(0, at - 2), at).some(({ norm }) => norm === 'not');
}

export function hasCue(clause: ReadClause, ...ids: readonly string[]): Cue | undefined {
  return clause.cues.find(({ rule }) => ids.includes(rule.id) || ids.includes(rule.kind));
}
