/**
 * What writing costs the daemon's event loop, and one session that floods the others' writes: the
 * store on its thread beside the same store in place (storeWork.ts). Usage: `tsx bench/store.ts
 * [--seconds=N]`
 */
import { execFileSync } from 'node:child_process';
import { bundled } from '../testing/processes/bundle';
import { reportResults } from './report';
import type { StoreMeasurements } from './storeWork';

const seconds = Number(
  process.argv.find((arg) => arg.startsWith('--seconds='))?.slice('--seconds='.length) ?? 20,
);
const measurements = JSON.parse(
  execFileSync(process.execPath, [bundled('storeWork.ts'), String(seconds)], { encoding: 'utf8' }),
) as StoreMeasurements[];
const of = (what: string): StoreMeasurements => {
  const found = measurements.find((one) => one.what === what);
  if (!found) throw new Error(`Nothing was measured of "${what}".`);
  return found;
};
const round = (value: number): number => Math.round(value * 100) / 100;
const calm = of('on its thread');

reportResults({
  about: [
    `50 sessions write a final every two seconds on average, ${seconds} s for each row, bundled.`,
    'The loop delay is that of the event loop less that of its meter.',
    'The wait runs from a write until it is on disk.',
    'The flooding session writes again as soon as it is answered.',
  ].join(' '),
  rows: measurements.map(({ what, writes, ...ms }) => ({
    what,
    writes,
    ...Object.fromEntries(Object.entries(ms).map(([name, value]) => [name, round(value)])),
  })),
  metrics: {
    'event loop p99 beside 50 writing sessions': {
      value: round(calm.loopP99Ms),
      unit: 'ms',
      better: 'lower',
      mark: 10,
    },
    'loop delay p99, thread over in place': {
      value: round(calm.loopP99Ms / of('in place').loopP99Ms),
      unit: '×',
      better: 'lower',
      noise: 0.2,
    },
    'wait p95 of the others under a flood, on its thread': {
      value: round(of('on its thread, one session floods').waitP95Ms / calm.waitP95Ms),
      unit: '×',
      better: 'lower',
      noise: 0.5,
    },
  },
});
