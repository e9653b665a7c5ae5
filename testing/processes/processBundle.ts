/** Bundles of daemon processes for benches: one file a process, so that a restart costs little. */
import { join } from 'node:path';
import { build } from 'esbuild';

/**
 * Bundles entry points and the store thread of one tree.
 * @param root of the tree; its build script names the external packages
 * @param out folder for the bundles, each named like its entry
 */
export async function bundleProcesses(
  root: string,
  entries: readonly string[],
  out: string,
): Promise<void> {
  const { EXTERNAL } = (await import(join(root, 'scripts', 'build.mjs'))) as { EXTERNAL: string[] };
  await build({
    entryPoints: [...entries, join(root, 'daemon', 'storeThread.ts')],
    outdir: out,
    entryNames: '[name]',
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: EXTERNAL,
    logLevel: 'error',
    // main.ts must not start by itself.
    define: { 'require.main': 'undefined' },
  });
}
