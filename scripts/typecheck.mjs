// Type-checks every room with its own tsconfig (no Node types in protocol/ and media/), then the
// whole tree.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { root } from './build.mjs';

const PROJECTS = ['protocol', 'media', 'client', 'agents', 'extension', 'daemon', '.'].map((dir) =>
  path.join(dir, 'tsconfig.json'),
);

function check(project) {
  return new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      [path.join(root, 'node_modules/typescript/bin/tsc'), '--noEmit', '-p', project],
      { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let text = '';
    child.stdout.on('data', (d) => (text += d));
    child.stderr.on('data', (d) => (text += d));
    child.on('error', (error) => resolve({ project, ok: false, text: error.message }));
    child.on('close', (code) =>
      resolve({ project, ok: code === 0 || text.includes('TS18003'), text }),
    );
  });
}

const queue = PROJECTS.filter((p) => existsSync(path.join(root, p)));
let failed = 0;
async function worker() {
  for (let project = queue.shift(); project !== undefined; project = queue.shift()) {
    const { ok, text } = await check(project);
    console.log(`${ok ? 'ok    ' : 'FAILED'} ${project}`);
    if (!ok) {
      failed++;
      process.stdout.write(text);
    }
  }
}
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, worker));
process.exitCode = failed === 0 ? 0 : 1;
