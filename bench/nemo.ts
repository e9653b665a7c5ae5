/**
 * Time and memory of NeMo models of true size with random weights, in a worker as the daemon runs
 * it, one thread: `tsx bench/nemo.ts`. Needs a build.
 */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { forkWorker } from '../daemon/adapters/inference/forkWorker';
import { WorkerSupervisor } from '../daemon/adapters/inference/supervisor';
import { systemClock } from '../daemon/base/clock';
import { silentLogger } from '../daemon/base/logger';
import { SIZES, writeNemo } from './nemoGraphs';

/** Phrases of a recording have 28 s at most; most have less. */
const SECONDS = [15, 28];
const ROUNDS = 5;
const TIMEOUT_MS = 300_000;
/** Memory is told once a second. */
const SETTLE_MS = 2_500;

async function main(): Promise<void> {
  for (const [name, size] of Object.entries(SIZES))
    for (const seconds of SECONDS) {
      const folder = mkdtempSync(path.join(tmpdir(), 'earmark-nemo-bench-'));
      try {
        const files = writeNemo(folder, size, seconds);
        const bytes = Object.values(files).reduce((sum, file) => sum + statSync(file).size, 0);
        const found = await measure(files, seconds);
        const megabytes = (n: number): string => `${Math.round(n / 1e6)} MB`;
        console.log(
          `${name}, ${seconds} s a phrase: files ${megabytes(bytes)}, loaded in ${(found.loadMs / 1000).toFixed(1)} s; ` +
            `processor time ${found.cpuRtf.toFixed(3)} and wall time ${found.wallRtf.toFixed(3)} of real time (median of ${ROUNDS}); ` +
            `resident ${megabytes(found.residentBytes)}, at most ${megabytes(found.peakBytes)}`,
        );
      } finally {
        rmSync(folder, { recursive: true });
      }
    }
}

async function measure(files: Record<string, string>, seconds: number) {
  const worker = new WorkerSupervisor({
    name: 'bench',
    spawn: () => forkWorker({ path: path.join(__dirname, '../dist/worker.js') }, 'asr'),
    load: () =>
      Promise.resolve({ provider: 'nemo', model: { id: 'random', files }, device: 'cpu' as const }),
    clock: systemClock,
    logger: silentLogger,
    limits: { memoryBytes: 8e9, loadTimeoutMs: TIMEOUT_MS },
  });
  const begun = performance.now();
  await worker.start();
  const loadMs = performance.now() - begun;
  const pid = worker.health().pid ?? 0;
  const pcm = Float32Array.from({ length: seconds * 16_000 }, () => (Math.random() - 0.5) * 0.1);
  const [cpu, wall]: [number[], number[]] = [[], []];
  for (let round = 0; round <= ROUNDS; round++) {
    const [cpuBefore, wallBefore] = [cpuSeconds(pid), performance.now()];
    await worker.call(
      'transcribe',
      { pcm, options: { language: 'en' } },
      { timeoutMs: TIMEOUT_MS },
    );
    // The first one takes memory and is left out.
    if (round === 0) continue;
    cpu.push((cpuSeconds(pid) - cpuBefore) / seconds);
    wall.push((performance.now() - wallBefore) / 1000 / seconds);
  }
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const residentBytes = worker.health().rssBytes ?? 0;
  const peakBytes =
    Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  worker.dispose();
  return { loadMs, cpuRtf: median(cpu), wallRtf: median(wall), residentBytes, peakBytes };
}

/** User and system time of a process; a tick of Linux is 10 ms. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

void main();
