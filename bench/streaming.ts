/**
 * Streaming beside the usual methods, on the same audio with the same model in the same run: word
 * error rate, decode time, and how long after the last speech a final would be there. LibriSpeech
 * utterances are joined into sessions; those methods that the marks compare hear them with several
 * sets of pauses. Usage: `npm run bench -- streaming [--limit N] [--pauses N] [--methods
 * whole,live,…]`; N utterances of each set, N sets of pauses.
 */
import type { ManagedSpeechEngine } from '../daemon/asr/contract/speechEngineApi';
import { defaultSegmenterOptions } from '../daemon/vad/segmenter';
import { finalLatencies } from './finalTimes';
import { percentile, standardError } from '../testing/scoring/statistics';
import { SimulatedMachine } from '../testing/harness/latencySimulation';
import { type Metric, type Row, reportResults } from './report';
import { findModels, libriUtterances } from '../testing/harness/speechPath';
import { METHODS, type MethodResult } from './streamingMethods';
import {
  type JoinedSession,
  PAUSE_SEEDS,
  joinSessions,
} from '../testing/harness/streamingSessions';
import { pooledWer } from '../testing/scoring/wordErrors';

/** Recognition workers of the machine that is simulated. */
const WORKERS = 2;

/** These hear every set of pauses, the others the first. */
const MARKED: ReadonlySet<string> = new Set(['whole', 'live', 'plain']);

/** Methods that are Earmark's own: name → as the metrics call it. */
const PATHS: Readonly<Record<string, string>> = {
  live: 'live',
  plain: 'live without speculation',
  file: 'file',
};

/** Of live speech, against the model on whole utterances in the same run. */
const MARKS = { werPoints: 0.3, decodeTimes: 1.5 };

interface MethodRun {
  readonly session: JoinedSession;
  /** Which set of pauses it has. */
  readonly pauses: number;
  readonly result: MethodResult;
}

interface Measured {
  readonly results: readonly MethodResult[];
  readonly wer: number;
  /** Processor time of the decodes. */
  readonly cpuSeconds: number;
  readonly speechSeconds: number;
}

function measured(runs: readonly MethodRun[]): Measured {
  return {
    results: runs.map(({ result }) => result),
    wer: pooledWer(
      runs.map(({ session, result }) => ({
        reference: session.reference,
        hypothesis: result.text,
      })),
    ),
    cpuSeconds: runs.reduce((sum, { result }) => sum + result.inferenceMs, 0) / 1000,
    speechSeconds: runs.reduce((sum, { session }) => sum + session.speechSeconds, 0),
  };
}

/** Latencies of phrases that silence ended. */
function latencies(results: readonly MethodResult[]): { all: number[]; plain: number[] } {
  const all: number[] = [];
  const plain: number[] = [];
  for (const { phrases = [] } of results) {
    finalLatencies(phrases, WORKERS).forEach((latency, i) => {
      all.push(latency);
      const phrase = phrases[i];
      // Short phrases wait longer for more; the others end after the plain silence.
      if (
        phrase &&
        phrase.decidedMs - phrase.speechEndMs < defaultSegmenterOptions.shortEndSilenceMs
      )
        plain.push(latency);
    });
  }
  return { all, plain };
}

async function main(): Promise<void> {
  const [folder, ...rest] = process.argv.slice(2);
  const option = (name: string): string | undefined =>
    rest.includes(name) ? rest[rest.indexOf(name) + 1] : undefined;
  const limit = option('--limit') === undefined ? Infinity : Number(option('--limit'));
  const pauses = Number(option('--pauses') ?? PAUSE_SEEDS.length);
  const only = option('--methods')?.split(',') ?? METHODS.map(({ name }) => name);
  const models = findModels(folder);
  const utterances = libriUtterances();
  const unknown = only.find((name) => !METHODS.some((method) => method.name === name));
  const problem = !models
    ? 'Give the folder that holds encoder_model.onnx, decoder_model_merged.onnx and silero_vad_v6.onnx.'
    : utterances.length === 0
      ? 'The LibriSpeech sets are not beside the repository.'
      : !(limit >= 1)
        ? '--limit takes a number of utterances, 1 or more.'
        : unknown !== undefined
          ? `There is no method "${unknown}"; choose from ${METHODS.map(({ name }) => name).join(', ')}.`
          : !PAUSE_SEEDS[pauses - 1]
            ? `--pauses takes a number of sets of pauses, 1 to ${PAUSE_SEEDS.length}.`
            : undefined;
  if (!models || problem !== undefined) {
    process.stderr.write(`${problem}\n`);
    process.exitCode = 2;
    return;
  }
  const sessions = PAUSE_SEEDS.slice(0, pauses).map((seed) =>
    joinSessions(utterances, limit, seed),
  );
  const machine = new SimulatedMachine();
  await machine.load(models);
  const engine = machine.engine();
  try {
    await engine.ready();
    await measureAll(engine, sessions, only);
  } finally {
    engine.dispose();
  }
}

/** @param sessions one list for each set of pauses */
async function measureAll(
  engine: ManagedSpeechEngine,
  sessions: readonly (readonly JoinedSession[])[],
  only: readonly string[],
): Promise<void> {
  const rows: Row[] = [];
  const sets = [...new Set((sessions[0] ?? []).map((session) => session.set))];
  const metrics: Record<string, Metric> = {};
  const first = sessions[0] ?? [];
  const methods = METHODS.filter(({ name }) => only.includes(name));
  const runsByMethod = (): Map<string, MethodRun[]> =>
    new Map(methods.map(({ name }) => [name, []]));
  const report = (set: string, runs: ReadonlyMap<string, readonly MethodRun[]>): void => {
    for (const { name, title } of methods) {
      const own = runs.get(name) ?? [];
      const all = measured(own);
      const whole = (runs.get('whole') ?? []).filter(({ pauses }) =>
        own.some((one) => one.pauses === pauses),
      );
      const reference = whole.length === 0 ? undefined : measured(whole);
      rows.push(rowOf(set, title, all, reference, werSpread(own, whole)));
      // The other methods are there to compare with.
      const path = PATHS[name];
      if (!path) continue;
      metrics[`${set}: WER of ${path}`] = {
        value: round(all.wer, 2),
        unit: '%',
        better: 'lower',
        product: sets.includes(set),
      };
      if (!reference) continue;
      const marks = name === 'live' && sets.includes(set) ? MARKS : undefined;
      metrics[`${set}: WER of ${path} minus whole utterances`] = {
        value: round(all.wer - reference.wer, 2),
        unit: 'points',
        better: 'lower',
        noise: 0.3,
        ...(marks ? { mark: marks.werPoints } : {}),
      };
      metrics[`${set}: decode time of ${path} over whole utterances`] = {
        value: round(all.cpuSeconds / reference.cpuSeconds, 3),
        unit: '×',
        better: 'lower',
        noise: 0.2,
        ...(marks ? { mark: marks.decodeTimes } : {}),
      };
    }
  };
  const everything = runsByMethod();
  for (const set of sets) {
    const runs = runsByMethod();
    // Each session by one method after the other: what else the machine does then weighs on all
    // alike.
    for (const [pauses, joined] of sessions.entries()) {
      for (const session of joined.filter((one) => one.set === set)) {
        process.stderr.write(
          `${set}, pauses ${pauses + 1}: ${session.utterances.length} utterances …\n`,
        );
        for (const { name, run } of methods.filter(
          (method) => pauses === 0 || MARKED.has(method.name),
        ))
          runs.get(name)?.push({ session, pauses, result: await run(engine, session) });
      }
    }
    for (const [name, own] of runs) everything.get(name)?.push(...own);
    report(set, runs);
  }
  if (sets.length > 1) report(sets.join(' + '), everything);
  reportResults({
    about: aboutOf(first, sessions.length),
    rows,
    metrics,
  });
}

function aboutOf(first: readonly JoinedSession[], pauses: number): string {
  const utterances = first.reduce((sum, session) => sum + session.utterances.length, 0);
  const speech = first.reduce((sum, session) => sum + session.speechSeconds, 0);
  return [
    `${utterances} LibriSpeech utterances (${(speech / 60).toFixed(1)} min of speech) are joined`,
    `into ${first.length} sessions of up to 5 minutes with pauses of 0.1–3 s.`,
    `Method (a) and live speech use ${pauses} sets of pauses.`,
    `Moonshine tiny runs on ${WORKERS} workers of one thread.`,
    'All methods pass the same silence guards.',
    'Decode time is processor time of the decodes, without speech detection.',
    'Latency runs from the end of speech to the final, for phrases ended by silence.',
    'Its clock is audio time plus decode time.',
    'Method (c) decodes each stretch of speech between pauses of half a second by itself.',
    'Its buffer is cut after 15 s.',
  ].join(' ');
}

/** Standard error of the mean against (a), and least and most that a set of pauses gave. */
function werSpread(own: readonly MethodRun[], whole: readonly MethodRun[]): string {
  const differences = [...new Set(own.map(({ pauses }) => pauses))].map(
    (pauses) =>
      measured(own.filter((one) => one.pauses === pauses)).wer -
      measured(whole.filter((one) => one.pauses === pauses)).wer,
  );
  return differences.length < 2
    ? ''
    : ` ±${standardError(differences).toFixed(2)} ` +
        `(${Math.min(...differences).toFixed(2)} to ${Math.max(...differences).toFixed(2)})`;
}

function rowOf(
  set: string,
  title: string,
  { results, wer, cpuSeconds, speechSeconds }: Measured,
  reference: Measured | undefined,
  spread: string,
): Row {
  const row: Row = {
    method: title,
    set,
    'WER %': wer.toFixed(2),
    'against (a), points': reference ? `${(wer - reference.wer).toFixed(2)}${spread}` : '–',
    decodes: results.reduce((sum, result) => sum + result.decodes, 0),
    'decode s per s of speech': (cpuSeconds / speechSeconds).toFixed(3),
    'against (a), times': reference ? (cpuSeconds / reference.cpuSeconds).toFixed(2) : '–',
  };
  if (!results.some((result) => result.phrases)) return row;
  const show = (values: readonly number[]): string =>
    values.length === 0
      ? '–'
      : `${percentile(values, 0.5).toFixed(0)} / ${percentile(values, 0.95).toFixed(0)}`;
  const { all, plain } = latencies(results);
  return {
    ...row,
    'final p50 / p95 ms': show(all),
    'of these after 400 ms of silence': show(plain),
  };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

if (require.main === module) void main();
