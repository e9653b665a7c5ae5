/**
 * Recorded answers to the prompts of the note writer. They measure the loss in prompt, check and
 * merge, without a model. A large language model that saw the prompt alone wrote them.
 *
 * `queue FOLDER` writes the open prompts of the development meetings, one file each; `take FOLDER`
 * stores the answers (`SLUG.answer.json`) as fixtures; `score` measures; `analyze FILE` prints the
 * insights of a transcript like `earmark analyze`.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../daemon/base/clock';
import { createAnalyzerFactory } from '../../daemon/insights/analyzerFactory';
import { winkNlp } from '../../daemon/insights/language/nlp';
import type { ChatMessage, LanguageModel } from '../../daemon/insights/model/languageModel';
import { ModelQueue } from '../../daemon/insights/model/modelQueue';
import { parseAnalysisInput } from '../../daemon/insights/text/plainText';
import { renderInsightsJson } from '../../daemon/insights/text/render';
import type { Insight } from '../../daemon/insights/types';
import { EXAM_SYSTEM } from '../../daemon/insights/write/exam';
import { PROMPT_VERSION, questionOf } from '../../daemon/insights/write/prompt';
import { windowsOf } from '../../daemon/insights/write/parts';
import type { Segment } from '../../daemon/transcript/types';
import {
  f1,
  type LabelledMeeting,
  type MeetingScore,
  pool,
  scoreMeeting,
  segmentsOf,
} from './insightsScore';

export const NATURAL = join(__dirname, '../../../shared/data/meetings-natural');
const FIXTURES = join(__dirname, '../../test/fixtures/recorded-answers');
const STARTED = '2026-11-23T09:30:00+01:00';
const EXAM_ANSWER = '{"a": "nightly backup", "b": "no", "c": "Emil", "d": "Monday", "e": 4}';

/** Loaded once for all meetings. */
const NLP = winkNlp();

interface Recorded {
  readonly promptVersion: number;
  /** SHA-256 of the transcript in the prompt. */
  readonly transcript: string;
  readonly answer: unknown;
}

/** Answers from the fixtures; a prompt without one gets an error that names the next step. */
export class RecordedModel implements LanguageModel {
  readonly name = 'The recorded model';
  readonly id = 'recorded';
  private readonly answers: ReadonlyMap<string, unknown>;

  constructor(folder = FIXTURES) {
    const names = existsSync(folder)
      ? readdirSync(folder).filter((one) => one.endsWith('.json'))
      : [];
    this.answers = new Map(
      names
        .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Recorded)
        .filter(({ promptVersion }) => promptVersion === PROMPT_VERSION)
        .map(({ transcript, answer }) => [transcript, answer]),
    );
  }

  has(messages: readonly ChatMessage[]): boolean {
    return this.answers.has(keyOf(messages));
  }

  complete(messages: readonly ChatMessage[]): Promise<string> {
    if (messages[0]?.content === EXAM_SYSTEM) return Promise.resolve(EXAM_ANSWER);
    const answer = this.answers.get(keyOf(messages));
    return answer === undefined
      ? Promise.reject(new Error('No recorded answer; run the script with "queue".'))
      : Promise.resolve(JSON.stringify(answer));
  }
}

function keyOf(messages: readonly ChatMessage[]): string {
  return createHash('sha256')
    .update(messages.at(-1)?.content ?? '')
    .digest('hex');
}

export function naturalMeetings(): LabelledMeeting[] {
  return readdirSync(NATURAL)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(NATURAL, name), 'utf8')) as LabelledMeeting);
}

/** Insights with the recorded model, or by the rules alone. */
export async function insightsOf(
  segments: readonly Segment[],
  self: string | undefined,
  model: LanguageModel | undefined = new RecordedModel(),
): Promise<readonly Insight[]> {
  const queue = model && new ModelQueue(model, { clock: systemClock });
  const analyzer = createAnalyzerFactory({ nlp: NLP, model: () => queue }).create({
    startedAt: STARTED,
    ...(self !== undefined && { self }),
  });
  analyzer.update(segments);
  analyzer.finish();
  const failure = (await analyzer.model?.read(true, new AbortController().signal))?.failure;
  if (failure !== undefined) console.error(failure);
  return analyzer.insights;
}

export async function scoreRecorded(
  meetings: readonly LabelledMeeting[],
): Promise<readonly MeetingScore[]> {
  const scores: MeetingScore[] = [];
  for (const meeting of meetings)
    scores.push(scoreMeeting(meeting, await insightsOf(segmentsOf(meeting, 'named'), meeting.me)));
  return scores;
}

/** Prompts of a meeting, one for each part. */
function promptsOf(meeting: LabelledMeeting): ChatMessage[][] {
  return windowsOf(segmentsOf(meeting, 'named')).map((window) =>
    questionOf(window, { startedAt: STARTED, self: meeting.me }),
  );
}

function queue(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const model = new RecordedModel();
  for (const meeting of naturalMeetings())
    for (const messages of promptsOf(meeting))
      if (!model.has(messages))
        writeFileSync(
          join(folder, `${meeting.slug}.prompt.txt`),
          messages.map(({ content }) => content).join('\n\n'),
        );
}

function take(folder: string): void {
  mkdirSync(FIXTURES, { recursive: true });
  for (const meeting of naturalMeetings()) {
    const file = join(folder, `${meeting.slug}.answer.json`);
    const [messages] = promptsOf(meeting);
    if (!existsSync(file) || !messages) continue;
    const recorded: Recorded = {
      promptVersion: PROMPT_VERSION,
      transcript: keyOf(messages),
      answer: JSON.parse(readFileSync(file, 'utf8')),
    };
    writeFileSync(join(FIXTURES, `${meeting.slug}.json`), `${JSON.stringify(recorded, null, 1)}\n`);
  }
}

function show({ slug, actions, decisions, owners, due, decoys }: MeetingScore): string {
  const line = (name: string, counts: MeetingScore['actions']): string =>
    `${name} ${f1(counts, counts.right).toFixed(2)} strict ${f1(counts, counts.rightLoose).toFixed(2)} loose (${counts.rightLoose} of ${counts.labels}, ${counts.found} found)`;
  return `${slug}: ${line('actions', actions)}, ${line('decisions', decisions)}, owners ${owners.right}/${owners.of}, due ${due.right}/${due.of}, decoys ${decoys.taken}/${decoys.of}`;
}

async function score(withMistakes: boolean): Promise<void> {
  const model = new RecordedModel();
  const meetings = naturalMeetings().filter((one) =>
    promptsOf(one).every((each) => model.has(each)),
  );
  const scores = await scoreRecorded(meetings);
  for (const one of scores) {
    console.log(show(one));
    if (withMistakes) for (const mistake of one.mistakes) console.log(`    ${mistake}`);
  }
  console.log(show(pool(scores)));
}

async function analyze(file: string, args: readonly string[]): Promise<void> {
  const self = args.includes('--self') ? args[args.indexOf('--self') + 1] : undefined;
  const insights = await insightsOf(parseAnalysisInput(readFileSync(file, 'utf8')), self);
  process.stdout.write(renderInsightsJson(insights));
}

async function main([command, target = '', ...rest]: readonly string[]): Promise<void> {
  if (command === 'queue') queue(target);
  else if (command === 'take') take(target);
  else if (command === 'analyze') await analyze(target, rest);
  else await score([target, ...rest].includes('--mistakes'));
}

if (require.main === module) void main(process.argv.slice(2));
