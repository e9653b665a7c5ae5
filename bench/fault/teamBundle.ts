/** Processes of a team as tests run them (test/fakes/scriptedTeam.ts), built for benches. */
import { mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { build } from 'esbuild';

const ROOT = resolve(__dirname, '..', '..');
const BUNDLE = join(ROOT, 'out', 'fault', 'scriptedTeam.js');

/** As one file, so that a process that is started again takes little of the processor. */
export async function teamBundle(): Promise<string> {
  mkdirSync(dirname(BUNDLE), { recursive: true });
  const { EXTERNAL } = (await import(join(ROOT, 'scripts', 'build.mjs'))) as { EXTERNAL: string[] };
  await build({ entryPoints: [join(ROOT, 'test', 'fakes', 'scriptedTeam.ts'), join(ROOT, 'daemon', 'storeThread.ts')], outdir: dirname(BUNDLE), entryNames: '[name]', bundle: true, platform: 'node', format: 'cjs', target: 'node20', external: EXTERNAL, logLevel: 'error', define: { 'require.main': 'undefined' } });
  return BUNDLE;
}
