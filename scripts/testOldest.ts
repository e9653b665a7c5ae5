/**
 * `npm run test:oldest` activates the extension in the oldest VS Code that `engines.vscode` allows:
 * commands, panel, time. It installs that host once (850 MB), so `npm test` leaves it out.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runExtensionTests } from '../test/extension/harness/hostedTests';
import { launchBrowser } from '../test/extension/harness/page';

const root = path.resolve(__dirname, '..');

async function main(): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), 'earmark-oldest-'));
  const browser = await launchBrowser();
  try {
    const { passes, failures } = await runExtensionTests(browser, {
      version: 'oldest',
      workspaceFolder: path.join(folder, 'workspace'),
      extensionPath: root,
      suiteFolder: path.join(root, 'test/extension/suite'),
      env: { EARMARK_HOME: path.join(folder, 'home') },
      grep: '^activation ',
    });
    for (const title of passes) console.log(`✔ ${title}`);
    for (const { title, stack } of failures) console.log(`✘ ${title}\n${stack}`);
    console.log(`${passes.length} passed, ${failures.length} failed`);
    return failures.length === 0 && passes.length > 0 ? 0 : 1;
  } finally {
    await browser.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

main().then(
  (code) => (process.exitCode = code),
  (error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
);
