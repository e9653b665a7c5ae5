/**
 * Streaming beside the usual methods, on the same sound with the same model in the same run: word error rate, decode
 * time, and how long after the last speech a final would be there. LibriSpeech utterances are joined into sessions.
 * Usage: `npm run bench -- streaming [--limit N] [--methods whole,live,…]`; N utterances of each set.
 */
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { InferenceWorkerHealth, ManagedSpeechEngine } from '../daemon/asr/speechEngineApi';
import { defaultSegmenterOptions } from '../daemon/vad/segmenter';
import { finalLatencies, percentile } from './finalTimes';
import { makeNoise } from './noise';
import { type Ratio, type Row, reportResults } from './report';
import { findModels, libriUtterances, makeEngine } from './speechPath';
import { METHODS, type Method, type MethodResult } from './streamingMethods';
import { type JoinedSession, joinSessions } from './streamingSessions';
import { pooledWer } from './wordErrors';

/** Recognition workers of the machine that is simulated, and of the run. */
const WORKERS = 2;
/** Clock ticks of /proc a second; 100 on every Linux that Node runs on. */
const TICKS = 100;

const WARM_UP = { language: 'en', priority: 'final', sessionId: 'warm-up' } as const;

interface Measured {
  readonly results: readonly MethodResult[];
  readonly wer: number;
  /** Processor time of the recognition workers; undefined where the system does not tell. */
  readonly cpuSeconds: number | undefined;
  readonly inferenceSeconds: number;
}

/** The second worker starts with the first work for it; what loading costs would be counted with the first method. */
async function allReady(engine: ManagedSpeechEngine): Promise<void> {
  await engine.ready();
  const decoders = (): readonly InferenceWorkerHealth[] => engine.workers().filter(({ name }) => name !== 'vad');
  for (let tries = 0; tries < 60 && decoders().some(({ state }) => state !== 'ready'); tries++) {
    await Promise.all(decoders().map(() => engine.decode(Float32Array.from(makeNoise('pink', 2), (sample) => sample / 32_768), WARM_UP)));
    await setTimeout(500);
  }
  if (decoders().some(({ pid }) => pid === undefined)) process.stderr.write('A recognition worker did not start; decode time is the wall time of the decodes.\n');
}

/** User and system time of the recognition workers so far. */
function workerCpuSeconds(engine: ManagedSpeechEngine): number | undefined {
  try {
    return engine.workers().filter(({ name }) => name !== 'vad').reduce((sum, { pid }) => {
      // Behind the name in brackets; fields 14 and 15 of proc(5).
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
      return sum + (Number(fields[11]) + Number(fields[12])) / TICKS;
    }, 0);
  } catch {
    return undefined;
  }
}

/** Two sessions at a time, so that both workers have work. */
async function measure(engine: ManagedSpeechEngine, sessions: readonly JoinedSession[], run: Method): Promise<Measured> {
  const before = workerCpuSeconds(engine);
  const results: MethodResult[] = [];
  const queue = [...sessions.entries()];
  const lane = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) results[next[0]] = await run(engine, next[1]);
  };
  await Promise.all(Array.from({ length: WORKERS }, lane));
  const after = workerCpuSeconds(engine);
  return {
    results,
    wer: pooledWer(sessions.map((session, i) => ({ reference: session.reference, hypothesis: results[i]?.text ?? '' }))),
    cpuSeconds: before === undefined || after === undefined ? undefined : after - before,
    inferenceSeconds: results.reduce((sum, result) => sum + result.inferenceMs, 0) / 1000,
  };
}

/** Latencies of phrases that silence ended, at the inference times as measured times `scale`. */
function latencies(results: readonly MethodResult[], scale: number): { all: number[]; plain: number[] } {
  const all: number[] = [];
  const plain: number[] = [];
  for (const { phrases = [] } of results) {
    finalLatencies(phrases.map((phrase) => ({ ...phrase, inferenceMs: phrase.inferenceMs * scale })), WORKERS).forEach((latency, i) => {
      all.push(latency);
      const phrase = phrases[i];
      // Short phrases wait longer for more; the others end after the plain silence.
      if (phrase && phrase.decidedMs - phrase.speechEndMs < defaultSegmenterOptions.shortEndSilenceMs) plain.push(latency);
    });
  }
  return { all, plain };
}

async function main(): Promise<void> {
  const [folder, ...rest] = process.argv.slice(2);
  const option = (name: string): string | undefined => (rest.includes(name) ? rest[rest.indexOf(name) + 1] : undefined);
  const limit = option('--limit') === undefined ? Infinity : Number(option('--limit'));
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
          : undefined;
  if (!models || problem !== undefined) {
    process.stderr.write(`${problem}\n`);
    process.exitCode = 2;
    return;
  }
  const sessions = joinSessions(utterances, limit);
  const engine = makeEngine(models, WORKERS);
  try {
    await allReady(engine);
    await measureAll(engine, sessions, only);
  } finally {
    engine.dispose();
  }
}

async function measureAll(engine: ManagedSpeechEngine, sessions: readonly JoinedSession[], only: readonly string[]): Promise<void> {
  const rows: Row[] = [];
  const ratios: Record<string, Ratio> = {};
  for (const set of new Set(sessions.map((session) => session.set))) {
    const ofSet = sessions.filter((session) => session.set === set);
    const speech = ofSet.reduce((sum, session) => sum + session.speechSeconds, 0);
    let reference: Measured | undefined;
    for (const { name, title, run } of METHODS.filter((method) => only.includes(method.name))) {
      process.stderr.write(`${set}: ${title} …\n`);
      const measured = await measure(engine, ofSet, run);
      if (name === 'whole') reference = measured;
      rows.push(rowOf(set, title, measured, speech, reference));
      // The other methods are there to compare with; what they do is no merit or fault of Earmark.
      if (!reference || !['live', 'plain', 'file'].includes(name)) continue;
      ratios[`${set}: WER of ${name} minus (a), points`] = { value: round(measured.wer - reference.wer, 2), noise: 0.3, better: 'lower' };
      ratios[`${set}: decode time of ${name} over (a)`] = { value: round(effort(measured) / effort(reference), 3), noise: 0.2, better: 'lower' };
    }
  }
  const utterances = sessions.reduce((sum, session) => sum + session.utterances.length, 0);
  const speech = sessions.reduce((sum, session) => sum + session.speechSeconds, 0);
  reportResults({
    about: `${utterances} LibriSpeech utterances (${(speech / 60).toFixed(1)} min of speech) joined into ${sessions.length} sessions of up to 5 minutes with pauses of 0.1–3 s; Moonshine tiny on ${WORKERS} workers of one thread; all methods pass the same silence guards. Decode time is processor time of the recognition workers, without speech detection. Latency is from the last speech to the final of phrases that silence ended, on a clock of audio time plus inference time: as measured under the load of the run, and with inference at its processor time, as on a machine that does nothing else. (c) takes each stretch of speech between pauses of half a second for itself; its buffer is cut after 15 s.`,
    rows,
    ratios,
  });
}

/** Processor time where the system tells it, else the decodes' wall time. */
function effort({ cpuSeconds, inferenceSeconds }: Measured): number {
  return cpuSeconds ?? inferenceSeconds;
}

function rowOf(set: string, title: string, measured: Measured, speech: number, reference: Measured | undefined): Row {
  const { results, wer, inferenceSeconds } = measured;
  const row: Row = {
    method: title,
    set,
    'WER %': wer.toFixed(2),
    'against (a), points': reference ? (wer - reference.wer).toFixed(2) : '–',
    decodes: results.reduce((sum, result) => sum + result.decodes, 0),
    'decode s per s of speech': (effort(measured) / speech).toFixed(3),
    'against (a), times': reference ? (effort(measured) / effort(reference)).toFixed(2) : '–',
  };
  if (!results.some((result) => result.phrases)) return row;
  const show = (values: readonly number[]): string => (values.length === 0 ? '–' : `${percentile(values, 0.5).toFixed(0)} / ${percentile(values, 0.95).toFixed(0)}`);
  const asMeasured = latencies(results, 1);
  const idle = latencies(results, Math.min(1, effort(measured) / inferenceSeconds));
  return { ...row, 'final p50 / p95 ms': show(asMeasured.all), 'of these after 400 ms of silence': show(asMeasured.plain), 'final p50 / p95 ms, idle machine': show(idle.all), 'of these after 400 ms of silence, idle': show(idle.plain) };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

if (require.main === module) void main();
