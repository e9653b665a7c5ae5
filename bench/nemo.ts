/**
 * NeMo models of true size with random weights beside Moonshine tiny, in workers of the daemon with
 * its own limits, one thread: processor time and memory. A phrase of a large model whose worker
 * stands still for a while. Memory over an hour of speech with the small NeMo model beside the
 * repository. Usage: `npm run bench -- nemo [--parts=PART,…] [--rounds=N] [--minutes=N]
 * [--threads=N,…]`; the parts are those of `PARTS`. Needs a build and Linux.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { forkWorker } from '../daemon/adapters/inference/runtime/forkWorker';
import { WorkerSupervisor } from '../daemon/adapters/inference/runtime/supervisor';
import { Deadlines } from '../daemon/asr/engine/deadline';
import { SAMPLE_RATE } from '../daemon/audio/frame';
import { toFloat32 } from '../daemon/audio/pcm';
import { systemClock } from '../daemon/base/clock';
import { silentLogger } from '../daemon/base/logger';
import { type NemoSize, SIZES, writeNemo } from './nemoGraphs';
import { type Metric, type Row, reportResults } from './report';
import {
  type OtherRecogniser,
  SHARED,
  findModels,
  libriUtterances,
  moonshineTiny,
  readAudio,
} from '../testing/harness/speechPath';
import { percentile } from '../testing/scoring/statistics';

const PARTS = ['moonshine', '110M', '0.6B', 'large', 'hour'] as const;
type Part = (typeof PARTS)[number];

/** Phrases of a recording have 28 s at most; most have less. */
const SECONDS = 15;
const LONG_SECONDS = 28;
const ROUNDS = 3;
/** Memory is reported once a second. */
const SETTLE_MS = 2_500;
/** Memory by catalogue, for the worker's limit. */
const RESIDENT: Readonly<Record<string, number>> = {
  '110M': 460e6,
  '0.6B': 1_300e6,
  '1.1B': 2_200e6,
};
/** Of real time, and bytes. */
const MARKS: Readonly<Record<string, { readonly rtf: number; readonly bytes: number }>> = {
  '110M': { rtf: 0.06, bytes: 0.8e9 },
  '0.6B': { rtf: 0.2, bytes: 1.6e9 },
};
/** The deadline of a phrase is 30 s at least. */
const STOPPED_MS = 32_000;
const MINUTES = 60;
/** Of the hour, while caches fill. */
const WARM_MINUTES = 15;
const DRIFT = 0.02;

interface Found {
  readonly rows: Row[];
  readonly metrics: Record<string, Metric>;
}

/** A worker with the limits and deadlines of the daemon. */
class Worker {
  private readonly deadlines = new Deadlines();
  private readonly supervisor: WorkerSupervisor;

  constructor({ provider, model }: OtherRecogniser) {
    this.supervisor = new WorkerSupervisor({
      name: 'bench',
      spawn: () => forkWorker({ path: path.join(__dirname, '../dist/worker.js') }, 'asr'),
      load: () => Promise.resolve({ provider, model, device: 'cpu' as const }),
      clock: systemClock,
      logger: silentLogger,
    });
  }

  /** @returns milliseconds */
  async start(): Promise<number> {
    const begun = performance.now();
    await this.supervisor.start();
    return performance.now() - begun;
  }

  /** @returns processor and wall time, milliseconds */
  async decode(pcm: Float32Array): Promise<{ readonly cpuMs: number; readonly wallMs: number }> {
    const [cpu, begun] = [this.cpuMs(), performance.now()];
    const result = await this.supervisor.call(
      'transcribe',
      { pcm, options: { language: 'en' } },
      { timeoutMs: this.deadlines.of(pcm.length) },
    );
    this.deadlines.took(pcm.length, result);
    return { cpuMs: this.cpuMs() - cpu, wallMs: performance.now() - begun };
  }

  get pid(): number {
    return this.supervisor.health().pid ?? 0;
  }

  get restarts(): number {
    return this.supervisor.health().restarts;
  }

  get residentBytes(): number {
    return this.supervisor.health().rssBytes ?? 0;
  }

  peakBytes(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
  }

  dispose(): void {
    this.supervisor.dispose();
  }

  /** User and system time; a tick of Linux is 10 ms. */
  private cpuMs(): number {
    const fields = readFileSync(`/proc/${this.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) * 10;
  }
}

/** LibriSpeech of this length, cut anywhere. */
function speech(seconds: number): Float32Array {
  const pcm = new Float32Array(seconds * SAMPLE_RATE);
  let at = 0;
  for (const { path: file } of libriUtterances()) {
    if (at >= pcm.length) return pcm;
    const next = toFloat32(readAudio(file)).subarray(0, pcm.length - at);
    pcm.set(next, at);
    at += next.length;
  }
  throw new Error('The LibriSpeech sets are not beside the repository.');
}
const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);

/** @returns what `run` returns with a worker of this size; its files are removed */
async function withSize<T>(
  name: string,
  size: NemoSize,
  seconds: number,
  run: (worker: Worker, fileBytes: number) => Promise<T>,
  threads = 1,
): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'earmark-nemo-bench-'));
  try {
    const files = writeNemo(folder, size, seconds);
    const fileBytes = Object.values(files).reduce((sum, file) => sum + statSync(file).size, 0);
    const worker = new Worker({
      provider: 'nemo',
      model: { id: name, files, threads, residentBytes: RESIDENT[name] ?? 0 },
    });
    try {
      return await run(worker, fileBytes);
    } finally {
      worker.dispose();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measure(
  found: Found,
  name: string,
  worker: Worker,
  fileBytes: number,
  rounds: number,
): Promise<void> {
  const loadMs = await worker.start();
  const pcm = speech(SECONDS);
  // The first one takes memory and is left out.
  await worker.decode(pcm);
  const times: Awaited<ReturnType<Worker['decode']>>[] = [];
  for (let round = 0; round < rounds; round++) times.push(await worker.decode(pcm));
  await wait(SETTLE_MS);
  const rtf = (pick: (time: (typeof times)[number]) => number): number =>
    percentile(times.map(pick), 0.5) / 1000 / SECONDS;
  const [cpuRtf, peak] = [rtf(({ cpuMs }) => cpuMs), worker.peakBytes()];
  found.rows.push({
    what: `${name}, phrases of ${SECONDS} s`,
    'files MB': megabytes(fileBytes),
    'load s': (loadMs / 1000).toFixed(1),
    'processor time, of real time': cpuRtf.toFixed(3),
    'wall time, of real time': rtf(({ wallMs }) => wallMs).toFixed(3),
    'resident MB': megabytes(worker.residentBytes),
    'peak MB': megabytes(peak),
  });
  const mark = MARKS[name];
  found.metrics[`${name}: processor time, of real time`] = {
    value: Number(cpuRtf.toFixed(4)),
    better: 'lower',
    ...(mark ? { mark: mark.rtf } : {}),
  };
  found.metrics[`${name}: peak memory`] = {
    value: Math.round(peak / 1e6),
    unit: 'MB',
    better: 'lower',
    ...(mark ? { mark: mark.bytes / 1e6 } : {}),
  };
}

/** A model of this size, once with each number of threads. */
async function trueSize(
  found: Found,
  size: Part,
  rounds: number,
  threads: readonly number[],
): Promise<void> {
  for (const count of threads) {
    const name = count === 1 ? size : `${size} on ${count} threads`;
    const run = (worker: Worker, bytes: number): Promise<void> =>
      measure(found, name, worker, bytes, rounds);
    await withSize(size, SIZES[size] as NemoSize, SECONDS, run, count);
  }
}

/**
 * A phrase as long as they get, with a model above the limit that all workers once had, whose
 * worker is stopped for longer than the least deadline.
 */
async function large(found: Found): Promise<void> {
  const name = '1.1B';
  await withSize(name, SIZES[name] as NemoSize, LONG_SECONDS, async (worker, fileBytes) => {
    const loadMs = await worker.start();
    const { pid } = worker;
    const pending = worker.decode(speech(LONG_SECONDS));
    await wait(200);
    process.kill(pid, 'SIGSTOP');
    await wait(STOPPED_MS);
    process.kill(pid, 'SIGCONT');
    const answered = await pending.then(
      ({ wallMs }) => wallMs,
      () => undefined,
    );
    await wait(SETTLE_MS);
    const whole = answered !== undefined && worker.pid === pid && worker.restarts === 0;
    found.rows.push({
      what: `${name}, one phrase of ${LONG_SECONDS} s, stopped for ${STOPPED_MS / 1000} s`,
      'files MB': megabytes(fileBytes),
      'load s': (loadMs / 1000).toFixed(1),
      'wall time, of real time':
        answered === undefined ? 'no answer' : (answered / 1000 / LONG_SECONDS).toFixed(3),
      'resident MB': megabytes(worker.residentBytes),
      'peak MB': whole ? megabytes(worker.peakBytes()) : '–',
    });
    found.metrics['large model: phrases that were cut or whose worker was killed'] = {
      value: whole ? 0 : 1,
      better: 'lower',
      mark: 0,
    };
  });
}

/** Speech of this many minutes through one worker, its memory once a minute. */
async function hour(found: Found, minutes: number): Promise<void> {
  const folder = path.join(SHARED, 'models/nemo/tdt');
  const utterances = libriUtterances();
  if (!existsSync(folder) || utterances.length === 0)
    throw new Error('The small NeMo models or the LibriSpeech sets are not beside the repository.');
  const inFolder = (file: string): string => path.join(folder, file);
  const worker = new Worker({
    provider: 'nemo',
    model: {
      id: 'small',
      files: {
        encoder: inFolder('encoder-model.int8.onnx'),
        decoderJoint: inFolder('decoder_joint-model.int8.onnx'),
        vocabulary: inFolder('vocab.txt'),
        config: inFolder('config.json'),
      },
    },
  });
  try {
    await worker.start();
    const phrases = utterances.map((one) => toFloat32(readAudio(one.path)));
    const memory: number[] = [];
    let seconds = 0;
    for (let i = 0; memory.length < minutes; i++) {
      const pcm = phrases[i % phrases.length] as Float32Array;
      await worker.decode(pcm.subarray(0, LONG_SECONDS * SAMPLE_RATE));
      seconds += Math.min(LONG_SECONDS, pcm.length / SAMPLE_RATE);
      if (seconds < 60 * (memory.length + 1)) continue;
      memory.push(rssOf(worker.pid));
    }
    const warm = memory.slice(Math.min(WARM_MINUTES, Math.floor(minutes / 4)));
    const third = Math.max(1, Math.floor(warm.length / 3));
    const [first, last] = [warm.slice(0, third), warm.slice(-third)].map((part) =>
      percentile(part, 0.5),
    ) as [number, number];
    found.rows.push({
      what: `${minutes} minutes of speech, small NeMo model, 8-bit`,
      'resident MB': `${megabytes(first)} → ${megabytes(last)}`,
      'peak MB': megabytes(worker.peakBytes()),
    });
    found.metrics['memory drift over an hour of speech'] = {
      value: Number((last / first - 1).toFixed(3)),
      better: 'lower',
      noise: 0.02,
      mark: DRIFT,
    };
  } finally {
    worker.dispose();
  }
}

function rssOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
}

async function main(): Promise<void> {
  const [folder, ...rest] = process.argv.slice(2);
  const value = (name: string): string | undefined =>
    rest.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
  const models = findModels(folder);
  const parts = (value('parts')?.split(',') ?? PARTS) as readonly Part[];
  const rounds = Number(value('rounds') ?? ROUNDS);
  const minutes = Number(value('minutes') ?? MINUTES);
  const threads = (value('threads')?.split(',') ?? ['1']).map(Number);
  const counts = [rounds, minutes, ...threads];
  if (!models || process.platform !== 'linux' || !counts.every((count) => count >= 1)) {
    process.stderr.write(
      'This bench needs Linux and the models of `npm run setup`; its numbers are 1 or more.\n',
    );
    process.exitCode = 2;
    return;
  }
  const found: Found = { rows: [], metrics: {} };
  for (const part of parts) {
    process.stderr.write(`${part} …\n`);
    if (part === 'moonshine') {
      const worker = new Worker(moonshineTiny(models));
      const bytes = statSync(models.encoder).size + statSync(models.decoder).size;
      await measure(found, 'Moonshine tiny', worker, bytes, rounds).finally(() => worker.dispose());
    } else if (part === 'large') await large(found);
    else if (part === 'hour') await hour(found, minutes);
    else {
      await trueSize(found, part, rounds, threads);
    }
  }
  reportResults({
    about: [
      'NeMo models with random weights in the sizes and with the operators of the public 8-bit',
      'exports: whole path (features, encoder, decoder, joint network) in a worker of the daemon',
      `with its own limits, one thread unless named; the median of ${rounds} decodes of LibriSpeech.`,
      'They give 12.5 tokens a second, three times as many as speech has.',
      'Moonshine tiny has its own weights and decodes the same audio.',
      `The worker of the large model is stopped for ${STOPPED_MS / 1000} s in the middle of its decode:`,
      'the decode takes longer than the least deadline of 30 s, with a model above 1.5 GB.',
      'The hour is LibriSpeech, again and again, as fast as it decodes; drift compares the last',
      'third with the first, after the first quarter of the hour.',
    ].join(' '),
    rows: found.rows,
    metrics: found.metrics,
  });
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
