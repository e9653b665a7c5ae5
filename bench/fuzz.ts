/**
 * A million malformed inputs of each kind: `npm run bench -- fuzz [COUNT] [SEED]`. Fails where one is not refused as it should be.
 */
import { fuzz, fuzzTargets } from './fuzzTargets';
import { reportResults, type Row } from './report';

async function main(): Promise<void> {
  const [count = 1_000_000, seed = 1] = process.argv.slice(2).map(Number).filter((n) => n > 0);
  const rows: Row[] = [];
  let failed = 0;
  for (const target of fuzzTargets()) {
    const { executions, failures, longestMs, growth } = await fuzz(target, count, seed);
    failed += failures.length;
    for (const failure of failures) process.stdout.write(`${target.name} ${failure}\n`);
    rows.push({ input: target.name, executions, failures: failures.length, 'longest, ms': Math.round(longestMs), 'heap at the end over early': growth.toFixed(2) });
  }
  reportResults({ about: `Structure-aware mutations, seed ${seed}; a failure is a crash, an unexpected error or \`internal\`.`, rows, ratios: {} });
  process.exit(failed > 0 ? 1 : 0);
}

void main();
