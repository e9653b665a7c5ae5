/**
 * `npm run test:desktop` runs the suites of test/extension/suite in a desktop VS Code, through
 * @vscode/test-electron, which downloads the editor at first use. `npm run test:desktop -- 1.100.0`
 * selects a version; the default is `stable`.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runTests } from '@vscode/test-electron';
import { buildHostedSuite } from '../test/extension/harness/build';
import type { HostedResults } from '../test/extension/harness/inHost/run';

const root = path.resolve(__dirname, '..');

async function main(): Promise<number> {
  const version = process.argv[2] ?? 'stable';
  const folder = await mkdtemp(path.join(tmpdir(), 'earmark-desktop-'));
  const resultsFile = path.join(folder, 'results.json');
  try {
    const extensionTestsPath = await buildHostedSuite(
      'desktop',
      path.join(root, 'test/extension/suite'),
      { resultsFile, timeoutMs: 60_000 },
    );
    // The promise rejects if a test fails. The results file names it.
    const ended = await runTests({
      version,
      extensionDevelopmentPath: root,
      extensionTestsPath,
      extensionTestsEnv: { EARMARK_HOME: path.join(folder, 'home') },
      launchArgs: [
        folder,
        '--disable-extensions',
        '--disable-workspace-trust',
        '--user-data-dir',
        path.join(folder, 'user'),
      ],
    }).then(() => '', String);
    const text = await readFile(resultsFile, 'utf8').catch(() => undefined);
    if (text === undefined) {
      console.error(`VS Code ended without results (${ended}).`);
      return 1;
    }
    const { passes, failures, pending } = JSON.parse(text) as HostedResults;
    for (const title of passes) console.log(`✔ ${title}`);
    for (const title of pending) console.log(`– ${title} skipped`);
    for (const { title, stack } of failures) console.log(`✘ ${title}\n${stack}`);
    console.log(`${passes.length} passed, ${failures.length} failed`);
    return failures.length === 0 ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

main().then(
  (code) => (process.exitCode = code),
  (error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
);
