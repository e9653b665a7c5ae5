/**
 * Learns how much each finding of the rules weighs beside the encoder. Run: `node --require tsx/cjs
 * scripts/train/turns/unite.ts SCORED.json,… RULES_FOLDER [--rules] [--no-KIND]
 * [--write]`; --rules measures the rules again. SCORED.json (see score.ts) has
 * meetings the encoder was not trained on; RULES_FOLDER has meetings that measure the rules alone.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  optionalTurns,
  segmentsOf,
  type LabelledMeeting,
} from '../../../testing/scoring/insightsScore';
import { ConversationReader } from '../../../daemon/insights/conversation/conversation';
import {
  featuresOf,
  hitsOf,
  logOdds,
  type Kind,
  type RuleHits,
  type Weights,
} from '../../../daemon/insights/detect/evidence';
import type { ScoredTurn } from '../../../daemon/insights/contract/turns';
import { clustered } from '../../../daemon/insights/detect/items';
import { sigmoid } from '../../../daemon/insights/detect/labels';
import { Meeting } from '../../../daemon/insights/detect/meeting';
import { Discourse } from '../../../daemon/insights/discourse/discuss';
import { winkNlp } from '../../../daemon/insights/language/nlp';
import type learned from '../../../daemon/insights/detect/weights.json';
import keptApart from './keptApart.json';
import { fit, type Row } from './logistic';
import type { ScoredMeeting } from './score';

type Labels = readonly { readonly turns: readonly number[]; readonly core?: readonly number[] }[];
const KINDS: readonly Kind[] = ['action', 'decision'];
const nlp = winkNlp();

const labelsOf = (meeting: LabelledMeeting, kind: Kind): Labels =>
  kind === 'action' ? meeting.actions : meeting.decisions;

const spareOf = (meeting: LabelledMeeting, kind: Kind): ReadonlySet<number> =>
  optionalTurns(meeting, `${kind}s`);

/** Rules' marks of a text, by kind. */
function ruleHits(meeting: LabelledMeeting, turns: readonly ScoredTurn[]): Record<Kind, RuleHits> {
  const segments = segmentsOf(meeting, 'named');
  const reader = new ConversationReader(nlp);
  const lines = reader.read(segments);
  const found = new Discourse(reader.people).follow(lines);
  const around = new Meeting(turns, lines, segments);
  const of = (kind: Kind): RuleHits =>
    hitsOf(
      found.filter((finding) => finding.kind === kind),
      around,
    );
  return { action: of('action'), decision: of('decision') };
}

function turnsOf(meeting: LabelledMeeting, logits: readonly (readonly number[])[]): ScoredTurn[] {
  return segmentsOf(meeting, 'named').map(({ id, speaker, text }, i) => ({
    segmentId: id,
    speaker,
    text,
    scores: { logits: Float32Array.from(logits[i] ?? []) },
  }));
}

/** Right and all marks of each rule, by kind. */
type Tally = Record<Kind, Map<string, [right: number, of: number]>>;

/** How often a turn with a rule's mark is on a label, in meetings outside `keptApart.json`. */
function measureRules(folder: string): Tally {
  const tally: Tally = { action: new Map(), decision: new Map() };
  const apart = new Set(keptApart.slugs);
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.json'))) {
    if (apart.has(name.slice(0, -5))) continue;
    const meeting = JSON.parse(readFileSync(join(folder, name), 'utf8')) as LabelledMeeting;
    const hits = ruleHits(meeting, turnsOf(meeting, []));
    for (const kind of KINDS) {
      const right = new Set(labelsOf(meeting, kind).flatMap(({ turns }) => turns));
      const spare = spareOf(meeting, kind);
      for (const [turn, { rules }] of hits[kind]) {
        if (spare.has(turn)) continue;
        for (const rule of rules) {
          const [ok, of] = tally[kind].get(rule) ?? [0, 0];
          tally[kind].set(rule, [ok + Number(right.has(turn)), of + 1]);
        }
      }
    }
  }
  return tally;
}

/** Log odds of a rule being right; rare rules lie near the mean of all. */
const SMOOTHING = 4;

function priorsOf(tally: Tally[Kind]): Record<string, number> {
  const all = [...tally.values()];
  const mean =
    all.reduce((sum, [right]) => sum + right, 0) / all.reduce((sum, [, of]) => sum + of, 0);
  return Object.fromEntries(
    [...tally].map(([rule, [right, of]]) => {
      const p = (right + SMOOTHING * mean) / (of + SMOOTHING);
      return [rule, Number(Math.log(p / (1 - p)).toFixed(2))];
    }),
  );
}

interface Case {
  readonly slug: string;
  readonly form: ScoredMeeting['form'];
  readonly meeting: LabelledMeeting;
  readonly from: number;
  readonly turns: readonly ScoredTurn[];
  readonly hits: Record<Kind, RuleHits>;
}

function caseOf({ meeting, form, from, logits }: ScoredMeeting): Case {
  const turns = turnsOf(meeting, logits);
  return { slug: meeting.slug, form, meeting, from, turns, hits: ruleHits(meeting, turns) };
}

/** Turns that settle a label are right; its other turns and optional ones teach nothing. */
function rowsOf(one: Case, kind: Kind, priors: Weights): Row[] {
  const labels = labelsOf(one.meeting, kind);
  const core = new Set(labels.flatMap(({ turns, core: own }) => own ?? turns));
  const skip = new Set([...labels.flatMap(({ turns }) => turns), ...spareOf(one.meeting, kind)]);
  return one.turns.flatMap((_, at) => {
    const turn = at + one.from;
    if (skip.has(turn) && !core.has(turn)) return [];
    return [
      { y: core.has(turn) ? 1 : 0, x: featuresOf(kind, one.turns, one.hits[kind], at, priors) },
    ];
  });
}

type Counts = [right: number, found: number, labels: number];

/** Each label counts one item with a turn on it. */
function count(one: Case, kind: Kind, items: readonly (readonly number[])[]): Counts {
  const end = one.from + one.turns.length;
  const labels = labelsOf(one.meeting, kind).filter(({ turns }) =>
    turns.some((turn) => turn >= one.from && turn < end),
  );
  const spare = spareOf(one.meeting, kind);
  const used = new Set<number>();
  let [right, found] = [0, 0];
  for (const item of items) {
    const own = item.map((turn) => turn + one.from);
    const at = labels.findIndex(
      ({ turns }, i) => !used.has(i) && own.some((turn) => turns.includes(turn)),
    );
    if (at >= 0) {
      used.add(at);
      right++;
    }
    if (at >= 0 || !own.every((turn) => spare.has(turn))) found++;
  }
  return [right, found, labels.length];
}

const f1Of = ([right, found, labels]: Counts): number => (2 * right) / Math.max(1, found + labels);
const pooled = (all: readonly Counts[]): Counts =>
  all.reduce<Counts>(([a, b, c], [d, e, f]) => [a + d, b + e, c + f], [0, 0, 0]);

const FOLDS = 3;
const L2 = 1;
const GRID = {
  shown: [0.28, 0.32, 0.36, 0.4, 0.44],
  linked: [0.3, 0.5, 0.6],
  reach: [1, 2, 4],
} as const;
/** Combinations that are printed. */
const BEST = 6;

/** Probabilities of every turn by weights that were learned without its meeting. */
function crossFitted(
  cases: readonly Case[],
  kind: Kind,
  priors: Weights,
): Map<Case, readonly number[]> {
  const slugs = [...new Set(cases.map(({ slug }) => slug))].sort();
  const fold = (slug: string): number => slugs.indexOf(slug) % FOLDS;
  const out = new Map<Case, readonly number[]>();
  for (let k = 0; k < FOLDS; k++) {
    const rows = cases
      .filter(({ slug }) => fold(slug) !== k)
      .flatMap((one) => rowsOf(one, kind, priors));
    const weights = fit(rows, L2);
    for (const one of cases)
      if (fold(one.slug) === k)
        out.set(
          one,
          one.turns.map((_, at) =>
            sigmoid(logOdds(featuresOf(kind, one.turns, one.hits[kind], at, priors), weights)),
          ),
        );
  }
  return out;
}

/** Prints the best thresholds by the mean F1 of the three forms of text. */
function choose(cases: readonly Case[], kind: Kind, priors: Weights): void {
  const scores = crossFitted(cases, kind, priors);
  const forms = ['whole', 'misheard', 'stretch'] as const;
  const tried = GRID.shown.flatMap((shown) =>
    GRID.linked.flatMap((linked) =>
      GRID.reach.map((reach) => {
        const counts = forms.map((form) =>
          pooled(
            cases
              .filter((one) => one.form === form)
              .map((one) => {
                const options = { shown, linked, reach };
                const items = clustered(kind, one.turns, scores.get(one) ?? [], options);
                return count(
                  one,
                  kind,
                  items.map(({ peak }) => [peak]),
                );
              }),
          ),
        );
        const mean = counts.reduce((sum, one) => sum + f1Of(one), 0) / counts.length;
        return { shown, linked, reach, counts, mean };
      }),
    ),
  );
  tried.sort((a, b) => b.mean - a.mean);
  for (const { shown, linked, reach, counts } of tried.slice(0, BEST))
    console.log(
      `${kind} shown ${shown} linked ${linked} reach ${reach}:`,
      counts.map((one, i) => `${forms[i] ?? ''} ${shownCounts(one)}`).join(', '),
    );
}

const shownCounts = ([right, found, labels]: Counts): string =>
  `F1 ${f1Of([right, found, labels]).toFixed(3)} precision ${(right / found).toFixed(2)} ` +
  `recall ${(right / labels).toFixed(2)}`;

const WEIGHTS_FILE = join(__dirname, '../../../daemon/insights/detect/weights.json');

function main([scored = '', folder = '', ...flags]: readonly string[]): void {
  const cases = scored
    .split(',')
    .flatMap((file) => JSON.parse(readFileSync(file, 'utf8')) as ScoredMeeting[])
    .map(caseOf);
  const known = JSON.parse(readFileSync(WEIGHTS_FILE, 'utf8')) as typeof learned;
  const tally = flags.includes('--rules') ? measureRules(folder) : undefined;
  for (const kind of KINDS.filter((one) => !flags.includes(`--no-${one}`))) {
    for (const [rule, [right, of]] of tally?.[kind] ?? [])
      console.log(`${kind} ${rule}: ${right} of ${of}`);
    const priors: Weights = tally ? priorsOf(tally[kind]) : known[kind].priors;
    choose(cases, kind, priors);
    const weights = fit(
      cases.flatMap((one) => rowsOf(one, kind, priors)),
      L2,
    );
    console.log(kind, weights);
    if (!flags.includes('--write')) continue;
    const file = JSON.parse(readFileSync(WEIGHTS_FILE, 'utf8')) as Record<string, unknown>;
    writeFileSync(
      WEIGHTS_FILE,
      `${JSON.stringify({ ...file, [kind]: { weights, priors } }, null, 2)}\n`,
    );
  }
}

if (require.main === module) main(process.argv.slice(2));
