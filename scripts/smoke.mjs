// `npm run smoke` builds the full VSIX of this platform if it is missing, installs it into a clean
// editor without a network, and records a meeting. It runs test/extension/vsix.test.ts.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root, setUp, SetupError } from './setup.mjs';

try {
  await setUp();
  const { name, version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const made =
    existsSync(
      path.join(root, `${name}-${version}-${process.platform}-${process.arch}-full.vsix`),
    ) ||
    spawnSync(process.execPath, ['scripts/package.mjs', '--full'], { cwd: root, stdio: 'inherit' })
      .status === 0;
  if (!made) throw new SetupError('Could not create the VSIX.');
  const { ensureSystemPackages } = await import('./testHost/systemPackages.mjs');
  const { message } = await ensureSystemPackages(console.error);
  if (message) console.error(message);
  const child = spawn(
    process.execPath,
    ['node_modules/mocha/bin/mocha.js', 'test/extension/vsix.test.ts'],
    { cwd: root, stdio: 'inherit' },
  );
  child.on('close', (code) => (process.exitCode = code ?? 1));
} catch (error) {
  console.error(error instanceof SetupError ? error.message : error);
  process.exitCode = 1;
}
