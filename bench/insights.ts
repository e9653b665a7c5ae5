/**
 * How well actions and decisions are found in labelled meetings, and what following a meeting of
 * three hours costs in processor time. Run: `npm run bench -- insights [--mistakes] [--by-source]
 * [slug …]`; `--audio`, with the model files under EARMARK_MODELS, adds the shared meetings as
 * Moonshine hears them; `--noise` adds ours as it might hear them; with a slug, the cost is left
 * out.
 */
import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { TurnScorer } from '../daemon/insights/contract/turns';
import { createAnalyzerFactory } from '../daemon/insights/analyzerFactory';
import type { Segment } from '../daemon/transcript/types';
import { MeetingRecogniser } from './insightsAudio';
import {
  analyseMeeting,
  analyseMeetingFully,
  countUnquoted,
  f1,
  pool,
  scoreMeeting,
  segmentsOf,
  type LabelledMeeting,
  type MeetingScore,
} from '../testing/scoring/insightsScore';
import { mishearMeeting } from './recogniserNoise';
import { reportResults, type Metric, type Row } from './report';
import { findModels, SHARED } from '../testing/harness/speechPath';
import { openTurnScorer } from './turnScorer';

const keptApart = JSON.parse(
  readFileSync(join(__dirname, '..', 'scripts', 'train', 'turns', 'keptApart.json'), 'utf8'),
) as { readonly slugs: readonly string[] };
const FIXTURES = join(__dirname, '..', 'test', 'fixtures');
const SETS: readonly {
  readonly name: string;
  readonly folder: string;
  readonly heldOut?: boolean;
  /** Slugs; all meetings of the folder if absent. */
  readonly slugs?: readonly string[];
}[] = [
  {
    name: 'meetings beside the repository',
    folder: join(__dirname, '..', '..', 'shared', 'data', 'meetings'),
  },
  { name: 'our own meetings', folder: join(FIXTURES, 'meetings') },
  // Rules were written with them in sight, for what is said anywhere.
  { name: 'meetings of other trades', folder: join(FIXTURES, 'meetings-other-trades') },
  // Never tuned on: their mistakes are not shown, only counted.
  { name: 'held-out meetings', folder: join(FIXTURES, 'meetings-held-out'), heldOut: true },
  {
    name: 'natural meetings, for development',
    folder: join(SHARED, 'data', 'meetings-natural'),
    heldOut: true,
  },
  {
    name: 'natural meetings, kept apart',
    folder: join(SHARED, 'data', 'meetings-train'),
    heldOut: true,
    slugs: keptApart.slugs,
  },
];
const THREE_HOURS_MS = 3 * 3600 * 1000;
/** Times the errors of a recogniser, and seeds that are pooled. */
const NOISE = [1, 2];
const NOISE_SEEDS = [1, 2, 3];
/** Segments that come in one update while people talk. */
const SEGMENTS_AN_UPDATE = 1;

function load(folder: string): LabelledMeeting[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as LabelledMeeting);
}

/** At least, for actions and for decisions, from recognised speech. */
const F1_MARK = 0.85;

const STARTED = '2026-11-23T09:30:00+01:00';
const HOUR_MS = 3600 * 1000;

/** What was measured so far. */
const rows: Row[] = [];
const metrics: Record<string, Metric> = {};
let unquoted = 0;

function add(set: string, scores: readonly MeetingScore[], withMistakes: boolean): MeetingScore {
  const all = pool(scores);
  const share = ({ right, of }: { right: number; of: number }) =>
    of === 0 ? '–' : (right / of).toFixed(2);
  for (const score of scores.length > 1 ? [...scores, all] : scores) {
    const f = (kind: 'actions' | 'decisions', right: 'right' | 'rightLoose') =>
      f1(score[kind], score[kind][right]).toFixed(2);
    rows.push({
      set,
      meeting: score.slug,
      'action F1': f('actions', 'right'),
      loose: f('actions', 'rightLoose'),
      'decision F1': f('decisions', 'right'),
      'loose ': f('decisions', 'rightLoose'),
      owner: share(score.owners),
      due: share(score.due),
      decoys: `${score.decoys.taken} of ${score.decoys.of}`,
    });
    if (withMistakes)
      for (const mistake of score.mistakes) console.log(`${score.slug}: ${mistake}`);
  }
  return all;
}

function keep(
  set: string,
  { actions, decisions, owners, due, decoys }: MeetingScore,
  f1Mark?: number,
): void {
  const metric = (value: number, better: Metric['better']): Metric => ({
    value: Number(value.toFixed(3)),
    better,
    noise: 0.001,
  });
  const headline = f1Mark === undefined ? { product: true } : { mark: f1Mark };
  metrics[`action F1, ${set}`] = {
    ...metric(f1(actions, actions.right), 'higher'),
    ...headline,
  };
  metrics[`decision F1, ${set}`] = {
    ...metric(f1(decisions, decisions.right), 'higher'),
    ...headline,
  };
  metrics[`owners right, ${set}`] = metric(owners.right / owners.of, 'higher');
  metrics[`due phrases right, ${set}`] = metric(due.right / due.of, 'higher');
  metrics[`decoys taken, ${set}`] = metric(decoys.taken / decoys.of, 'lower');
}

async function fromAudio(withMistakes: boolean): Promise<void> {
  const models = findModels(process.env['EARMARK_MODELS']);
  const folder = SETS[0]?.folder ?? '';
  const meetings = load(folder);
  if (!models || meetings.length === 0)
    return console.log(
      'From audio: set EARMARK_MODELS to the folder of the models, ' +
        'and have the shared meetings beside the repository.',
    );
  const recogniser = await MeetingRecogniser.open(models);
  try {
    for (const speakers of ['named', 'bySource'] as const) {
      const scores: MeetingScore[] = [];
      for (const meeting of meetings) {
        const { segments, turnOf } = await recogniser.recognise(
          meeting,
          join(folder, `${meeting.slug}.flac`),
          speakers,
        );
        const analyzer = createAnalyzerFactory().create({ startedAt: STARTED, self: meeting.me });
        for (const segment of segments) analyzer.update([segment]);
        analyzer.finish();
        unquoted += countUnquoted(analyzer.insights, segments);
        scores.push(scoreMeeting(meeting, analyzer.insights, turnOf));
      }
      const set = `Moonshine transcripts, speakers ${speakers === 'named' ? 'by name' : 'by source'}`;
      keep(set, add(set, scores, withMistakes), speakers === 'named' ? F1_MARK : undefined);
    }
  } finally {
    recogniser.dispose();
  }
}

/** With the turn encoder, or, without `scorer`, by rules alone. */
async function quality(
  speakers: 'named' | 'bySource',
  only: readonly string[],
  withMistakes: boolean,
  scorer: TurnScorer | undefined,
): Promise<void> {
  const factory = createAnalyzerFactory(scorer && { scorer });
  for (const { name: set, folder, heldOut, slugs } of SETS) {
    const name = scorer ? set : `${set}, rules alone`;
    const meetings = load(folder).filter(
      ({ slug }) =>
        (only.length === 0 || only.includes(slug)) && (slugs === undefined || slugs.includes(slug)),
    );
    if (meetings.length === 0) {
      console.log(`${name}: not here, skipped.`);
      continue;
    }
    const scores: MeetingScore[] = [];
    for (const meeting of meetings) {
      const insights = await analyseMeetingFully(meeting, factory, speakers);
      unquoted += countUnquoted(insights, segmentsOf(meeting, speakers));
      scores.push(scoreMeeting(meeting, insights));
    }
    const all = add(name, scores, withMistakes && !heldOut);
    if (only.length === 0) keep(name, all);
  }
}

function underNoise(): void {
  const factory = createAnalyzerFactory();
  for (const { name, folder } of SETS.slice(1)) {
    for (const strength of NOISE) {
      const all = pool(
        NOISE_SEEDS.flatMap((seed) =>
          load(folder).map((exact) => {
            const meeting = mishearMeeting(exact, strength, seed);
            return scoreMeeting(meeting, analyseMeeting(meeting, factory, 'named'));
          }),
        ),
      );
      const set = `${name}, recognition errors × ${strength}`;
      add(set, [all], false);
      keep(set, all);
    }
  }
}

/** The first two sets, joined again and again until three hours are full. */
function threeHours(): Segment[] {
  const segments: Segment[] = [];
  const meetings = SETS.slice(0, 2).flatMap(({ folder }) => load(folder));
  for (let round = 0, offset = 0; offset < THREE_HOURS_MS; round++) {
    for (const meeting of meetings) {
      for (const segment of segmentsOf(meeting, 'named'))
        segments.push({
          ...segment,
          id: `s${segments.length + 1}`,
          startMs: segment.startMs + offset,
          endMs: segment.endMs + offset,
          text: `${segment.text} (${round})`,
        });
      offset = segments[segments.length - 1]?.endMs ?? offset;
    }
  }
  return segments.filter(({ startMs }) => startMs < THREE_HOURS_MS);
}

/**
 * By processor time, so that other work on the machine is left out. The first update, which loads
 * the language model, is counted apart.
 */
function cost(): void {
  const segments = threeHours();
  const analyzer = createAnalyzerFactory().create({ startedAt: STARTED });
  const cpuMs = (work: () => void): number => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const heapMb: number[] = [];
  const first = cpuMs(() => analyzer.update(segments.slice(0, 1)));
  const times: number[] = [];
  for (let at = 1; at < segments.length; at += SEGMENTS_AN_UPDATE) {
    times.push(cpuMs(() => analyzer.update(segments.slice(at, at + SEGMENTS_AN_UPDATE))));
    if ((segments[at]?.startMs ?? 0) >= (heapMb.length + 1) * HOUR_MS) {
      collect();
      heapMb.push(process.memoryUsage().heapUsed / 1e6);
    }
  }
  const finish = cpuMs(() => analyzer.finish());
  collect();
  heapMb.push(process.memoryUsage().heapUsed / 1e6);
  unquoted += countUnquoted(analyzer.insights, segments);
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  const share = (first + finish + times.reduce((sum, time) => sum + time, 0)) / THREE_HOURS_MS;
  rows.push({
    set: `three hours, ${segments.length} segments, one an update`,
    meeting: `${analyzer.insights.length} insights`,
    'of one core': `${(100 * share).toFixed(2)} %`,
    'update, median': `${at(0.5).toFixed(1)} ms`,
    '99 %': `${at(0.99).toFixed(1)} ms`,
    most: `${at(1).toFixed(0)} ms`,
    'first, with the model': `${first.toFixed(0)} ms`,
    'last pass': `${finish.toFixed(0)} ms`,
    'heap after 1, 2, 3 h': heapMb.map((mb) => mb.toFixed(0)).join(', '),
  });
  metrics['heap that an hour adds'] = {
    value: Number((((heapMb[2] ?? 0) - (heapMb[0] ?? 0)) / 2).toFixed(1)),
    unit: 'MB',
    better: 'lower',
    noise: 0.5,
  };
  metrics['share of one core, three hours'] = {
    value: Number(share.toFixed(4)),
    better: 'lower',
    noise: 0.004,
  };
  metrics['slowest update, three hours'] = {
    value: Number((at(1) / 1000).toFixed(3)),
    unit: 's',
    better: 'lower',
    noise: 0.1,
  };
}

async function main(args: readonly string[]): Promise<void> {
  const speakers = args.includes('--by-source') ? 'bySource' : 'named';
  const only = args.filter((arg) => !arg.startsWith('--'));
  const withMistakes = args.includes('--mistakes');
  const scorer = await openTurnScorer();
  await quality(speakers, only, withMistakes, undefined);
  if (scorer) await quality(speakers, only, withMistakes, scorer);
  if (args.includes('--noise')) underNoise();
  if (args.includes('--audio')) await fromAudio(withMistakes);
  if (only.length === 0) cost();
  metrics['insights without a quote'] = {
    value: unquoted,
    better: 'lower',
    noise: 0,
    product: true,
  };
  rows.push({ set: 'insights without a quote, all of the above', meeting: unquoted });
  reportResults({
    about: [
      `Labelled meetings as exact text, speakers ${speakers === 'named' ? 'by name' : 'by source'}.`,
      'An insight counts if all of its evidence (loose: some of it) lies in the turns of a label.',
      'Each label counts one insight at most. Cost is processor time.',
    ].join(' '),
    rows,
    metrics,
  });
}

if (require.main === module) void main(process.argv.slice(2));
