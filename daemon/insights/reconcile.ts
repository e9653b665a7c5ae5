/**
 * Reconciles new findings with known insights. The same matter keeps its id while its text, owner,
 * date and evidence change. Insights that a user edited or dismissed stay unchanged.
 */
import { dueDate } from './due';
import type { Finding } from './discourse/discuss';
import type { Insight, InsightChange } from './types';

/** Letter of each kind's ids: `a1`, `d2`, … */
const LETTERS: Readonly<Record<Insight['kind'], string>> = {
  action: 'a',
  decision: 'd',
  risk: 'r',
  question: 'q',
  entity: 'e',
  summary: 'y',
};

export class InsightReconciler {
  private insights: Insight[];
  private readonly counts = new Map<string, number>();
  private readonly dates = new Map<string, string | undefined>();

  constructor(
    restored: readonly Insight[],
    private readonly startedAt: string,
  ) {
    this.insights = [...restored];
    for (const { id } of restored) this.count(id);
  }

  get all(): readonly Insight[] {
    return this.insights;
  }

  /** @param findings all current findings, each with its evidence */
  reconcile(findings: readonly Finding[]): InsightChange[] {
    const changes: InsightChange[] = [];
    const taken = new Set<Insight>();
    const known = new InsightLookup(this.insights);
    const next: Insight[] = [];
    for (const finding of findings) {
      const same = known.unchanged(finding, taken);
      if (same) {
        taken.add(same);
        next.push(same);
        continue;
      }
      const like = bestMatch(finding, known.byEvidence, taken);
      if (!like) {
        const added = this.make(finding, this.newId(finding.kind));
        next.push(added);
        changes.push({ op: 'add', insight: added });
        continue;
      }
      taken.add(like);
      const updated = keepsPersonsChange(like) ? like : this.make(finding, like.id, like);
      next.push(updated);
      if (!sameInsight(like, updated)) changes.push({ op: 'update', insight: updated });
    }
    for (const insight of this.insights) {
      if (taken.has(insight)) continue;
      // No longer found, but a user edited it, so it stays.
      if (keepsPersonsChange(insight)) next.push(insight);
      else changes.push({ op: 'remove', insight });
    }
    this.insights = next.sort(byTime);
    return changes;
  }

  /** Applies a user's change; undefined for an unknown id. */
  revise(
    id: string,
    change: { text?: string; owner?: string; status?: Insight['status'] },
  ): InsightChange | undefined {
    const at = this.insights.findIndex((insight) => insight.id === id);
    const known = this.insights[at];
    if (!known) return undefined;
    const { owner: _, ...rest } = known;
    const owner = change.owner ?? known.owner;
    const revised: Insight = {
      ...rest,
      ...(owner !== undefined && owner !== '' && { owner }),
      ...(change.text !== undefined && { text: change.text }),
      ...(change.status !== undefined && { status: change.status }),
      edited: true,
    };
    this.insights[at] = revised;
    return { op: 'update', insight: revised };
  }

  private make(finding: Finding, id: string, known?: Insight): Insight {
    const { kind, text, confidence, evidence, owner, due, entity, section, topic, heading } =
      finding;
    const date = due === undefined ? undefined : this.date(due);
    return {
      id,
      kind,
      text,
      ...(owner !== undefined && { owner }),
      ...(due !== undefined && { due: { phrase: due, ...(date !== undefined && { date }) } }),
      status: known?.status ?? 'open',
      confidence: rounded(confidence),
      evidence,
      symbols: known?.symbols ?? [],
      ...(entity !== undefined && { entity }),
      ...(section !== undefined && { section }),
      ...(topic !== undefined && { topic }),
      ...(heading !== undefined && { heading }),
    };
  }

  /** Parsing a date costs a millisecond. The same phrase always means the same day. */
  private date(due: string): string | undefined {
    if (!this.dates.has(due)) this.dates.set(due, dueDate(due, this.startedAt));
    return this.dates.get(due);
  }

  private newId(kind: Insight['kind']): string {
    const letter = LETTERS[kind];
    const number = (this.counts.get(letter) ?? 0) + 1;
    this.counts.set(letter, number);
    return `${letter}${number}`;
  }

  private count(id: string): void {
    const [, letter, number] = /^([a-z])(\d+)$/.exec(id) ?? [];
    if (letter && number)
      this.counts.set(letter, Math.max(this.counts.get(letter) ?? 0, Number(number)));
  }
}

/**
 * Index of the insights before an update. Most findings are unchanged, so their lookup is the
 * fastest.
 */
class InsightLookup {
  private readonly byFirst = new Map<Insight['evidence'][number], Insight[]>();
  private index: ReadonlyMap<string, readonly Insight[]> | undefined;

  constructor(private readonly insights: readonly Insight[]) {
    for (const insight of insights) {
      const [first] = insight.evidence;
      if (first) push(this.byFirst, first, insight);
    }
  }

  /**
   * The insight made from this same finding. Evidence of unchanged sentences is the same object.
   */
  unchanged(finding: Finding, taken: ReadonlySet<Insight>): Insight | undefined {
    const [first] = finding.evidence;
    return (
      first &&
      this.byFirst
        .get(first)
        ?.find((insight) => !taken.has(insight) && saysTheSame(insight, finding))
    );
  }

  /** By kind and segment; built only if something changed. */
  get byEvidence(): ReadonlyMap<string, readonly Insight[]> {
    if (!this.index) {
      const index = new Map<string, Insight[]>();
      for (const insight of this.insights)
        for (const { segmentId } of insight.evidence)
          push(index, `${insight.kind} ${segmentId}`, insight);
      this.index = index;
    }
    return this.index;
  }
}

function push<K>(lists: Map<K, Insight[]>, key: K, insight: Insight): void {
  const list = lists.get(key);
  if (list) list.push(insight);
  else lists.set(key, [insight]);
}

function saysTheSame(
  insight: Insight,
  { kind, text, owner, due, confidence, entity, evidence, section, topic, heading }: Finding,
): boolean {
  return (
    insight.kind === kind &&
    insight.text === text &&
    insight.owner === owner &&
    insight.due?.phrase === due &&
    insight.entity === entity &&
    insight.confidence === rounded(confidence) &&
    insight.section === section &&
    sameTopic(insight.topic, topic) &&
    insight.heading === heading &&
    insight.evidence.length === evidence.length &&
    insight.evidence.every((item, i) => item === evidence[i])
  );
}

function sameTopic(a: Insight['topic'], b: Insight['topic']): boolean {
  return (
    a === b ||
    (a !== undefined &&
      b !== undefined &&
      a.title === b.title &&
      a.startMs === b.startMs &&
      a.endMs === b.endMs)
  );
}

function rounded(confidence: number): number {
  return Math.round(confidence * 100) / 100;
}

function keepsPersonsChange(insight: Insight): boolean {
  return insight.edited === true || insight.status !== 'open';
}

/** The known insight of that kind with the most common evidence. The first quote counts double. */
function bestMatch(
  finding: Finding,
  byEvidence: ReadonlyMap<string, readonly Insight[]>,
  taken: ReadonlySet<Insight>,
): Insight | undefined {
  let best: Insight | undefined;
  let score = 0;
  for (const { segmentId } of finding.evidence) {
    for (const insight of byEvidence.get(`${finding.kind} ${segmentId}`) ?? []) {
      if (taken.has(insight) || insight.entity !== finding.entity) continue;
      const value = resemblance(finding, insight);
      if (value > score) [best, score] = [insight, value];
    }
  }
  return best;
}

function resemblance(finding: Finding, insight: Insight): number {
  if (finding.kind === 'entity' || finding.kind === 'summary')
    return finding.text.toLowerCase() === insight.text.toLowerCase() ||
      (sameQuote(finding.evidence[0], insight.evidence[0]) && finding.kind === 'summary')
      ? 1
      : 0;
  const quotes = new Set(insight.evidence.map(({ segmentId, quote }) => `${segmentId} ${quote}`));
  const shared = finding.evidence.filter(({ segmentId, quote }) =>
    quotes.has(`${segmentId} ${quote}`),
  ).length;
  const first = sameQuote(finding.evidence[0], insight.evidence[0]) ? 2 : 0;
  const text = finding.text === insight.text ? 1.5 : 0;
  // A segment with user-corrected text still holds the same matter.
  return shared + first + text > 0 ? shared + first + text : 0.1;
}

function sameQuote(
  a: Insight['evidence'][number] | undefined,
  b: Insight['evidence'][number] | undefined,
): boolean {
  return a !== undefined && b !== undefined && a.segmentId === b.segmentId && a.quote === b.quote;
}

function sameInsight(a: Insight, b: Insight): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

function byTime(a: Insight, b: Insight): number {
  return (a.evidence[0]?.startMs ?? 0) - (b.evidence[0]?.startMs ?? 0);
}
