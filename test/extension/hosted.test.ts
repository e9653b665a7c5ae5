/** The suites of suite/ inside a real extension host, with a real daemon whose sound and words are scripted. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Browser } from 'playwright-core';
import { readDaemonFile } from '../../client';
import { isAlive } from '../../client/startLock';
import { until } from '../fakes/daemonProcess';
import { whyNoHost } from './harness/available';
import { runExtensionTests } from './harness/hostedTests';
import { launchBrowser } from './harness/page';

describe('the extension in its host', function () {
  this.timeout(6 * 60_000);
  let browser: Browser;
  let dir: string;

  before(async function () {
    this.timeout(15 * 60_000);
    const reason = await whyNoHost();
    if (reason) {
      console.log(`    skipped: ${reason}`);
      this.skip();
    }
    dir = await mkdtemp(join(tmpdir(), 'earmark-suite-'));
    browser = await launchBrowser();
  });

  after(async () => {
    await browser?.close();
    const daemon = dir ? readDaemonFile(join(dir, 'home')) : undefined;
    if (daemon !== undefined && isAlive(daemon.pid)) process.kill(daemon.pid, 'SIGTERM');
    await until(() => daemon === undefined || !isAlive(daemon.pid), 'the daemon ends');
    if (dir) await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  });

  it('passes its suites', async () => {
    const { passes, failures, pending } = await runExtensionTests(browser, {
      workspaceFolder: join(dir, 'workspace'),
      extensionPath: resolve(__dirname, '../..'),
      suiteFolder: join(__dirname, 'suite'),
      env: { EARMARK_HOME: join(dir, 'home') },
      // A browser window saves by itself unless told not to; who saves a note is one of the questions.
      settings: { 'files.autoSave': 'off' },
      timeoutMs: 5 * 60_000,
      ...(process.env['EARMARK_GREP'] === undefined ? {} : { grep: process.env['EARMARK_GREP'] }),
    });
    for (const title of passes) console.log(`      ✔ ${title}`);
    assert.deepEqual({ failures: failures.map((f) => `${f.title}\n${f.stack}`), pending }, { failures: [], pending: [] });
    assert.ok(passes.length > 15 || process.env['EARMARK_GREP'] !== undefined);
  });
});
