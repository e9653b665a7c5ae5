/**
 * Prints how well actions and decisions are found in labelled meetings, and what an update costs.
 * Run: `npx tsx bench/insights.ts [--mistakes] [--by-source] [slug …]`; `--cost` for the cost; `--audio`, with the model
 * files under EARMARK_MODELS, for the shared meetings as Moonshine hears them.
 */
import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createAnalyzerFactory } from '../daemon/analysis/analyzerFactory';
import type { Segment } from '../daemon/transcript/types';
import { hearMeetings } from './insightsAudio';
import { analyseMeeting, f1, pool, scoreMeeting, segmentsOf, type LabelledMeeting, type MeetingScore } from './insightsScore';
import { findModels } from './speechPath';

const SETS = [
  { name: 'meetings of ../shared', folder: join(__dirname, '..', '..', 'shared', 'data', 'meetings') },
  { name: 'our own meetings', folder: join(__dirname, '..', 'test', 'fixtures', 'meetings') },
];
const THREE_HOURS_MS = 3 * 3600 * 1000;
/** Segments that come in one update while people talk. */
const SEGMENTS_AN_UPDATE = 1;

function load(folder: string): LabelledMeeting[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((name) => name.endsWith('.json')).sort().map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as LabelledMeeting);
}

function row(score: MeetingScore): string {
  const share = ({ right, of }: { right: number; of: number }) => (of === 0 ? '–' : (right / of).toFixed(2));
  const cells = [f1(score.actions, score.actions.right).toFixed(2), f1(score.actions, score.actions.rightLoose).toFixed(2), f1(score.decisions, score.decisions.right).toFixed(2), f1(score.decisions, score.decisions.rightLoose).toFixed(2), share(score.owners), share(score.due), `${score.decoys.taken}/${score.decoys.of}`];
  return `| ${score.slug.padEnd(28)} | ${cells.map((cell) => cell.padStart(6)).join(' | ')} |`;
}

const HEAD = `| ${'meeting'.padEnd(28)} | act F1 |  loose | dec F1 |  loose |  owner |    due | decoys |\n|${'-'.repeat(30)}|${'-------:|'.repeat(7)}`;

async function fromAudio(args: readonly string[]): Promise<void> {
  const models = findModels(process.env['EARMARK_MODELS']);
  const folder = SETS[0]?.folder ?? '';
  const meetings = load(folder);
  if (!models || meetings.length === 0) return console.log('From audio: set EARMARK_MODELS to the folder of the models, and have the shared meetings beside the repository.');
  for (const speakers of ['named', 'bySource'] as const) {
    const heard = await hearMeetings(meetings.map((meeting) => ({ meeting, audio: join(folder, `${meeting.slug}.flac`) })), models, speakers);
    const scores = heard.map(({ segments, turnOf }, i) => {
      const meeting = meetings[i]!;
      const analyzer = createAnalyzerFactory().create({ startedAt: '2026-11-23T09:30:00+01:00', self: meeting.me });
      for (const segment of segments) analyzer.update([segment]);
      analyzer.finish();
      return scoreMeeting(meeting, analyzer.insights, turnOf);
    });
    console.log(`\nFrom Moonshine's transcript, speakers ${speakers === 'named' ? 'by name' : 'by source'}\n\n${HEAD}`);
    for (const score of [...scores, pool(scores)]) {
      console.log(row(score));
      if (args.includes('--mistakes')) for (const mistake of score.mistakes) console.log(`    ${mistake}`);
    }
  }
}

function quality(args: readonly string[]): void {
  const speakers = args.includes('--by-source') ? 'bySource' : 'named';
  const only = args.filter((arg) => !arg.startsWith('--'));
  const factory = createAnalyzerFactory();
  for (const { name, folder } of SETS) {
    const meetings = load(folder).filter(({ slug }) => only.length === 0 || only.includes(slug));
    if (meetings.length === 0) {
      console.log(`\n${name}: not here, skipped.`);
      continue;
    }
    const scores = meetings.map((meeting) => scoreMeeting(meeting, analyseMeeting(meeting, factory, speakers)));
    console.log(`\n${name}, speakers ${speakers === 'named' ? 'by name' : 'by source'}\n\n${HEAD}`);
    for (const score of scores) {
      console.log(row(score));
      if (args.includes('--mistakes')) for (const mistake of score.mistakes) console.log(`    ${mistake}`);
    }
    if (scores.length > 1) console.log(row(pool(scores)));
  }
}

/** All meetings joined, again and again, until three hours are full. */
function threeHours(): Segment[] {
  const segments: Segment[] = [];
  const meetings = SETS.flatMap(({ folder }) => load(folder));
  for (let round = 0, offset = 0; offset < THREE_HOURS_MS; round++) {
    for (const meeting of meetings) {
      for (const segment of segmentsOf(meeting, 'named')) segments.push({ ...segment, id: `s${segments.length + 1}`, startMs: segment.startMs + offset, endMs: segment.endMs + offset, text: `${segment.text} (${round})` });
      offset = segments[segments.length - 1]?.endMs ?? offset;
    }
  }
  return segments.filter(({ startMs }) => startMs < THREE_HOURS_MS);
}

function cost(): void {
  const segments = threeHours();
  const started = performance.now();
  const factory = createAnalyzerFactory();
  const analyzer = factory.create({ startedAt: '2026-11-23T09:30:00+01:00' });
  analyzer.update(segments.slice(0, 1));
  console.log(`\nFirst update, model loaded: ${(performance.now() - started).toFixed(0)} ms`);
  const times: number[] = [];
  for (let at = 1; at < segments.length; at += SEGMENTS_AN_UPDATE) {
    const before = performance.now();
    analyzer.update(segments.slice(at, at + SEGMENTS_AN_UPDATE));
    times.push(performance.now() - before);
  }
  const total = times.reduce((sum, time) => sum + time, 0);
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number) => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1);
  console.log(`Three hours, ${segments.length} segments, one an update: median ${at(0.5)} ms, 99 % ${at(0.99)} ms, most ${at(1)} ms; ${((100 * total) / THREE_HOURS_MS).toFixed(2)} % of one core; ${analyzer.insights.length} insights; heap ${(process.memoryUsage().heapUsed / 1e6).toFixed(0)} MB`);
}

const args = process.argv.slice(2);
if (args.includes('--cost')) cost();
else if (args.includes('--audio')) void fromAudio(args);
else quality(args);
