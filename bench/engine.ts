/**
 * Moonshine and Whisper base as engines: time to READY, memory before, loaded and after each of ten
 * unloads, what a second worker adds; and a daemon as it ships from its start to READY, the first
 * time and the second, with all its memory. Argument: models folder. Linux.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { bundled } from '../testing/processes/bundle';
import type { EngineMeasurements, EngineWork } from './engineWork';
import { percentile } from '../testing/scoring/statistics';
import { type Metric, type Row, reportResults } from './report';
import { SHARED, findModels } from '../testing/harness/speechPath';
import { OwnDaemon } from '../testing/faults/workerRounds';

const MB = 1_000_000;
const ROUNDS = 10;
const WHISPER = join(SHARED, 'models', 'ggml-base-q8_0.bin');

function engineRow(
  what: string,
  work: EngineWork,
): { row: Row; afterByBefore: number; loadMs: number } {
  const { rounds, secondWorker } = JSON.parse(
    execFileSync(process.execPath, [bundled('engineWork.ts'), JSON.stringify(work)], {
      encoding: 'utf8',
    }),
  ) as EngineMeasurements;
  const loads = rounds.map(({ loadMs }) => loadMs);
  const afterByBefore = Math.max(...rounds.map(({ before, after }) => after / before));
  return {
    row: {
      what,
      'READY after, first / median / longest (s)': [
        loads[0] ?? NaN,
        percentile(loads, 0.5),
        Math.max(...loads),
      ]
        .map((ms) => (ms / 1000).toFixed(2))
        .join(' / '),
      'its workers, detector included (MB)': Math.round(
        Math.max(...rounds.map(({ workers }) => workers)) / MB,
      ),
      'a second worker adds (MB)': Math.round(secondWorker / MB),
      [`after / before, worst of ${rounds.length} unloads`]: afterByBefore.toFixed(3),
    },
    afterByBefore,
    loadMs: percentile(loads, 0.5),
  };
}

/** Bytes of a process and all that it started. */
function familyResident(pid: number): number {
  const stat = (one: number): string[] =>
    readFileSync(`/proc/${one}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
  const all = readdirSync('/proc')
    .map(Number)
    .filter((one) => one > 0 && existsSync(`/proc/${one}/stat`));
  const family = [pid, ...all.filter((one) => stat(one)[1] === String(pid))];
  return family.reduce(
    (sum, one) =>
      sum +
      Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${one}/status`, 'utf8'))?.[1] ?? 0) * 1024,
    0,
  );
}

async function daemonRows(models: string): Promise<{ rows: Row[]; bytes: number }> {
  const daemon = new OwnDaemon(models, undefined, join(__dirname, '..', 'dist', 'daemon.js'));
  const rows: Row[] = [];
  let bytes = 0;
  try {
    for (const what of ['daemon, first start', 'daemon, second start']) {
      const begun = performance.now();
      const client = await daemon.start();
      const ready = performance.now() - begun;
      bytes = familyResident(daemon.pid);
      client.dispose();
      await daemon.stop();
      rows.push({
        what,
        'READY after, first / median / longest (s)': (ready / 1000).toFixed(2),
        'daemon and workers (MB)': Math.round(bytes / MB),
      });
    }
  } finally {
    await daemon.end();
  }
  return { rows, bytes };
}

async function main([folder = '']: readonly string[]): Promise<void> {
  const models = findModels(folder);
  if (!models || process.platform !== 'linux')
    throw new Error('This bench needs Linux and the models of `npm run setup`.');
  const moonshine = engineRow('Moonshine tiny', {
    provider: 'moonshine',
    model: { id: 'moonshine-tiny', files: { encoder: models.encoder, decoder: models.decoder } },
    vad: models.vad,
    rounds: ROUNDS,
  });
  const whisper = existsSync(WHISPER)
    ? engineRow('Whisper base q8_0', {
        provider: 'whisper',
        model: { id: 'whisper-base-q8_0', files: { model: WHISPER } },
        vad: models.vad,
        rounds: ROUNDS,
      })
    : undefined;
  const daemon = await daemonRows(folder);
  const unload = (value: number): Metric => ({
    value: Number(value.toFixed(3)),
    unit: '×',
    better: 'lower',
    noise: 0.03,
  });
  reportResults({
    about: [
      'Engines with one recognition worker and the speech detector, bundled as shipped:',
      'from LOADING to READY with the warm-up.',
      'Then a daemon from the start of its process to READY.',
      'Memory is resident memory.',
    ].join(' '),
    rows: [moonshine.row, ...(whisper ? [whisper.row] : []), ...daemon.rows],
    metrics: {
      'Moonshine: memory after unload over before': unload(moonshine.afterByBefore),
      ...(whisper
        ? { 'Whisper: memory after unload over before': unload(whisper.afterByBefore) }
        : {}),
      'memory of daemon and workers': {
        value: Math.round(daemon.bytes / MB),
        unit: 'MB',
        better: 'lower',
        noise: 25,
        product: true,
      },
    },
  });
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
