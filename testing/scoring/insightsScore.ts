/**
 * Scores insights against a labelled meeting.
 *
 * An insight counts when its evidence lies in the turns of a label, at most one for each label;
 * what is left over is wrong, but for an insight on turns that the labels call optional: there an
 * extra one is neither right nor wrong. Strict asks it of all its evidence, loose of some. A decoy is taken
 * when an insight that matches no label has evidence in the decoy's turns.
 */
import { parseAnalysisInput } from '../../daemon/insights/text/plainText';
import type { AnalyzerFactory, Insight } from '../../daemon/insights/types';
import type { Segment } from '../../daemon/transcript/types';

export interface LabelledMeeting {
  readonly title: string;
  readonly slug: string;
  readonly me: string;
  readonly turns: readonly {
    readonly who: string;
    readonly source: string;
    readonly start: number;
    readonly end: number;
    readonly text: string;
  }[];
  readonly actions: readonly {
    readonly text: string;
    readonly owner: string | null;
    readonly due: string | null;
    readonly turns: readonly number[];
  }[];
  readonly decisions: readonly { readonly text: string; readonly turns: readonly number[] }[];
  readonly decoys: readonly { readonly turns: readonly number[]; readonly why: string }[];
  /** Turns on which an extra item is neither right nor wrong, for both kinds or by kind. */
  readonly optional?:
    | readonly number[]
    | { readonly actions: readonly number[]; readonly decisions: readonly number[] };
}

export function optionalTurns(
  { optional = [] }: LabelledMeeting,
  kind: 'actions' | 'decisions',
): ReadonlySet<number> {
  return new Set('actions' in optional ? optional[kind] : optional);
}

export interface Counts {
  readonly labels: number;
  readonly found: number;
  readonly right: number;
  readonly rightLoose: number;
}

export interface MeetingScore {
  readonly slug: string;
  readonly actions: Counts;
  readonly decisions: Counts;
  readonly owners: { readonly right: number; readonly of: number };
  readonly due: { readonly right: number; readonly of: number };
  readonly decoys: { readonly taken: number; readonly of: number };
  /** What went wrong, for whoever tunes the rules. */
  readonly mistakes: readonly string[];
}

/**
 * Speakers as the transcript of a recording would have them: `labels` names them, or only the
 * source is known.
 */
export function segmentsOf(meeting: LabelledMeeting, speakers: 'named' | 'bySource'): Segment[] {
  const segments = meeting.turns.map(({ who, source, start, end, text }, i) => ({
    id: String(i),
    start,
    end,
    source,
    speaker: speakers === 'named' ? who : source === 'mic' ? 'You' : 'Others',
    text,
  }));
  return parseAnalysisInput(JSON.stringify({ segments }));
}

export function analyseMeeting(
  meeting: LabelledMeeting,
  factory: AnalyzerFactory,
  speakers: 'named' | 'bySource',
): readonly Insight[] {
  const analyzer = factory.create({ startedAt: '2026-11-23T09:30:00+01:00', self: meeting.me });
  analyzer.update(segmentsOf(meeting, speakers));
  analyzer.finish();
  return analyzer.insights;
}

/** The same with the turn encoder, if the factory has one. */
export async function analyseMeetingFully(
  meeting: LabelledMeeting,
  factory: AnalyzerFactory,
  speakers: 'named' | 'bySource',
): Promise<readonly Insight[]> {
  const analyzer = factory.create({ startedAt: '2026-11-23T09:30:00+01:00', self: meeting.me });
  analyzer.update(segmentsOf(meeting, speakers));
  analyzer.finish();
  await analyzer.detector?.read(true, new AbortController().signal);
  return analyzer.insights;
}

/** Insights of which a quote does not stand in the segment it names. */
export function countUnquoted(insights: readonly Insight[], segments: readonly Segment[]): number {
  const texts = new Map(segments.map(({ id, text }) => [id, text]));
  return insights.filter(
    ({ evidence }) =>
      evidence.length === 0 ||
      evidence.some(({ segmentId, quote }) => !(texts.get(segmentId) ?? '').includes(quote)),
  ).length;
}

export function scoreMeeting(
  meeting: LabelledMeeting,
  insights: readonly Insight[],
  turnOf: (segmentId: string) => number = Number,
): MeetingScore {
  const mistakes: string[] = [];
  const turns = (insight: Insight) => [
    ...new Set(insight.evidence.map(({ segmentId }) => turnOf(segmentId))),
  ];
  const actions = match(
    meeting.actions,
    insights.filter(({ kind }) => kind === 'action'),
    turns,
    optionalTurns(meeting, 'actions'),
    mistakes,
  );
  const decisions = match(
    meeting.decisions,
    insights.filter(({ kind }) => kind === 'decision'),
    turns,
    optionalTurns(meeting, 'decisions'),
    mistakes,
  );
  const owners = actions.pairs.map(([label, insight]) => ({
    ok: same(label.owner, insight.owner) || isUnnamed(label.owner, insight.owner, meeting.me),
    text: `owner "${insight.owner ?? ''}" for "${label.owner ?? ''}": ${label.text}`,
  }));
  const due = actions.pairs.map(([label, insight]) => ({
    ok: sameDue(label.due, insight.due?.phrase),
    text: `due "${insight.due?.phrase ?? ''}" for "${label.due ?? ''}": ${label.text}`,
  }));
  for (const { ok, text } of [...owners, ...due]) if (!ok) mistakes.push(text);
  const matched = new Set([...actions.pairs, ...decisions.pairs].map(([, insight]) => insight));
  const strays = insights.filter(
    (insight) =>
      (insight.kind === 'action' || insight.kind === 'decision') && !matched.has(insight),
  );
  const taken = meeting.decoys.filter((decoy) =>
    strays.some((insight) => turns(insight).some((turn) => decoy.turns.includes(turn))),
  );
  mistakes.push(...taken.map(({ why, turns: at }) => `decoy ${at.join(',')}: ${why}`));
  return {
    slug: meeting.slug,
    actions: actions.counts,
    decisions: decisions.counts,
    mistakes,
    owners: { right: owners.filter(({ ok }) => ok).length, of: owners.length },
    due: { right: due.filter(({ ok }) => ok).length, of: due.length },
    decoys: { taken: taken.length, of: meeting.decoys.length },
  };
}

function match<L extends { readonly text: string; readonly turns: readonly number[] }>(
  labels: readonly L[],
  insights: readonly Insight[],
  turns: (insight: Insight) => number[],
  optional: ReadonlySet<number>,
  mistakes: string[],
) {
  const pair = (fits: (at: number[], label: L) => boolean) => {
    const free = new Set(insights);
    return labels.flatMap((label): [L, Insight][] => {
      const found = [...free].find((insight) => fits(turns(insight), label));
      if (found) free.delete(found);
      return found ? [[label, found]] : [];
    });
  };
  const pairs = pair(
    (at, label) => at.length > 0 && at.every((turn) => label.turns.includes(turn)),
  );
  const loose = pair((at, label) => at.some((turn) => label.turns.includes(turn)));
  for (const label of labels)
    if (!pairs.some(([other]) => other === label))
      mistakes.push(`missed: ${label.text} [${label.turns.join(',')}]`);
  const counted = insights.filter(
    (insight) =>
      [...pairs, ...loose].some(([, other]) => other === insight) ||
      !turns(insight).every((turn) => optional.has(turn)),
  );
  for (const insight of counted)
    if (!pairs.some(([, other]) => other === insight))
      mistakes.push(`extra ${insight.kind}: ${insight.text} [${turns(insight).join(',')}]`);
  return {
    pairs: loose.length >= pairs.length ? mergePairs(pairs, loose) : pairs,
    counts: {
      labels: labels.length,
      found: counted.length,
      right: pairs.length,
      rightLoose: loose.length,
    },
  };
}

/** Owners and dates are judged where the loose match found something, too. */
function mergePairs<L>(
  strict: readonly [L, Insight][],
  loose: readonly [L, Insight][],
): [L, Insight][] {
  return [
    ...strict,
    ...loose.filter(([label, insight]) => !strict.some(([l, i]) => l === label || i === insight)),
  ];
}

/**
 * If speakers are known by source only, "Others" is correct for a person without a spoken name.
 */
function isUnnamed(label: string | null, found: string | undefined, me: string): boolean {
  return found === 'Others' && label !== null && label !== me;
}

function same(a: string | null, b: string | undefined): boolean {
  return (a ?? '').toLowerCase() === (b ?? '').toLowerCase();
}

/** "by Friday" and "Friday" are the same phrase. */
export function sameDue(label: string | null, found: string | undefined): boolean {
  const bare = (text: string) =>
    text
      .toLowerCase()
      .replace(/[^\p{L}\p{N} ]/gu, '')
      .replace(/^(?:(?:by|before|on|until|till|at|for|in|the|within|over)\s+)+/, '')
      .replace(/\s+/g, ' ')
      .trim();
  return bare(label ?? '') === bare(found ?? '');
}

export function f1({ labels, found }: Counts, right: number): number {
  return labels + found === 0 ? 1 : (2 * right) / (labels + found);
}

export function pool(scores: readonly MeetingScore[]): MeetingScore {
  const sum = (of: (score: MeetingScore) => number) =>
    scores.reduce((total, score) => total + of(score), 0);
  const counts = (kind: 'actions' | 'decisions'): Counts => ({
    labels: sum((s) => s[kind].labels),
    found: sum((s) => s[kind].found),
    right: sum((s) => s[kind].right),
    rightLoose: sum((s) => s[kind].rightLoose),
  });
  return {
    slug: 'all',
    actions: counts('actions'),
    decisions: counts('decisions'),
    mistakes: [],
    owners: { right: sum((s) => s.owners.right), of: sum((s) => s.owners.of) },
    due: { right: sum((s) => s.due.right), of: sum((s) => s.due.of) },
    decoys: { taken: sum((s) => s.decoys.taken), of: sum((s) => s.decoys.of) },
  };
}
