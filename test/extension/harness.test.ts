// The harness itself: a real extension host, a real window, and failures that are reported as
// failures.
import { deepEqual, equal, notEqual, throws } from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { whyNoHost } from './harness/available';
import { runExtensionTests } from './harness/hostedTests';
import { startHost } from './harness/host';
import { launchBrowser, type ThemeId } from './harness/page';

const hello = join(__dirname, 'harness', 'fixtures', 'hello');

describe('the VS Code host for tests', function () {
  this.timeout(180_000);
  let browser: Browser;
  let dir: string;

  before(async function () {
    this.timeout(15 * 60_000); // The first time it may install the host.
    const reason = await whyNoHost();
    if (reason) {
      console.log(`    skipped: ${reason}`);
      this.skip();
    }
    dir = await mkdtemp(join(tmpdir(), 'earmark-harness-'));
    browser = await launchBrowser();
  });

  after(async () => {
    await browser?.close();
    if (dir) await rm(dir, { recursive: true, force: true });
  });

  const common = (name: string) => ({
    workspaceFolder: join(dir, name),
    extensionPath: hello,
    env: { HELLO_GREETING: 'Good morning' },
  });

  it('runs a suite inside the extension host and counts the coverage of the extension', async () => {
    const coverageDir = join(dir, 'coverage');
    const { passes, failures, exitCode, startMs, hostUptimeMs } = await runExtensionTests(browser, {
      ...common('passing'),
      suiteFolder: join(hello, 'suite'),
      coverageDir,
    });
    console.log(
      `      ${startMs} ms from the start of the server to the suites, ${hostUptimeMs} ms of them in the extension host`,
    );
    deepEqual(
      { passes, failures, exitCode },
      { passes: ['hello greets with the words of its environment'], failures: [], exitCode: 0 },
    );
    deepEqual(await calls(coverageDir), { 'exports.activate': 1, neverCalled: 0 });
  });

  it('reports a failing test with its message', async () => {
    const { passes, failures, exitCode } = await runExtensionTests(browser, {
      ...common('failing'),
      suiteFolder: join(hello, 'failingSuite'),
    });
    deepEqual(
      {
        passes,
        failures: failures.map(({ title, message }) => [
          title,
          /'Good morning'[^]*'Goodbye'/.test(message) || message,
        ]),
        failed: exitCode !== 0,
      },
      {
        passes: ['hello knows its extension'],
        failures: [['hello expects another greeting', true]],
        failed: true,
      },
    );
  });

  it('is driven like a window: commands, a webview, themes, screenshots, a reload', async () => {
    const host = await startHost({
      ...common('window'),
      userDataDir: join(dir, 'user'),
      coverageDir: join(dir, 'windowCoverage'),
    });
    try {
      const window = await host.open(browser);
      await window.runCommand('View: Show Hello');
      const view = await window.webview('earmark-test.hello', '#text');
      equal(await view.locator('#text').innerText(), 'waiting');
      await window.runCommand('Hello: Greet');
      await view.locator('#text').getByText('Good morning').waitFor();
      const firstProcess = window.hostPid;
      const toast = `Good morning from process ${firstProcess}`;
      await window.page.locator('.notification-toast').getByText(toast).waitFor();
      deepEqual(await window.notifications(), [toast]);
      equal(await window.execute('hello.greet'), 'Good morning');

      const sizes: Record<string, boolean> = {};
      for (const theme of [
        'light',
        'dark',
        'highContrast',
        'highContrastLight',
      ] satisfies ThemeId[]) {
        await window.setTheme(theme);
        await window.screenshot(join(dir, `${theme}.png`));
        sizes[theme] = (await stat(join(dir, `${theme}.png`))).size > 5_000;
      }
      deepEqual(sizes, {
        light: true,
        dark: true,
        highContrast: true,
        highContrastLight: true,
      });

      await window.reload();
      const again = await window.webview('earmark-test.hello', '#text');
      equal(await again.locator('#text').innerText(), 'waiting');
      await window.runCommand('Hello: Greet');
      await again.locator('#text').getByText('Good morning').waitFor();
      notEqual(window.hostPid, firstProcess);
      await window.close();
      equal((await calls(join(dir, 'windowCoverage')))['exports.activate'], 2);
    } finally {
      await host.dispose();
    }
    throws(() => process.kill(-host.pid, 0), { code: 'ESRCH' });
  });
});

/** How often two functions of the sample ran, from the coverage files. */
async function calls(coverageDir: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const file of await readdir(coverageDir)) {
    const { result } = JSON.parse(await readFile(join(coverageDir, file), 'utf8')) as {
      result: { url: string; functions: { functionName: string; ranges: { count: number }[] }[] }[];
    };
    const script = result.find(({ url }) => url.endsWith('/hello/extension.js'));
    for (const { functionName, ranges } of script?.functions ?? []) {
      if (functionName === 'exports.activate' || functionName === 'neverCalled')
        counts[functionName] = (counts[functionName] ?? 0) + (ranges[0]?.count ?? 0);
    }
  }
  return counts;
}
