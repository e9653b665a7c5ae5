/**
 * What writing costs the daemon's event loop, and one session that floods the others' writes: the
 * store on its thread beside the same store in place (storeWork.ts). Usage: `tsx bench/store.ts
 * [--seconds=N]`
 */
import { execFileSync } from 'node:child_process';
import { bundled } from './bundle';
import { reportResults } from './report';
import type { StoreMeasurements } from './storeWork';

const seconds = Number(
  process.argv.find((arg) => arg.startsWith('--seconds='))?.slice('--seconds='.length) ?? 20,
);
const metrics = JSON.parse(
  execFileSync(process.execPath, [bundled('storeWork.ts'), String(seconds)], { encoding: 'utf8' }),
) as StoreMeasurements[];
const of = (what: string): StoreMeasurements => {
  const found = metrics.find((one) => one.what === what);
  if (!found) throw new Error(`Nothing was measured of "${what}".`);
  return found;
};
const round = (value: number): number => Math.round(value * 100) / 100;
const calm = of('on its thread');

reportResults({
  about: `50 sessions that each write a final every two seconds on average, ${seconds} s a row, bundled; the delay of the event loop less that of its meter, and the time from a write to its being on disk. The session that floods writes again as soon as it was answered.`,
  rows: metrics.map(({ what, writes, ...ms }) => ({
    what,
    writes,
    ...Object.fromEntries(Object.entries(ms).map(([name, value]) => [name, round(value)])),
  })),
  ratios: {
    'loop delay p99, thread against in place': {
      value: round(calm.loopP99Ms / of('in place').loopP99Ms),
      noise: 0.2,
      better: 'lower',
    },
    'wait p95 of the others under a flood, thread': {
      value: round(of('on its thread, one session floods').waitP95Ms / calm.waitP95Ms),
      noise: 0.5,
      better: 'lower',
    },
  },
});
