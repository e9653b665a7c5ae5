/**
 * How many sessions two cores hold. First for real: the daemon in a process of its own, its
 * workers, clients that push recordings with 35 % speech in real time; with it the processor time
 * of daemon, detector and voices a session. Then simulated: the product's scheduler over decodes of
 * the measured processor time, more and more sessions until the 95th percentile of end of speech →
 * final passes 1.5 s, twice as many, and a client that floods. Usage: `tsx bench/capacity.ts
 * MODELS_FOLDER [--sessions=N] [--seconds=N] [--overload] [--besides=MS]`; `--overload` also runs
 * twice the sessions for real and waits until all is text; `--besides` leaves the real runs out and
 * takes so much processor time a second and session for all but decodes.
 */
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { EFFORTS, type DecodeEffort } from '../daemon/asr/engine/decodeEffort';
import { SAMPLE_RATE } from '../daemon/audio/frame';
import { type MeasuredPhrase, type SimulationResult, simulate } from './capacitySimulation';
import { makeTrack, measurePhrases } from './capacityTrack';
import { DaemonUnderLoad, type LiveSession } from './daemonUnderLoad';
import { percentile } from '../testing/scoring/statistics';
import { type Metric, type Metrics, type Row, reportResults } from './report';
import { findModels } from '../testing/harness/speechPath';

const MARK_MS = 1_500;
/** At least so many sessions meet it. */
const SESSIONS_MARK = 50;
/** Delay of the daemon's event loop, 99th percentile, at most. */
const LOOP_MARK_MS = 10;
const CORES = 2;
/** The compiler of the daemon's process is busy that long with what it sees for the first time. */
const WARM_MS = 20_000;
const SIMULATED_MS = 10 * 60_000;
/** With twice the load the queue, and what looking through it costs, grows all the time. */
const OVERLOADED_MS = 2 * 60_000;
/** Phrases that one source may have waiting (SessionOptions.maxPendingPhrases). */
const FLOOD = 6;

interface Real {
  readonly latencies: readonly number[];
  readonly loopP99Ms: number;
  readonly loopMaxMs: number;
  /** Processor time a second and session, milliseconds; of the clients a second. */
  readonly daemonMs: number;
  readonly vadMs: number;
  readonly voicesMs: number;
  readonly asrMs: number;
  readonly clientsMs: number;
  readonly drainMs: number;
  readonly lost: number;
  readonly queueP95Ms: number;
}

const round = (value: number, digits = 0): number => Number(value.toFixed(digits));

/** @param flood one more client sends as fast as it is let */
async function real(
  models: string,
  track: Int16Array,
  sessions: number,
  seconds: number,
  flood: boolean,
): Promise<Real> {
  const daemon = await DaemonUnderLoad.start(models);
  try {
    const latencies: number[] = [];
    let counting = false;
    const live: LiveSession[] = [];
    for (let i = 0; i < sessions; i++)
      live.push(await daemon.session(({ latencyMs }) => counting && latencies.push(latencyMs)));
    const trackMs = (track.length * 1000) / SAMPLE_RATE;
    const speaking = live.map((session, n) =>
      delay((n * 100) / sessions).then(() =>
        session.speak(
          track,
          Math.floor(((n * trackMs * 0.618) % trackMs) / 100) * 100,
          WARM_MS + seconds * 1000,
        ),
      ),
    );
    const flooder = flood ? await daemon.session(() => undefined) : undefined;
    let pouring = flooder !== undefined;
    const poured = (async () => {
      for (let at = 0; pouring && flooder; at = (at + SAMPLE_RATE) % (track.length - SAMPLE_RATE))
        await flooder.flood(track.subarray(at, at + SAMPLE_RATE));
    })();
    await delay(WARM_MS);
    counting = true;
    const [before, workers, own] = [
      await daemon.loop('reset'),
      daemon.workerCpu(),
      process.cpuUsage(),
    ];
    await delay(seconds * 1000);
    const [after, busy, used] = [
      await daemon.loop('read'),
      daemon.workerCpu(),
      process.cpuUsage(own),
    ];
    const { queue } = await daemon.health();
    await Promise.all(speaking);
    // That all end at once, the flood before them, is not how people talk; how long their last
    // phrases take is `drainMs`.
    counting = false;
    pouring = false;
    await poured;
    const ended = performance.now();
    const counts = await Promise.all(live.map((session) => session.finish()));
    const drainMs = performance.now() - ended;
    const lost = counts.reduce(
      (sum, { state, stats }, i) =>
        sum +
        (state === 'DONE' ? 0 : 1) +
        (stats['lostFrames'] ?? 0) +
        (stats['gapFrames'] ?? 0) +
        (stats['givenUp'] ?? 0) +
        Math.abs((live[i]?.sentFrames ?? 0) - (stats['frames'] ?? 0)),
      0,
    );
    const each = (ms: number): number => ms / seconds / sessions;
    return {
      latencies,
      drainMs,
      lost,
      loopP99Ms: after.p99Ms,
      loopMaxMs: after.maxMs,
      daemonMs: each(after.cpuMs - before.cpuMs),
      vadMs: each(busy.vad - workers.vad),
      voicesMs: each(busy.speaker - workers.speaker),
      asrMs: each(busy.asr - workers.asr),
      clientsMs: (used.user + used.system) / 1000 / seconds,
      queueP95Ms: queue.waitP95Ms,
    };
  } finally {
    await daemon.stop();
  }
}

function realRow(what: string, sessions: number, run: Real): Row {
  return {
    run: what,
    sessions,
    'p50 ms': round(percentile(run.latencies, 0.5)),
    'p95 ms': round(percentile(run.latencies, 0.95)),
    finals: run.latencies.length,
    lost: run.lost,
    'later ms': round(run.drainMs),
    'loop p99 ms': round(run.loopP99Ms, 1),
    'daemon / detector / voices / decodes ms a second and session': [
      run.daemonMs,
      run.vadMs,
      run.voicesMs,
      run.asrMs,
    ]
      .map((ms) => round(ms, 2))
      .join(' / '),
  };
}

function simulatedRow(what: string, sessions: number, run: SimulationResult): Row {
  return {
    run: what,
    sessions,
    'p50 ms': round(percentile(run.latencies, 0.5)),
    'p95 ms': round(percentile(run.latencies, 0.95)),
    finals: run.finals,
    lost: run.phrases - run.finals,
    'later ms': round(run.drainMs),
    'cores busy': round(run.busy, 2),
  };
}

async function main(argv: readonly string[]): Promise<void> {
  const folder = argv.find((arg) => !arg.startsWith('--'));
  const option = (name: string, otherwise: number): number =>
    Number(argv.find((arg) => arg.startsWith(`--${name}=`))?.split('=')[1] ?? otherwise);
  const models = findModels(folder);
  if (!models || folder === undefined)
    throw new Error('Name the folder that holds the models: tsx bench/capacity.ts FOLDER.');
  const track = makeTrack();
  if (track.length === 0)
    throw new Error(
      'The LibriSpeech utterances are not beside the repository; this bench needs them.',
    );
  const [sessions, seconds] = [option('sessions', 50), option('seconds', 40)];
  const phrases = await measurePhrases(models, track);
  const given = option('besides', NaN);
  const measured = { folder, track, phrases, sessions, seconds };
  const calm = Number.isNaN(given) ? await realRuns(measured) : undefined;
  const besidesMs = calm ? calm.daemonMs + calm.vadMs + calm.voicesMs : given;
  const simulated = await simulatedRuns(measured, calm, besidesMs);
  if (argv.includes('--overload')) {
    const twice = 2 * simulated.most;
    show(
      realRow(
        'real, twice the most',
        twice,
        await real(folder, track, twice, Math.min(seconds, 45), false),
      ),
    );
  }
  report(measured, calm, besidesMs, simulated);
}

interface CapacityMeasured {
  readonly folder: string;
  readonly track: Int16Array;
  readonly phrases: readonly MeasuredPhrase[];
  /** Of the real runs, and their length. */
  readonly sessions: number;
  readonly seconds: number;
}

interface Simulated {
  readonly most: number;
  readonly alone: SimulationResult;
  readonly beside: SimulationResult;
  readonly twice: SimulationResult;
}

const rows: Row[] = [];

function show(row: Row): void {
  rows.push(row);
  const cells = Object.entries(row).map(([name, value]) => `${name} ${value}`);
  process.stdout.write(`${cells.join(', ')}\n`);
}

/** @returns the run without a flood */
async function realRuns({ folder, track, sessions, seconds }: CapacityMeasured): Promise<Real> {
  const calm = await real(folder, track, sessions, seconds, false);
  show(realRow('real', sessions, calm));
  const flooded = await real(folder, track, sessions, seconds, true);
  show(realRow('real, one client floods', sessions, flooded));
  return calm;
}

async function simulatedRuns(
  { track, phrases, sessions }: CapacityMeasured,
  calm: Real | undefined,
  besidesMs: number,
): Promise<Simulated> {
  const at = (
    count: number,
    more: { flood?: number; besidesMs?: number; markMs?: number; forMs?: number } = {},
  ): Promise<SimulationResult> =>
    simulate({
      cores: CORES,
      trackMs: (track.length * 1000) / SAMPLE_RATE,
      phrases,
      besidesMs,
      sessions: count,
      forMs: SIMULATED_MS,
      ...more,
    });
  if (calm)
    show(
      simulatedRow(
        'simulated, the clients on the same cores',
        sessions,
        await at(sessions, { besidesMs: besidesMs + calm.clientsMs / sessions }),
      ),
    );
  const most = await findMost(
    (count) => at(count, { markMs: MARK_MS }),
    (CORES * 1000) / (besidesMs + decodeMs(phrases, track, 'no-context')),
  );
  show(simulatedRow('simulated, most', most, await at(most)));
  const twice = await at(2 * most, { forMs: OVERLOADED_MS });
  const minutes = OVERLOADED_MS / 60_000;
  show(simulatedRow(`simulated, twice that for ${minutes} minutes`, 2 * most, twice));
  const half = Math.round(most / 2);
  const [alone, beside] = [await at(half), await at(half, { flood: FLOOD })];
  show(simulatedRow('simulated, half', half, alone));
  show(
    simulatedRow(
      `simulated, half, one client floods (${beside.flooded} phrases of it)`,
      half,
      beside,
    ),
  );
  return { most, alone, beside, twice };
}

/** Processor time of the decodes, milliseconds a second and session. */
function decodeMs(
  phrases: readonly MeasuredPhrase[],
  track: Int16Array,
  effort: DecodeEffort,
): number {
  return phrases.reduce((sum, { cpuMs }) => sum + cpuMs[effort], 0) / (track.length / SAMPLE_RATE);
}

function report(
  { track, phrases, seconds }: CapacityMeasured,
  calm: Real | undefined,
  besidesMs: number,
  { most, alone, beside, twice }: Simulated,
): void {
  const cpuPerAudio =
    phrases.reduce((sum, { cpuMs }) => sum + cpuMs.full, 0) /
    phrases.reduce((sum, { audioMs }) => sum + audioMs, 0);
  const p95 = (latencies: readonly number[]): number => percentile(latencies, 0.95);
  const efforts = EFFORTS.map(
    (effort) => `${effort} ${round(decodeMs(phrases, track, effort), 2)}`,
  ).join(', ');
  reportResults({
    about: [
      `Sessions with ${Math.round(100 * speechShare(phrases, track))} % speech, partials off.`,
      `Moonshine takes ${round(cpuPerAudio, 4)} s of processor time a second of phrase.`,
      calm
        ? `Real: the daemon, its workers and the clients on ${availableParallelism()} cores for ` +
          `${seconds} s; wall-clock times depend on the load of the machine.`
        : 'The real runs were left out.',
      `Simulated: ${SIMULATED_MS / 60_000} minutes on ${CORES} cores with the decode scheduler of`,
      'the daemon; each decode takes its measured processor time.',
      `That is, in ms a second and session: ${efforts}.`,
      `Daemon, detector and voices take ${round(besidesMs, 2)} ms beside that.`,
      `"Most": the most sessions with p95 ≤ ${MARK_MS} ms.`,
      'Finals count while the audio arrives; "later" is the time from its end to the last final.',
    ].join(' '),
    rows,
    metrics: {
      'sessions, simulated': { value: most, better: 'higher', noise: 10, mark: SESSIONS_MARK },
      'final p95 of others beside a flood, simulated': {
        value: round(p95(beside.latencies) / p95(alone.latencies), 3),
        unit: '×',
        better: 'lower',
        noise: 0.03,
        product: true,
      },
      'daemon, detector and voices': {
        value: round(besidesMs, 2),
        unit: 'ms a second and session',
        better: 'lower',
        noise: 1.5,
        product: true,
      },
      'phrases lost under twice the load': {
        value: twice.phrases - twice.finals,
        better: 'lower',
        noise: 0,
        product: true,
      },
      ...(calm ? realMetrics(calm) : {}),
    },
  });
}

function realMetrics(calm: Real): Metrics {
  const part = (ms: number): Metric => ({
    value: round(ms, 2),
    unit: 'ms a second and session',
    better: 'lower',
  });
  return {
    'event loop p99 beside 50 sessions': {
      value: round(calm.loopP99Ms, 1),
      unit: 'ms',
      better: 'lower',
      mark: LOOP_MARK_MS,
    },
    daemon: part(calm.daemonMs),
    'speech detector': part(calm.vadMs),
    voices: part(calm.voicesMs),
    decodes: part(calm.asrMs),
  };
}

function speechShare(phrases: readonly MeasuredPhrase[], track: Int16Array): number {
  return (
    phrases.reduce((sum, { audioMs }) => sum + audioMs, 0) / ((track.length * 1000) / SAMPLE_RATE)
  );
}

/**
 * The most sessions, in tens, whose 95th percentile holds; as many as keep the cores busy all the
 * time are too many.
 */
async function findMost(
  at: (count: number) => Promise<SimulationResult>,
  tooMany: number,
): Promise<number> {
  let [low, high] = [10, 10 * Math.ceil(tooMany / 10) + 10];
  while (high - low > 10) {
    const middle = Math.round((low + high) / 20) * 10;
    if (percentile((await at(middle)).latencies, 0.95) <= MARK_MS) low = middle;
    else high = middle;
  }
  return low;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
