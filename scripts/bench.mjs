// `npm run bench [-- NAME [options]]`: sets up, then runs the benches; bench/run.ts says what it
// takes.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { root, setUp, SetupError } from './setup.mjs';

try {
  // Nothing of the user's own state is touched, and models are kept for the next run.
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
