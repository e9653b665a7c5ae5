/** An engine with Moonshine: time to READY, memory before, loaded and after each unload, and workers that are killed. Argument: models folder, then how many kills. */
import { readFileSync } from 'node:fs';
import { killWorkers, warmUpPhrase } from './workerKills';
import { findModels, makeEngine } from './speechPath';
import { reportResults, type Row } from './report';

const MB = 1_000_000;

/** Resident bytes of this process and its workers, as Linux tells it. */
function resident(pids: readonly (number | undefined)[]): number {
  const pages = (pid: number): number => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  return [process.pid, ...pids].reduce<number>((sum, pid) => sum + (pid === undefined ? 0 : pages(pid)), 0);
}

async function main([folder, kills = '20']: readonly string[]): Promise<void> {
  const models = findModels(folder);
  if (!models) throw new Error('Name the folder of the models first.');
  const engine = makeEngine(models, 1, undefined, { restarts: 10_000 });
  const pids = (): (number | undefined)[] => engine.workers().map(({ pid }) => pid);
  const rows: Row[] = [];
  for (let round = 1; round <= 10; round++) {
    const before = resident([]);
    await engine.ready();
    await engine.decode(warmUpPhrase(), { language: 'en', priority: 'final', sessionId: 's' });
    const loaded = resident(pids());
    const loadMs = engine.loadMs ?? 0;
    engine.unload();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const after = resident([]);
    rows.push({ load: round, 'READY after (s)': (loadMs / 1000).toFixed(2), 'before (MB)': Math.round(before / MB), 'loaded, this process and workers (MB)': Math.round(loaded / MB), 'after unload (MB)': Math.round(after / MB), 'after / before': (after / before).toFixed(2) });
  }
  await engine.ready();
  let seed = 7;
  const report = await killWorkers(engine, Number(kills), () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647);
  rows.push({ load: `${report.kills} kills`, 'finals lost': report.lost, 'finals doubled': report.doubled, phrases: report.phrases, 'next text, median (s)': ((report.nextTextMs[Math.floor(report.nextTextMs.length / 2)] ?? 0) / 1000).toFixed(2), 'next text, longest (s)': ((report.nextTextMs.at(-1) ?? 0) / 1000).toFixed(2) });
  engine.dispose();
  reportResults({ about: 'Moonshine tiny with one recognition worker and the speech detector, run from the sources; then workers killed with SIGKILL at random moments while two sessions decode.', rows, ratios: {} });
  process.exit();
}

void main(process.argv.slice(2));
