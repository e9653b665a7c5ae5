// `npm run screenshots` redraws docs/panel-dark.png and docs/panel-light.png from a meeting in a
// real window. It runs the test of a whole meeting, with the recording in this repository. All its
// pictures are in out/screenshots.
import { spawn } from 'node:child_process';
import { root, setUp, SetupError } from './setup.mjs';

try {
  await setUp();
  const child = spawn(
    process.execPath,
    ['node_modules/mocha/bin/mocha.js', 'test/extension/meeting.test.ts'],
    { cwd: root, stdio: 'inherit', env: { ...process.env, EARMARK_DOCS: '1' } },
  );
  child.on('close', (code) => (process.exitCode = code ?? 1));
} catch (error) {
  console.error(error instanceof SetupError ? error.message : error);
  process.exitCode = 1;
}
