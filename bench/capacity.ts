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
import { EFFORTS, type DecodeEffort } from '../daemon/asr/decodeEffort';
import { SAMPLE_RATE } from '../daemon/audio/frame';
import { type MeasuredPhrase, type SimulationResult, simulate } from './capacitySimulation';
import { makeTrack, measurePhrases } from './capacityTrack';
import { DaemonUnderLoad, type LiveSession } from './daemonUnderLoad';
import { percentile } from './statistics';
import { type Row, reportResults } from './report';
import { findModels } from './speechPath';

const MARK_MS = 1_500;
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
  const rows: Row[] = [];
  const show = (row: Row): void => {
    rows.push(row);
    process.stdout.write(
      `${Object.entries(row)
        .map(([name, value]) => `${name} ${value}`)
        .join(', ')}\n`,
    );
  };
  const cpuPerAudio =
    phrases.reduce((sum, { cpuMs }) => sum + cpuMs.full, 0) /
    phrases.reduce((sum, { audioMs }) => sum + audioMs, 0);
  const decodeMs = (effort: DecodeEffort): number =>
    phrases.reduce((sum, { cpuMs }) => sum + cpuMs[effort], 0) / (track.length / SAMPLE_RATE);
  const given = option('besides', NaN);
  const calm = Number.isNaN(given)
    ? await real(folder, track, sessions, seconds, false)
    : undefined;
  if (calm) {
    show(realRow('real', sessions, calm));
    show(
      realRow(
        'real, one client floods',
        sessions,
        await real(folder, track, sessions, seconds, true),
      ),
    );
  }
  const besidesMs = calm ? calm.daemonMs + calm.vadMs + calm.voicesMs : given;
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
    (CORES * 1000) / (besidesMs + decodeMs('no-context')),
  );
  show(simulatedRow('simulated, most', most, await at(most)));
  const twice = await at(2 * most, { forMs: OVERLOADED_MS });
  show(
    simulatedRow(`simulated, twice that for ${OVERLOADED_MS / 60_000} minutes`, 2 * most, twice),
  );
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
  if (argv.includes('--overload'))
    show(
      realRow(
        'real, twice the most',
        2 * most,
        await real(folder, track, 2 * most, Math.min(seconds, 45), false),
      ),
    );
  const p95 = (latencies: readonly number[]): number => percentile(latencies, 0.95);
  reportResults({
    about: `Sessions with ${Math.round(100 * speechShare(phrases, track))} % speech, partials off; Moonshine takes ${round(cpuPerAudio, 4)} s of processor time a second of phrase. ${calm ? `Real: the daemon, its workers and the clients on ${availableParallelism()} cores for ${seconds} s. Its figures in wall-clock time hold for a machine that does nothing else, and the load average beside them says whether it did.` : 'The real runs were left out.'} Simulated: ${SIMULATED_MS / 60_000} minutes on ${CORES} cores with the daemon's own scheduler, each decode as long as its measured processor time (${EFFORTS.map((effort) => `${effort} ${round(decodeMs(effort), 2)}`).join(', ')} ms a second and session${calm ? `; in the real run it was ${round(calm.asrMs, 2)}` : ''}), daemon, detector and voices taking ${round(besidesMs, 2)} away from it; most: p95 ≤ ${MARK_MS} ms. Finals that come while the sound does; later: from its end, of all at once, to the last final.`,
    rows,
    ratios: {
      'sessions, simulated': { value: most, noise: 10, better: 'higher' },
      'final p95 of others beside a flood, simulated': {
        value: round(p95(beside.latencies) / p95(alone.latencies), 3),
        noise: 0.03,
        better: 'lower',
      },
      'daemon, detector and voices, milliseconds a second and session': {
        value: round(besidesMs, 2),
        noise: 1.5,
        better: 'lower',
      },
      'phrases lost under twice the load': {
        value: twice.phrases - twice.finals,
        noise: 0,
        better: 'lower',
      },
    },
  });
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
