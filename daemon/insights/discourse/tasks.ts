/** The tasks of a conversation: who asked for what, who took it, what became of it. */
import type { Cue, ReadClause } from '../cues';
import type { Line } from '../conversation';
import type { Evidence } from '../types';
import { overlap, sameMatter } from './phrasing';

export type TaskState =
  /** Somebody was asked and has not answered. */
  | 'asked'
  /** It must be done; nobody has it. */
  | 'floating'
  | 'open'
  | 'dropped';

export interface Task {
  text: string;
  content: ReadonlySet<string>;
  state: TaskState;
  /** Stays an action when nobody answers. */
  strong: boolean;
  owner?: string | undefined;
  /** Whom the request was made to. */
  addressee?: string | undefined;
  /** Whoever was asked did not want it. */
  declined?: boolean;
  /** Who asked, or offered. */
  by: string;
  /** "Should I …?": a yes gives it to whoever asked. */
  readonly offered: boolean;
  /** "Who does it?": nobody has said yet that it must be done. */
  readonly question: boolean;
  due?: { readonly phrase: string; readonly weak: boolean } | undefined;
  readonly evidence: Evidence[];
  weight: number;
  /** Last touched. */
  line: number;
  turn: number;
  readonly origin: number;
}

/** How far back, in turns, words like "it" reach. */
const NEAR = 3;
const SAME_TOPIC = 8;

export class TaskList {
  constructor(readonly all: Task[] = []) {}

  /** A copy that can be changed alone, and the copy of each task. */
  copy(): { list: TaskList; of: (task: Task | undefined) => Task | undefined } {
    const copies = new Map(
      this.all.map((task) => [task, { ...task, evidence: [...task.evidence] }]),
    );
    return { list: new TaskList([...copies.values()]), of: (task) => task && copies.get(task) };
  }

  add(task: Omit<Task, 'evidence' | 'line' | 'turn' | 'origin'>, line: Line): Task {
    const added: Task = {
      ...task,
      evidence: [],
      line: line.index,
      turn: line.turn,
      origin: line.index,
    };
    this.all.push(added);
    // "Who does it?" is no evidence that anybody will.
    if (!task.question) this.touch(added, line);
    return added;
  }

  /** Records that the line speaks of the task; its words are evidence. */
  touch(task: Task, line: Line): void {
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

  /** The request or offer that waits for an answer when this turn begins. */
  pending(line: Line): Task | undefined {
    return this.latest(
      (task) => task.state === 'asked' && task.line < line.index && line.turn - task.turn <= NEAR,
    );
  }

  /** The task that "it" or "that" means here. */
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

  /** The task that shares most words with the given ones; at least one. */
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

/** The time phrase of a clause that says when, as it stands in the text. */
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

/** "not before the end of the month" says when it will not be. */
function isNegated(clause: ReadClause, at: number): boolean {
  return clause.words.slice(Math.max(0, at - 2), at).some(({ norm }) => norm === 'not');
}

export function hasCue(clause: ReadClause, ...ids: readonly string[]): Cue | undefined {
  return clause.cues.find(({ rule }) => ids.includes(rule.id) || ids.includes(rule.kind));
}
