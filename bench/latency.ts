/**
 * How long a live source waits: last speech → final, key released → final, onset → first partial,
 * word spoken → stable. The daemon's own path on a simulated clock, each decode at its measured
 * processor time (latencySimulation.ts). Usage: `npm run bench -- latency [--limit N] [--ends N]`;
 * N utterances of each set, N explicit ends.
 */
import { SAMPLE_RATE } from '../daemon/audio/frame';
import { defaultSegmenterOptions } from '../daemon/vad/segmenter';
import { percentile } from '../testing/scoring/statistics';
import {
  type FollowedSession,
  type FollowedPhrase,
  SimulatedMachine,
} from '../testing/harness/latencySimulation';
import { generator } from '../testing/scoring/noise';
import { type Metric, type Row, reportResults } from './report';
import { type Utterance, findModels, libriUtterances } from '../testing/harness/speechPath';
import { type JoinedSession, joinSessions } from '../testing/harness/streamingSessions';
import { alignWords } from '../testing/scoring/wordAlignment';

const WORKERS = 2;
const UTTERANCES = 14;
const ENDS = 60;
const SEED = 1_337;
/**
 * The key is released at a random point of this stretch of an utterance, in the middle of speech or
 * not.
 */
const RELEASED_MS = [1_500, 6_000] as const;
const WINDOW_MS = 32;

/** Milliseconds. */
const MARKS = {
  finalP50: 450,
  finalP95: 900,
  keyP50: 250,
  keyP99: 700,
  firstPartialP95: 800,
  stableP95: 1_500,
};

export interface Waits {
  readonly finals: number[];
  readonly shortFinals: number[];
  readonly longFinals: number[];
  readonly firstPartials: number[];
  readonly words: number[];
}

async function main(): Promise<void> {
  const [folder, ...rest] = process.argv.slice(2);
  const count = (name: string, standard: number): number =>
    rest.includes(name) ? Number(rest[rest.indexOf(name) + 1]) : standard;
  const [limit, ends] = [count('--limit', UTTERANCES), count('--ends', ENDS)];
  const models = findModels(folder);
  const utterances = libriUtterances();
  if (!models || utterances.length === 0 || !(limit >= 1) || !(ends >= 1)) {
    process.stderr.write(
      !models
        ? 'Give the folder that holds encoder_model.onnx, decoder_model_merged.onnx and silero_vad_v6.onnx.\n'
        : utterances.length === 0
          ? 'The LibriSpeech sets are not beside the repository.\n'
          : '--limit and --ends take a number, 1 or more.\n',
    );
    process.exitCode = 2;
    return;
  }
  const machine = new SimulatedMachine();
  await machine.load(models);
  const sessions = joinSessions(utterances, limit);
  const waits = noWaits();
  let cpuMs = 0;
  for (const session of sessions) {
    process.stderr.write(`${session.set}: ${(session.pcm.length / SAMPLE_RATE).toFixed(0)} s …\n`);
    const recognised = await machine.follow(session.pcm, { workers: WORKERS });
    cpuMs += recognised.cpuMs;
    await addWaits(machine, session, recognised, waits);
  }
  process.stderr.write(`${ends} explicit ends …\n`);
  report(sessions, waits, await explicitEnds(machine, utterances, ends), cpuMs);
}

export function noWaits(): Waits {
  return { finals: [], shortFinals: [], longFinals: [], firstPartials: [], words: [] };
}

export async function addWaits(
  machine: SimulatedMachine,
  session: JoinedSession,
  { phrases }: FollowedSession,
  waits: Waits,
): Promise<void> {
  const speech = await machine.probabilities(
    Float32Array.from(session.pcm, (sample) => sample / 32_768),
  );
  for (const recognised of phrases) {
    const { phrase, finalMs, partials } = recognised;
    if (phrase.cause === 'silence') {
      const wait = finalMs - phrase.speechEndMs;
      waits.finals.push(wait);
      (phrase.speechEndMs - phrase.startMs < defaultSegmenterOptions.shortPhraseMs
        ? waits.shortFinals
        : waits.longFinals
      ).push(wait);
    }
    const onset = speech.findIndex(
      (p, i) => p >= defaultSegmenterOptions.onsetThreshold && i * WINDOW_MS >= phrase.startMs,
    );
    waits.firstPartials.push(
      (partials.find(({ stable, unstable }) => `${stable}${unstable}` !== '')?.atMs ?? finalMs) -
        onset * WINDOW_MS,
    );
    waits.words.push(...wordWaits(recognised, speech));
  }
}

/**
 * From the estimated end of each word of a final to the moment from which it stood: in a stable
 * partial, or in the final where no partial had it.
 */
function wordWaits(
  { phrase, result, finalMs, partials }: FollowedPhrase,
  speech: Float32Array,
): number[] {
  const words = keysOf(result.text);
  const windows = Array.from(speech.keys()).filter(
    (i) =>
      i * WINDOW_MS >= phrase.startMs &&
      (i + 1) * WINDOW_MS <= phrase.speechEndMs &&
      (speech[i] ?? 0) >= defaultSegmenterOptions.offsetThreshold,
  );
  const letters = words.reduce((sum, word) => sum + word.length + 1, 0);
  const settled = partials.map(({ stable }) => keysOf(stable).length);
  const last = keysOf(partials.at(-1)?.stable ?? '');
  const stoodAt = new Map<number, number>();
  for (const { reference, recognised } of alignWords(words, last)) {
    if (
      reference === undefined ||
      recognised === undefined ||
      words[reference] !== last[recognised]
    )
      continue;
    stoodAt.set(
      reference,
      partials[settled.findIndex((count) => count > recognised)]?.atMs ?? finalMs,
    );
  }
  let passed = 0;
  return words.map((word, i) => {
    passed += word.length + 1;
    const window = windows[Math.max(0, Math.ceil((windows.length * passed) / letters) - 1)];
    return (
      (stoodAt.get(i) ?? finalMs) -
      (window === undefined ? phrase.speechEndMs : (window + 1) * WINDOW_MS)
    );
  });
}

function keysOf(text: string): string[] {
  return text
    .split(/\s+/)
    .map((word) => word.toLowerCase().replace(/[^\p{L}\p{N}']/gu, ''))
    .filter((word) => word !== '');
}

/** Release of the key → final, of phrases that were open then. */
async function explicitEnds(
  machine: SimulatedMachine,
  utterances: readonly Utterance[],
  count: number,
): Promise<number[]> {
  const random = generator(SEED);
  const sets = [...new Set(utterances.map(({ set }) => set))].map((set) =>
    utterances.filter((one) => one.set === set),
  );
  const mixed = Array.from(
    { length: count },
    (_, i) =>
      sets[i % sets.length]?.[Math.floor(i / sets.length) % (sets[i % sets.length]?.length ?? 1)],
  ).filter((one) => one !== undefined);
  const waits: number[] = [];
  for (const [i, { pcm }] of joinSessions(
    mixed.map((one, n) => ({ ...one, set: `${n}` })),
  ).entries()) {
    const releasedMs = RELEASED_MS[0] + ((random() + 1) / 2) * (RELEASED_MS[1] - RELEASED_MS[0]);
    const { phrases, endMs } = await machine.follow(
      pcm.subarray(0, Math.round((releasedMs * SAMPLE_RATE) / 1000)),
      { workers: WORKERS },
    );
    const last = phrases.at(-1);
    if (last?.phrase.cause === 'flush') waits.push(last.finalMs - endMs);
    if (i % 20 === 19) process.stderr.write(`  ${i + 1}\n`);
  }
  return waits;
}

function ms(value: number, mark: number, noise?: number): Metric {
  return { value, unit: 'ms', better: 'lower', mark, ...(noise === undefined ? {} : { noise }) };
}

function report(
  sessions: readonly JoinedSession[],
  waits: Waits,
  ends: readonly number[],
  cpuMs: number,
): void {
  const row = (what: string, values: readonly number[]): Row => ({
    what,
    count: values.length,
    'p50 ms': at(values, 0.5),
    'p95 ms': at(values, 0.95),
    'p99 ms': at(values, 0.99),
  });
  const utterances = sessions.reduce((sum, one) => sum + one.utterances.length, 0);
  const speech = sessions.reduce((sum, { speechSeconds }) => sum + speechSeconds, 0);
  const { endSilenceMs, shortEndSilenceMs, shortPhraseMs } = defaultSegmenterOptions;
  reportResults({
    about: [
      `${utterances} LibriSpeech utterances, clean and other (${(speech / 60).toFixed(1)} min of`,
      'speech), are joined with pauses of 0.1–3 s.',
      "They run through the daemon's live path with speculation and partials,",
      `Moonshine tiny on ${WORKERS} workers.`,
      'The clock is simulated: a decode lasts as long as its processor time,',
      'and speech detection takes no time.',
      'The key is released at a random point of the first 1.5–6 s of an utterance.',
      'The time of a spoken word is estimated from its letters over the windows with speech,',
      'to about half a second.',
    ].join(' '),
    rows: [
      row('end of speech → final, ended by silence', waits.finals),
      row(
        `of these at least ${shortPhraseMs / 1000} s, after ${endSilenceMs} ms`,
        waits.longFinals,
      ),
      row(
        `of these shorter, after ${endSilenceMs} ms if trusted, else ${shortEndSilenceMs} ms`,
        waits.shortFinals,
      ),
      row('key released → final, up to 6 s', ends),
      row('onset → first partial', waits.firstPartials),
      row('word spoken → stable', waits.words),
    ],
    metrics: {
      'end of speech → final, p50': ms(at(waits.finals, 0.5), MARKS.finalP50),
      'end of speech → final, p95': ms(at(waits.finals, 0.95), MARKS.finalP95, 60),
      'key released → final, p50': ms(at(ends, 0.5), MARKS.keyP50, 80),
      'key released → final, p99': ms(at(ends, 0.99), MARKS.keyP99),
      'onset → first partial, p95': ms(at(waits.firstPartials, 0.95), MARKS.firstPartialP95, 150),
      'word spoken → stable, p95': ms(at(waits.words, 0.95), MARKS.stableP95, 200),
      'decode time per second of speech': {
        value: Number((cpuMs / 1000 / speech).toFixed(3)),
        unit: 's',
        better: 'lower',
      },
    },
  });
}

function at(values: readonly number[], share: number): number {
  return Math.round(percentile(values, share));
}

if (require.main === module) void main();
