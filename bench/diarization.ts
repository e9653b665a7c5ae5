/**
 * Diarization error rate after the final pass and live with 1 s of latency: simulated conversations
 * of readers that no setting was chosen on, the AMI clips, a telephone call and two spoken
 * meetings. Usage: `npm run bench -- diarization MODELS [--part tuning] [--count N] [--set AMI]
 * [--each]`. A count of 0 leaves the simulated conversations out.
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { SileroVad } from '../daemon/adapters/inference/silero/silero';
import { OnnxSpeakerModels } from '../daemon/adapters/inference/speakers/speakerModels';
import { SAMPLE_RATE } from '../daemon/audio/frame';
import type { SpeakerModels, Turn as FoundTurn } from '../daemon/diarization/contract';
import { LiveSpeakers } from '../daemon/diarization/liveSpeakers';
import { SourceSpeakers } from '../daemon/diarization/sourceSpeakers';
import { SpokenSpans } from '../daemon/diarization/spokenSpans';
import { joinTurns } from '../daemon/diarization/turns';
import { framesOf } from '../daemon/vad/phraseSource';
import { type Part, conversations } from './conversations/corpus';
import {
  type DiarizationErrors,
  type Turn,
  diarizationErrors,
  pooledRate,
  readRttm,
} from '../testing/scoring/diarizationError';
import { type Metric, type Row, reportResults } from './report';
import { type Trials, readSpeech, speakerModelFiles, speakerTrials } from './speakerTrials';
import { SHARED, findModels } from '../testing/harness/speechPath';

/** Percent, by the beginning of the name of a set. */
const FINAL_MARKS: Readonly<Record<string, number>> = {
  'simulated, long': 11,
  AMI: 24,
  telephone: 6,
  auth: 12,
  sync: 12,
};
const LIVE_MARKS: Readonly<Record<string, number>> = { 'simulated, long': 16 };
/** Cuts of so many seconds, and the equal error rate at most, percent. */
const TRIALS = [
  { seconds: 1.6, mark: 1.7 },
  { seconds: 3, mark: 0.2 },
] as const;
const LATENCY_MS = 1_000;
const TICK_MS = 100;
const FRAMES_PER_TICK = (TICK_MS * SAMPLE_RATE) / 1000 / 320;

interface Recording {
  readonly set: string;
  readonly name: string;
  readonly pcm: () => Promise<Int16Array>;
  readonly turns: readonly Turn[];
}

interface Measured {
  readonly set: string;
  readonly name: string;
  readonly online: DiarizationErrors;
  readonly final: DiarizationErrors;
  readonly oneSpeaker: DiarizationErrors;
  readonly speakers: readonly [found: number, there: number];
  /** Voices that were opened live. */
  readonly opened: number;
  readonly cost: Cost;
}

/** Processor time of each part, and of speech, milliseconds. */
interface Cost {
  readonly live: number;
  readonly final: number;
  readonly speech: number;
}

async function pcmOf(path: string, channel?: number): Promise<Int16Array> {
  return Int16Array.from(await readSpeech(path, channel), (x) => Math.round(x * 32_768));
}

/** Recordings that lie beside the repository. */
export function recordings(): Recording[] {
  const data = join(SHARED, 'data');
  const ami = join(data, 'ami30', 'words.rttm');
  if (!existsSync(ami)) return [];
  const found: Recording[] = [...readRttm(readFileSync(ami, 'utf8'))].map(([name, turns]) => ({
    set: 'AMI, 30 s each',
    name,
    pcm: () => pcmOf(join(data, 'ami30', `${name}.flac`)),
    turns,
  }));
  const call = join(data, 'misc', 'phone2spk');
  for (const turns of readRttm(readFileSync(`${call}.rttm`, 'utf8')).values())
    found.push({
      set: 'telephone call',
      name: basename(call),
      pcm: () => pcmOf(`${call}.flac`),
      turns,
    });
  for (const name of ['auth-standup', 'sync-engine-design-review']) {
    const { turns } = JSON.parse(readFileSync(join(data, 'meetings', `${name}.json`), 'utf8')) as {
      turns: { who: string; source: string; start: number; end: number }[];
    };
    ['mic', 'system'].forEach((source, channel) =>
      found.push({
        set: `${name}, ${source}`,
        name: `${name} ${source}`,
        pcm: () => pcmOf(join(data, 'meetings', `${name}.flac`), channel),
        turns: turns
          .filter((turn) => turn.source === source)
          .map(({ who, start, end }) => ({ speaker: who, start, end })),
      }),
    );
  }
  return found;
}

const seconds = (turns: readonly FoundTurn[]): Turn[] =>
  turns.map(({ speaker, startMs, endMs }) => ({
    speaker,
    start: startMs / 1000,
    end: endMs / 1000,
  }));

/** Turns as they were given a second after they were said; none is taken back. */
class LiveTurns {
  readonly turns: FoundTurn[] = [];
  private givenMs = 0;

  take(turns: readonly FoundTurn[], nowMs: number): void {
    const upTo = nowMs - LATENCY_MS;
    for (const turn of turns)
      if (turn.endMs > this.givenMs && turn.startMs < upTo)
        this.turns.push({
          ...turn,
          startMs: Math.max(this.givenMs, turn.startMs),
          endMs: Math.min(upTo, turn.endMs),
        });
    this.givenMs = Math.max(this.givenMs, upTo);
  }
}

/** Processor time by what it was spent on. */
class Clocked {
  readonly spent = { live: 0, final: 0 };

  async run<T>(what: keyof Clocked['spent'], work: () => Promise<T>): Promise<T> {
    const before = process.cpuUsage();
    const made = await work();
    const used = process.cpuUsage(before);
    this.spent[what] += (used.user + used.system) / 1000;
    return made;
  }
}

export async function measure(
  vad: Pick<SileroVad, 'detect' | 'close'>,
  models: SpeakerModels,
  stream: number,
  recording: Recording,
): Promise<Measured> {
  const frames = framesOf('file', await recording.pcm());
  const clocked = new Clocked();
  let next = 0;
  const newId = (): string => `v${++next}`;
  const detector = {
    detect: (windows: Float32Array) => vad.detect(stream, windows),
    reset: () => vad.close(stream),
    dispose: () => vad.close(stream),
  };
  const speech = new SpokenSpans('file', detector);
  const live = new LiveSpeakers({ source: 'file', speech, models, newId });
  const given = new LiveTurns();
  for (let at = 0; at < frames.length; at += FRAMES_PER_TICK) {
    const some = frames.slice(at, at + FRAMES_PER_TICK);
    await clocked.run('live', async () => {
      await speech.process(some);
      await live.process(some);
    });
    given.take(live.turns(), (at + some.length) * 20);
  }
  given.take(live.turns(), frames.length * 20 + LATENCY_MS);
  const opened = next;
  speech.dispose();
  const whole = new SourceSpeakers({ source: 'file', detector, models, newId });
  await clocked.run('final', async () => {
    await whole.processWhole(frames);
    await whole.finish();
  });
  const turns = seconds(whole.turns(0));
  whole.dispose();
  const { turns: reference } = recording;
  const there = new Set(reference.map(({ speaker }) => speaker)).size;
  return {
    set: recording.set,
    name: recording.name,
    online: diarizationErrors(reference, seconds(joinTurns(given.turns, TICK_MS))),
    final: diarizationErrors(reference, turns),
    oneSpeaker: diarizationErrors(reference, union(turns)),
    speakers: [new Set(turns.map(({ speaker }) => speaker)).size, there],
    opened,
    cost: {
      live: clocked.spent.live,
      final: clocked.spent.final,
      speech: 1000 * union(reference).reduce((sum, { start, end }) => sum + end - start, 0),
    },
  };
}

/** The same speech from one mouth. */
function union(turns: readonly Turn[]): Turn[] {
  const found: { start: number; end: number; speaker: string }[] = [];
  for (const { start, end } of [...turns].sort((a, b) => a.start - b.start)) {
    const last = found.at(-1);
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else found.push({ start, end, speaker: 'one' });
  }
  return found;
}

const sum = (some: readonly Measured[], what: (one: Measured) => number): number =>
  some.reduce((total, one) => total + what(one), 0);
const rate = (some: readonly Measured[], of: (one: Measured) => DiarizationErrors): number =>
  Math.round(10 * pooledRate(some.map(of))) / 10;

function rowOf(set: string, some: readonly Measured[]): Row {
  const speech = sum(some, ({ cost }) => cost.speech) / 1000;
  return {
    set,
    'DER % final': rate(some, (m) => m.final),
    'missed, false, confused %': (['missed', 'falseAlarm', 'confused'] as const)
      .map((kind) =>
        ((100 * sum(some, (m) => m.final[kind])) / sum(some, (m) => m.final.reference)).toFixed(1),
      )
      .join(', '),
    'DER % live': rate(some, (m) => m.online),
    'all as one speaker': rate(some, (m) => m.oneSpeaker),
    'speaker counts right': `${some.filter(({ speakers: [found, there] }) => found === there).length} of ${some.length}`,
    'voices opened live (true)': `${sum(some, (m) => m.opened)} (${sum(some, (m) => m.speakers[1])})`,
    'processor ms a second of speech, final': (
      sum(some, ({ cost }) => cost.final) / speech
    ).toFixed(1),
    'the same, live': (sum(some, ({ cost }) => cost.live) / speech).toFixed(1),
  };
}

function metricsOf(set: string, some: readonly Measured[]): (readonly [string, Metric])[] {
  const metric = (
    name: string,
    value: number,
    marks: Readonly<Record<string, number>>,
  ): readonly [string, Metric] => {
    const mark = Object.entries(marks).find(([start]) => set.startsWith(start))?.[1];
    return [
      `${set}: DER ${name}`,
      { value, unit: '%', noise: 1, better: 'lower', ...(mark !== undefined && { mark }) },
    ];
  };
  return [
    metric(
      'final',
      rate(some, (m) => m.final),
      FINAL_MARKS,
    ),
    metric(
      'live',
      rate(some, (m) => m.online),
      LIVE_MARKS,
    ),
  ];
}

async function simulated(part: Part, vad: SileroVad, count: number): Promise<Recording[]> {
  const found: Recording[] = [];
  if (count === 0) return found;
  for (const length of ['long', 'short'] as const)
    for await (const { name, pcm, turns } of conversations(part, vad, length, count))
      found.push({
        set: `simulated, ${length}, ${part} part`,
        name,
        pcm: () => Promise.resolve(pcm),
        turns,
      });
  return found;
}

function argument(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

async function main(): Promise<void> {
  const found = findModels(process.argv[2]);
  const beside = recordings();
  if (!found || beside.length === 0) {
    process.stderr.write(
      found
        ? 'The recordings are not beside the repository.\n'
        : 'Give the folder that holds encoder_model.onnx, decoder_model_merged.onnx and silero_vad_v6.onnx.\n',
    );
    process.exitCode = 2;
    return;
  }
  const vad = new SileroVad();
  await vad.load({ id: 'silero-vad', files: { model: found.vad } });
  const models = new OnnxSpeakerModels();
  await models.load(speakerModelFiles());
  const part: Part = argument('--part') === 'tuning' ? 'tuning' : 'test';
  const count = Number(argument('--count') ?? 20);
  const all = [...(await simulated(part, vad, count)), ...beside].filter(({ set }) =>
    set.startsWith(argument('--set') ?? ''),
  );
  const measured: Measured[] = [];
  for (const recording of all) {
    const one = await measure(vad, models, 100_000 + measured.length, recording);
    measured.push(one);
    if (process.argv.includes('--each'))
      process.stdout.write(`${one.name}: ${JSON.stringify(rowOf(one.set, [one]))}\n`);
  }
  const sets = [...new Set(all.map(({ set }) => set))];
  const of = (set: string): Measured[] => measured.filter((one) => one.set === set);
  const trials: Trials[] = [];
  for (const { seconds: length } of TRIALS) trials.push(await speakerTrials(models, length));
  reportResults({
    about:
      'Diarization error rate without collar, overlap scored, in percent, pooled over the recordings of a set. Simulated: conversations of 2 to 6 LibriSpeech readers, 2 to 20 minutes (long) or 30 to 60 s (short), from seeds; settings were chosen on readers of the other part. AMI: headset mix, words only. Live: as given 1 s after it was said. Equal error rate: cuts of LibriSpeech readers, each pair a trial.',
    rows: [
      ...sets.map((set) => rowOf(set, of(set))),
      ...trials.map((trial, i) => ({
        set: `cuts of ${TRIALS[i]?.seconds ?? 0} s`,
        'equal error rate %': trial.equalErrorRate.toFixed(2),
        'similarity there': trial.threshold.toFixed(2),
      })),
    ],
    metrics: {
      ...Object.fromEntries(sets.flatMap((set) => metricsOf(set, of(set)))),
      ...Object.fromEntries(
        trials.map(({ equalErrorRate }, i) => [
          `equal error rate of cuts of ${TRIALS[i]?.seconds ?? 0} s`,
          {
            value: Math.round(100 * equalErrorRate) / 100,
            unit: '%',
            better: 'lower' as const,
            noise: 0.1,
            mark: TRIALS[i]?.mark ?? 0,
          },
        ]),
      ),
    },
  });
}

if (require.main === module) void main();
