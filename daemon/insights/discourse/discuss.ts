/**
 * Follows a conversation and returns tasks, decisions, risks and open questions.
 *
 * The trackers process lines in order. A checkpoint holds a copy of the trackers from some lines
 * ago, so an update processes only the lines after it. The end of a conversation changes while
 * people speak; its beginning does not.
 */
import type { Line } from '../conversation/line';
import type { People } from '../conversation/people';
import type { Insight } from '../types';
import { DecisionTracker } from './decisionTracker';
import { NoticeTracker } from './noticeTracker';
import { TaskTracker } from './taskTracker';
import type { Task } from './tasks';
import type { Mark } from './trail';

/** An insight without an id and a date. */
export type Finding = Pick<
  Insight,
  'kind' | 'text' | 'confidence' | 'evidence' | 'section' | 'topic' | 'heading'
> & {
  readonly owner?: string;
  readonly due?: string;
  readonly entity?: NonNullable<Insight['entity']>;
  /** Rules behind an action or a decision. */
  readonly trail?: readonly Mark[];
};

interface Trackers {
  readonly tasks: TaskTracker;
  readonly decisions: DecisionTracker;
  readonly notices: NoticeTracker;
}

interface Checkpoint {
  readonly trackers: Trackers;
  /** Lines that the trackers have processed. */
  readonly lines: readonly Line[];
  readonly speakers: readonly string[];
}

/** Findings below this confidence are hidden. */
const MIN_CONFIDENCE = 0.5;
/**
 * Number of last lines that every update processes again. Late and revised segments fall among
 * them.
 */
const TAIL = 48;
/** The checkpoint advances after this number of further lines. */
const STRIDE = 96;

export class Discourse {
  private checkpoint: Checkpoint | undefined;

  constructor(private readonly people: People) {}

  /** @param lines the whole conversation; unchanged lines are the same objects as before */
  follow(lines: readonly Line[]): Finding[] {
    const speakers = [...new Set(lines.map(({ speaker }) => speaker))];
    const known = this.usable(lines, speakers);
    const trackers = known ? copy(known.trackers) : this.fresh(speakers);
    const from = known?.lines.length ?? 0;
    if (lines.length - from > STRIDE) {
      const to = lines.length - TAIL;
      run(trackers, lines, from, to);
      this.checkpoint = { trackers: copy(trackers), lines: lines.slice(0, to), speakers };
      run(trackers, lines, to, lines.length);
    } else run(trackers, lines, from, lines.length);
    return findings(trackers);
  }

  /**
   * Returns the checkpoint if no line before it changed. A line with a newly learnt name becomes a
   * new object. With two speakers, the meaning of "you" depends on the list of speakers; with more,
   * it does not.
   */
  private usable(lines: readonly Line[], speakers: readonly string[]): Checkpoint | undefined {
    const known = this.checkpoint;
    if (!known || known.lines.length > lines.length) return undefined;
    const many = known.speakers.length > 2 && speakers.length > 2;
    if (!many && known.speakers.join('\n') !== speakers.join('\n')) return undefined;
    return known.lines.every((line, at) => line === lines[at]) ? known : undefined;
  }

  private fresh(speakers: readonly string[]): Trackers {
    return {
      tasks: new TaskTracker(this.people, speakers),
      decisions: new DecisionTracker(),
      notices: new NoticeTracker(),
    };
  }
}

function run(
  { tasks, decisions, notices }: Trackers,
  lines: readonly Line[],
  from: number,
  to: number,
): void {
  for (let at = from; at < to; at++) {
    const line = lines[at];
    if (!line) continue;
    tasks.step(line);
    decisions.step(line);
    notices.step(line);
  }
}

function copy({ tasks, decisions, notices }: Trackers): Trackers {
  return { tasks: tasks.copy(), decisions: decisions.copy(), notices: notices.copy() };
}

function findings({ tasks, decisions, notices }: Trackers): Finding[] {
  const found: Finding[] = [
    ...tasks.list.all.flatMap(actionOf),
    ...decisions.all
      .filter(({ state }) => state === 'tentative' || state === 'firm')
      .map(({ text, weight, evidence, trail }) => ({
        kind: 'decision' as const,
        text,
        confidence: weight,
        evidence,
        trail,
      })),
    ...notices.risks.map(({ text, weight, evidence }) => ({
      kind: 'risk' as const,
      text,
      confidence: weight,
      evidence,
    })),
    ...notices.openQuestions.map(({ text, weight, evidence }) => ({
      kind: 'question' as const,
      text,
      confidence: weight,
      evidence,
    })),
  ];
  return found.filter(({ confidence }) => confidence >= MIN_CONFIDENCE);
}

/** Open tasks, requests to a named person, and stated needs. */
function actionOf(task: Task): Finding[] {
  const owner =
    task.state === 'open' ? task.owner : task.state === 'asked' ? task.addressee : undefined;
  const stands =
    task.state === 'open' ||
    (task.strong && (task.state === 'floating' || (task.state === 'asked' && !task.offered)));
  if (!stands) return [];
  return [
    {
      kind: 'action',
      text: task.text,
      confidence: task.state === 'open' ? task.weight : Math.min(task.weight, 0.65),
      evidence: task.evidence,
      trail: task.trail,
      ...(owner !== undefined && { owner }),
      ...(task.due && { due: task.due.phrase }),
    },
  ];
}
