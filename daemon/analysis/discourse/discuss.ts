/** Goes through a conversation once and returns what is to be done, what was decided, what is at risk or open. */
import type { Line } from '../conversation';
import type { People } from '../people';
import type { Insight } from '../types';
import { DecisionTracker } from './decisionTracker';
import { NoticeTracker } from './noticeTracker';
import { TaskTracker } from './taskTracker';
import type { Task } from './tasks';

/** An insight before it has an id and a date. */
export type Finding = Pick<Insight, 'kind' | 'text' | 'confidence' | 'evidence'> & { readonly owner?: string; readonly due?: string; readonly entity?: NonNullable<Insight['entity']> };

/** Under this no finding is shown. */
const MIN_CONFIDENCE = 0.5;

export function discuss(lines: readonly Line[], people: People): Finding[] {
  const speakers = [...new Set(lines.map(({ speaker }) => speaker))];
  const tasks = new TaskTracker(people, speakers);
  const decisions = new DecisionTracker();
  const notices = new NoticeTracker();
  for (const line of lines) {
    tasks.step(line);
    decisions.step(line);
    notices.step(line);
  }
  const findings: (Finding & { line: number })[] = [
    ...tasks.list.all.flatMap((task) => actionOf(task)),
    ...decisions.all.filter(({ state }) => state === 'tentative' || state === 'firm').map(({ text, weight, evidence, line }) => ({ kind: 'decision' as const, text, confidence: weight, evidence, line })),
    ...notices.risks.map(({ text, weight, evidence, line }) => ({ kind: 'risk' as const, text, confidence: weight, evidence, line })),
    ...notices.openQuestions.map(({ text, weight, evidence, line }) => ({ kind: 'question' as const, text, confidence: weight, evidence, line })),
  ];
  return findings.filter(({ confidence }) => confidence >= MIN_CONFIDENCE).map(({ line: _, ...finding }) => finding);
}

/** Open tasks, requests that somebody was called by name for, and needs that were said to be needs. */
function actionOf(task: Task): (Finding & { line: number })[] {
  const owner = task.state === 'open' ? task.owner : task.state === 'asked' ? task.addressee : undefined;
  const stands = task.state === 'open' || (task.strong && (task.state === 'floating' || (task.state === 'asked' && !task.offered)));
  if (!stands) return [];
  return [{ kind: 'action', text: task.text, confidence: task.state === 'open' ? task.weight : Math.min(task.weight, 0.65), evidence: task.evidence, line: task.origin, ...(owner !== undefined && { owner }), ...(task.due && { due: task.due.phrase }) }];
}

