/**
 * Bench programs as the product ships: bundled, so that a call across files costs what it costs
 * there.
 */
import { copyFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';

const ROOT = resolve(__dirname, '../..');

/**
 *
 * @param entry file in bench/
 * @returns the bundle, with the inference worker, its warm-up and the thread of the database beside
 * it
 */
export function bundled(entry: string): string {
  const outdir = join(ROOT, 'out', 'bench', 'bundle');
  buildSync({
    entryPoints: [
      join(ROOT, 'bench', entry),
      join(ROOT, 'daemon', 'worker.ts'),
      join(ROOT, 'daemon', 'storeThread.ts'),
    ],
    outdir,
    entryNames: '[name]',
    bundle: true,
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'error',
    define: { 'require.main': 'undefined' },
  }); // No part of it starts by itself.
  copyFileSync(
    join(ROOT, 'daemon', 'adapters', 'inference', 'runtime', 'warmUp.s16'),
    join(outdir, 'warmUp.s16'),
  );
  return join(outdir, entry.replace(/\.ts$/, '.js'));
}
