// `npm run bench [-- NAME [options]]` runs setup, then the benches. bench/run.ts documents its
// options.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { root, setUp, SetupError } from './setup.mjs';

try {
  // The user's own state is not changed. Downloaded models stay for the next run.
  process.env.EARMARK_MODELS ??= path.join(root, '.cache/models');
  await setUp({ models: true, whisper: true });
  const { status } = spawnSync(
    process.execPath,
    ['--require', 'tsx/cjs', path.join(root, 'bench/run.ts'), ...process.argv.slice(2)],
    { cwd: root, stdio: 'inherit' },
  );
  process.exitCode = status ?? 1;
} catch (error) {
  console.error(error instanceof SetupError ? error.message : error);
  process.exitCode = 1;
}
