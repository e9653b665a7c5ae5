/**
 * A million malformed inputs of each kind: `npm run bench -- fuzz [COUNT] [--target NAME]
 * [--minutes N] [--part first|next]`. Fails where one is not refused as it should be. With `--part
 * next` a target goes on behind what is kept of it, for N minutes at most, and the counts add up;
 * `--part first` begins anew.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { fuzz, fuzzTargets } from '../testing/faults/fuzzTargets';
import { reportResults, type Row } from './report';

/** What is kept between parts, by target. */
interface FuzzTally {
  readonly executions: number;
  readonly failures: number;
  readonly longestMs: number;
  /** Worst of the parts. */
  readonly growth: number;
  readonly seconds: number;
}

const PARTS = resolve(__dirname, '..', 'out', 'fuzz', 'parts.json');

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    args: process.argv.slice(2),
    allowPositionals: true,
    options: { target: { type: 'string' }, minutes: { type: 'string' }, part: { type: 'string' } },
  });
  const count = Number(positionals[0] ?? 1_000_000);
  const until = performance.now() + Number(values.minutes ?? Infinity) * 60_000;
  const kept = new Map<string, FuzzTally>(
    Object.entries(
      values.part === 'next' && existsSync(PARTS)
        ? (JSON.parse(readFileSync(PARTS, 'utf8')) as Record<string, FuzzTally>)
        : {},
    ),
  );
  let failed = 0;
  for (const target of fuzzTargets()) {
    const before = kept.get(target.name) ?? {
      executions: 0,
      failures: 0,
      longestMs: 0,
      growth: 0,
      seconds: 0,
    };
    if (
      (values.target !== undefined && !target.name.includes(values.target)) ||
      before.executions >= count ||
      performance.now() >= until
    )
      continue;
    const begun = performance.now();
    // Each input has a number of its own: a part goes on behind the one before.
    const { executions, failures, longestMs, growth } = await fuzz(
      target,
      count - before.executions,
      1 + before.executions,
      () => performance.now() >= until,
    );
    failed += failures.length;
    for (const failure of failures) process.stdout.write(`${target.name} ${failure}\n`);
    kept.set(target.name, {
      executions: before.executions + executions,
      failures: before.failures + failures.length,
      longestMs: Math.max(before.longestMs, longestMs),
      growth: Math.max(before.growth, growth),
      seconds: before.seconds + Math.round((performance.now() - begun) / 1000),
    });
  }
  mkdirSync(dirname(PARTS), { recursive: true });
  writeFileSync(PARTS, JSON.stringify(Object.fromEntries(kept)));
  const rows: Row[] = [...kept].map(
    ([input, { executions, failures, longestMs, growth, seconds }]) => ({
      input,
      executions,
      failures,
      'longest, ms': Math.round(longestMs),
      'heap at the end over early': growth.toFixed(2),
      seconds,
    }),
  );
  reportResults({
    about: [
      'Structure-aware mutations; each input has a number that makes it again.',
      'A failure is a crash, an unexpected error or `internal`.',
      'Heap is read after a collection, at the end of a part over a tenth of it.',
    ].join(' '),
    rows,
    metrics: {
      'failures on malformed inputs': {
        value: [...kept.values()].reduce((sum, { failures }) => sum + failures, 0),
        better: 'lower',
        mark: 0,
      },
    },
  });
  process.exit(failed > 0 ? 1 : 0);
}

void main();
