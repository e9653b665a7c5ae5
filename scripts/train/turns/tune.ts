/**
 * Chooses thresholds by cross-validation over meetings. Run: `node --require tsx/cjs
 * scripts/train/turns/tune.ts SCORES.json DATA…`; SCORES.json has the logits of each turn by slug,
 * from an encoder that was not trained on that meeting.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { segmentsOf, sameDue, type LabelledMeeting } from '../../../bench/insightsScore';
import { ConversationReader, type Line } from '../../../daemon/insights/conversation';
import type { ScoredTurn } from '../../../daemon/insights/detect/acts';
import { ITEM_OPTIONS, itemsOf, type ItemOptions } from '../../../daemon/insights/detect/items';
import { uniteFindings } from '../../../daemon/insights/detect/unite';
import { Discourse, type Finding } from '../../../daemon/insights/discourse/discuss';
import { winkNlp } from '../../../daemon/insights/language/nlp';
import type { Segment } from '../../../daemon/transcript/types';

type Labelled = LabelledMeeting & {
  readonly optional?: { readonly actions: number[]; readonly decisions: number[] } | number[];
};
type Kind = 'action' | 'decision';
type Counts = [right: number, found: number, labels: number];

interface Case {
  readonly meeting: Labelled;
  readonly segments: readonly Segment[];
  readonly lines: readonly Line[];
  readonly rules: readonly Finding[];
  readonly turns: readonly ScoredTurn[];
}

const nlp = winkNlp();

function caseOf(meeting: Labelled, rows: readonly (readonly number[])[]): Case {
  const segments = segmentsOf(meeting, 'named');
  const reader = new ConversationReader(nlp);
  const lines = reader.read(segments);
  const rules = new Discourse(reader.people).follow(lines);
  const turns = segments.map(({ id, speaker, text }, i) => ({
    segmentId: id,
    speaker,
    text,
    scores: { logits: Float32Array.from(rows[i] ?? []) },
  }));
  return { meeting, segments, lines, rules, turns };
}

const labelsOf = (meeting: Labelled, kind: Kind) =>
  kind === 'action' ? meeting.actions : meeting.decisions;

/** Each label counts one item at most; an item on optional turns alone counts neither way. */
function matchItems(
  meeting: Labelled,
  kind: Kind,
  items: readonly (readonly number[])[],
): { counts: Counts; pairs: [number, number][] } {
  const { optional } = meeting;
  const spare = new Set(
    Array.isArray(optional)
      ? optional
      : (optional?.[kind === 'action' ? 'actions' : 'decisions'] ?? []),
  );
  const labels = labelsOf(meeting, kind);
  const used = new Set<number>();
  const pairs: [number, number][] = [];
  let found = 0;
  items.forEach((turns, i) => {
    const at = labels.findIndex((l, j) => !used.has(j) && turns.some((t) => l.turns.includes(t)));
    if (at >= 0) {
      used.add(at);
      pairs.push([at, i]);
    }
    if (at >= 0 || !turns.every((turn) => spare.has(turn))) found++;
  });
  return { counts: [pairs.length, found, labels.length], pairs };
}

const f1Of = ([right, found, labels]: Counts): number => (2 * right) / Math.max(1, found + labels);
const sum = (all: readonly Counts[]): Counts =>
  all.reduce<Counts>(([a, b, c], [d, e, f]) => [a + d, b + e, c + f], [0, 0, 0]);

function hitsOf(one: Case, kind: Kind): Map<number, number[]> {
  const hits = new Map<number, number[]>();
  one.rules
    .filter((finding) => finding.kind === kind)
    .forEach(({ evidence }, i) =>
      evidence.forEach(({ segmentId }) => hits.set(Number(segmentId), [i])),
    );
  return hits;
}

function score(cases: readonly Case[], kind: Kind, options: ItemOptions): Counts[] {
  return cases.map(
    (one) =>
      matchItems(
        one.meeting,
        kind,
        itemsOf(kind, one.turns, hitsOf(one, kind), options).map(({ core }) => core),
      ).counts,
  );
}

const THRESHOLDS = Array.from({ length: 21 }, (_, i) => i * 0.25 - 1);
const CHOICES: Partial<Record<keyof ItemOptions, readonly number[]>> = {
  last: [0, 0.5],
  rule: [0, 1],
  decoy: [0, 0.2],
  gap: [1, 2, 3],
  split: [1.5, 9],
  threshold: THRESHOLDS,
};

/** Every combination of the choices. */
function grid(base: ItemOptions): ItemOptions[] {
  return Object.entries(CHOICES).reduce<ItemOptions[]>(
    (out, [key, values]) => out.flatMap((one) => values.map((value) => ({ ...one, [key]: value }))),
    [base],
  );
}

/** Best options on all, and the pooled score with options chosen without the scored meetings. */
function tune(cases: readonly Case[], kind: Kind, folds = 5): void {
  const options = grid(ITEM_OPTIONS[kind]);
  const counts = options.map((one) => score(cases, kind, one));
  const best = (keep: (i: number) => boolean): number => {
    let [found, most] = [0, -1];
    const values = counts.map((all) => f1Of(sum(all.filter((_, m) => keep(m)))));
    values.forEach((own, i) => {
      // Thresholds are the fastest index; neighbours smooth the choice on few meetings.
      const at = i % THRESHOLDS.length;
      const [less, more] = [at > 0 ? i - 1 : i, at < THRESHOLDS.length - 1 ? i + 1 : i];
      const value = ((values[less] ?? 0) + own + (values[more] ?? 0)) / 3;
      if (value > most) [found, most] = [i, value];
    });
    return found;
  };
  const honest: Counts[] = [];
  for (let fold = 0; fold < folds; fold++) {
    const chosen = counts[best((m) => m % folds !== fold)] ?? [];
    honest.push(...chosen.filter((_, m) => m % folds === fold));
  }
  const all = sum(honest);
  const whole = best(() => true);
  console.log(
    `${kind}: F1 ${f1Of(all).toFixed(3)} by cross-validation (P ${(all[0] / all[1]).toFixed(2)}, ` +
      `R ${(all[0] / all[2]).toFixed(2)}), best on all ${f1Of(sum(counts[whole] ?? [])).toFixed(3)}`,
    JSON.stringify(options[whole]),
  );
  for (const [name, change] of [
    ['without rules', { rule: 0 }],
    ['without last', { last: 0 }],
    ['without split', { split: 9 }],
    ['without decoys', { decoy: 0 }],
  ] as const) {
    const kept = options.map((o) =>
      Object.entries(change).every(([k, v]) => o[k as keyof ItemOptions] === v),
    );
    let most = 0;
    counts.forEach((all2, i) => {
      if (kept[i]) most = Math.max(most, f1Of(sum(all2)));
    });
    console.log(`  ${name}: best ${most.toFixed(3)}`);
  }
  const ruled = sum(
    cases.map(
      ({ rules, meeting }) =>
        matchItems(
          meeting,
          kind,
          rules
            .filter((f) => f.kind === kind)
            .map(({ evidence }) => evidence.map(({ segmentId }) => Number(segmentId))),
        ).counts,
    ),
  );
  console.log(`  rules alone: ${f1Of(ruled).toFixed(3)}`);
}

interface Tally {
  owner: number;
  due: number;
  of: number;
  decoys: number;
  decoysOf: number;
  reversed: number;
}

const turnsOf = ({ evidence }: Finding): number[] =>
  evidence.map(({ segmentId }) => Number(segmentId));
const REVERSED = /revers|taken back|overrul|earlier plan|replaced/;

/** Scores of the options in the source: owners, dates and decoys of the united findings. */
function product(cases: readonly Case[], show: boolean): void {
  const counts: Record<Kind, Counts[]> = { action: [], decision: [] };
  const tally: Tally = { owner: 0, due: 0, of: 0, decoys: 0, decoysOf: 0, reversed: 0 };
  const log = (text: string): void => {
    if (show) console.log(text);
  };
  for (const { meeting, segments, lines, turns, rules } of cases) {
    const findings = uniteFindings(rules, lines, turns, segments);
    const strays: number[][] = [];
    for (const kind of ['action', 'decision'] as const) {
      const own = findings.filter((f) => f.kind === kind);
      const { counts: counted, pairs } = matchItems(meeting, kind, own.map(turnsOf));
      counts[kind].push(counted);
      const matched = new Set(pairs.map(([, i]) => own[i]));
      for (const f of own) log(`confidence ${kind} ${f.confidence.toFixed(4)} ${matched.has(f)}`);
      strays.push(...own.filter((f) => !matched.has(f)).map(turnsOf));
      if (kind === 'action') judge(meeting, pairs, own, tally, log);
    }
    judgeDecoys(meeting, strays, tally, log);
  }
  const line = (kind: Kind): string => {
    const [right, found, labels] = sum(counts[kind]);
    return `${kind} F1 ${f1Of(sum(counts[kind])).toFixed(3)} P ${(right / found).toFixed(2)} R ${(right / labels).toFixed(2)}`;
  };
  console.log(line('action'), '|', line('decision'), JSON.stringify(tally));
}

function judge(
  meeting: Labelled,
  pairs: readonly [number, number][],
  own: readonly Finding[],
  tally: Tally,
  log: (text: string) => void,
): void {
  for (const [l, i] of pairs) {
    const [label, found] = [meeting.actions[l], own[i]];
    if (!label || !found) continue;
    const owner = (label.owner ?? '') === (found.owner ?? '');
    const due = sameDue(label.due, found.due);
    tally.of++;
    tally.owner += Number(owner);
    tally.due += Number(due);
    if (!owner || !due)
      log(
        `${meeting.slug} ${turnsOf(found).join(',')}: owner ${found.owner} for ${label.owner}, ` +
          `due ${found.due} for ${label.due}`,
      );
  }
}

function judgeDecoys(
  meeting: Labelled,
  strays: readonly (readonly number[])[],
  tally: Tally,
  log: (text: string) => void,
): void {
  for (const { turns, why } of meeting.decoys) {
    tally.decoysOf++;
    if (!strays.some((at) => at.some((turn) => turns.includes(turn)))) continue;
    tally.decoys++;
    if (REVERSED.test(why)) tally.reversed++;
    log(`${meeting.slug} decoy ${turns.join(',')}: ${why}`);
  }
}

function main([scoresFile, ...rest]: readonly string[]): void {
  const rows = JSON.parse(readFileSync(scoresFile ?? '', 'utf8')) as Record<string, number[][]>;
  const folders = rest.filter((arg) => !arg.startsWith('--'));
  const cases = folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.json') && name.slice(0, -5) in rows)
        .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Labelled),
    )
    .map((meeting) => caseOf(meeting, rows[meeting.slug] ?? []));
  console.log(cases.length, 'meetings');
  product(cases, rest.includes('--show'));
  if (!rest.includes('--score'))
    for (const kind of ['action', 'decision'] as const) tune(cases, kind);
}

if (require.main === module) main(process.argv.slice(2));
