/** Bench programs as the product ships: bundled, so that a call across files costs what it costs there. */
import { copyFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';

const ROOT = resolve(__dirname, '..');

/** @param entry file in bench/ @returns the bundle, with the inference worker and its warm-up beside it */
export function bundled(entry: string): string {
  const outdir = join(ROOT, 'out', 'bench', 'bundle');
  buildSync({ entryPoints: [join(ROOT, 'bench', entry), join(ROOT, 'daemon', 'worker.ts')], outdir, entryNames: '[name]', bundle: true, platform: 'node', target: 'node20', packages: 'external', logLevel: 'error' });
  copyFileSync(join(ROOT, 'daemon', 'adapters', 'inference', 'warmUp.s16'), join(outdir, 'warmUp.s16'));
  return join(outdir, entry.replace(/\.ts$/, '.js'));
}
