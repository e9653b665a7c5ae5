/**
 * Streaming beside the usual methods, on the same sound with the same model in the same run: word error rate, decode
 * time, and how long after the last speech a final would be there. LibriSpeech utterances are joined into sessions.
 * Usage: `npm run bench -- streaming [--limit N] [--methods whole,live,…]`; N utterances of each set.
 */
import type { ManagedSpeechEngine } from '../daemon/asr/speechEngineApi';
import { defaultSegmenterOptions } from '../daemon/vad/segmenter';
import { finalLatencies, percentile } from './finalTimes';
import { SimulatedMachine } from './latencySimulation';
import { type Ratio, type Row, reportResults } from './report';
import { findModels, libriUtterances } from './speechPath';
import { METHODS, type Method, type MethodResult } from './streamingMethods';
import { type JoinedSession, joinSessions } from './streamingSessions';
import { pooledWer } from './wordErrors';

/** Recognition workers of the machine that is simulated. */
const WORKERS = 2;

interface Measured {
  readonly results: readonly MethodResult[];
  readonly wer: number;
  /** Processor time of the decodes. */
  readonly cpuSeconds: number;
}

async function measure(engine: ManagedSpeechEngine, sessions: readonly JoinedSession[], run: Method): Promise<Measured> {
  const results: MethodResult[] = [];
  for (const session of sessions) results.push(await run(engine, session));
  return {
    results,
    wer: pooledWer(sessions.map((session, i) => ({ reference: session.reference, hypothesis: results[i]?.text ?? '' }))),
    cpuSeconds: results.reduce((sum, result) => sum + result.inferenceMs, 0) / 1000,
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
      ratios[`${set}: decode time of ${name} over (a)`] = { value: round(measured.cpuSeconds / reference.cpuSeconds, 3), noise: 0.2, better: 'lower' };
    }
  }
  const utterances = sessions.reduce((sum, session) => sum + session.utterances.length, 0);
  const speech = sessions.reduce((sum, session) => sum + session.speechSeconds, 0);
  reportResults({
    about: `${utterances} LibriSpeech utterances (${(speech / 60).toFixed(1)} min of speech) joined into ${sessions.length} sessions of up to 5 minutes with pauses of 0.1–3 s; Moonshine tiny on ${WORKERS} workers of one thread; all methods pass the same silence guards. Decode time is processor time of the decodes, without speech detection. Latency is from the last speech to the final of phrases that silence ended, on a clock of audio time plus decode time, as on a machine that does nothing else. (c) takes each stretch of speech between pauses of half a second for itself; its buffer is cut after 15 s.`,
    rows,
    ratios,
  });
}

function rowOf(set: string, title: string, measured: Measured, speech: number, reference: Measured | undefined): Row {
  const { results, wer, cpuSeconds } = measured;
  const row: Row = {
    method: title,
    set,
    'WER %': wer.toFixed(2),
    'against (a), points': reference ? (wer - reference.wer).toFixed(2) : '–',
    decodes: results.reduce((sum, result) => sum + result.decodes, 0),
    'decode s per s of speech': (cpuSeconds / speech).toFixed(3),
    'against (a), times': reference ? (measured.cpuSeconds / reference.cpuSeconds).toFixed(2) : '–',
  };
  if (!results.some((result) => result.phrases)) return row;
  const show = (values: readonly number[]): string => (values.length === 0 ? '–' : `${percentile(values, 0.5).toFixed(0)} / ${percentile(values, 0.95).toFixed(0)}`);
  const { all, plain } = latencies(results);
  return { ...row, 'final p50 / p95 ms': show(all), 'of these after 400 ms of silence': show(plain) };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

if (require.main === module) void main();
