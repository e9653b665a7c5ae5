/**
 * The suites of suite/ inside a real extension host, with a real daemon whose audio and words are
 * scripted.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Browser } from 'playwright-core';
import { ensureDaemon, readDaemonFile } from '../../client';
import { isAlive } from '../../client/local/startLock';
import { until } from '../../testing/processes/daemonProcess';
import { whyNoHost } from './harness/available';
import { startHost } from './harness/host';
import { runExtensionTests } from './harness/hostedTests';
import { launchBrowser } from './harness/page';
import { SessionGet, SessionStart } from '../../protocol/session';
import { keptWords } from './profile';
import { statusItem } from './steps';

/** Said in the suites, and by nobody else. */
const SPOKEN = ['zanzibar', 'marmalade'];

const scripted = (root: string) => ({
  command: process.execPath,
  args: [
    '--require',
    join(root, 'node_modules', 'tsx', 'dist', 'cjs', 'index.cjs'),
    join(root, 'testing', 'fakes', 'scripted', 'scriptedDaemon.ts'),
  ],
});

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

  const endDaemon = async (): Promise<void> => {
    const daemon = dir ? readDaemonFile(join(dir, 'home')) : undefined;
    if (daemon !== undefined && isAlive(daemon.pid)) process.kill(daemon.pid, 'SIGTERM');
    await until(() => daemon === undefined || !isAlive(daemon.pid), 'the daemon ends');
  };

  after(async () => {
    await browser?.close();
    await endDaemon();
    if (dir) await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  });

  it('passes its suites', async () => {
    // A try that failed leaves its daemon and its meetings.
    await endDaemon();
    await rm(join(dir, 'home'), { recursive: true, force: true, maxRetries: 5 });
    let kept: string[] = [];
    const { passes, failures, pending } = await runExtensionTests(browser, {
      workspaceFolder: join(dir, 'workspace'),
      extensionPath: resolve(__dirname, '../..'),
      suiteFolder: join(__dirname, 'suite'),
      env: { EARMARK_HOME: join(dir, 'home') },
      // A browser window saves by itself unless told not to; who saves a note is one of the
      // questions.
      settings: { 'files.autoSave': 'off' },
      timeoutMs: 5 * 60_000,
      after: async (page, userDataDir) => {
        kept = await keptWords(page, userDataDir, SPOKEN);
      },
      ...(process.env['EARMARK_GREP'] === undefined ? {} : { grep: process.env['EARMARK_GREP'] }),
    });
    for (const title of passes) console.log(`      ✔ ${title}`);
    deepEqual(
      { failures: failures.map((f) => `${f.title}\n${f.stack}`), pending },
      { failures: [], pending: [] },
    );
    deepEqual(kept, [], 'what was said is in the profile');
    ok(passes.length > 15 || process.env['EARMARK_GREP'] !== undefined);
  });

  it('works in a folder that nobody trusts', async () => {
    const workspaceFolder = join(dir, 'restricted');
    await mkdir(join(workspaceFolder, '.vscode'), { recursive: true });
    await writeFile(
      join(workspaceFolder, '.vscode', 'settings.json'),
      JSON.stringify({
        'earmark.daemon.nodePath': '/bin/false',
        'earmark.llm.endpoint': 'http://127.0.0.1:9',
        'earmark.remote.url': 'ws://127.0.0.1:9',
        'earmark.consent.askEveryMeeting': true,
        'earmark.meeting.keepAudio': true,
      }),
    );
    const { passes, failures } = await runExtensionTests(browser, {
      workspaceFolder,
      extensionPath: resolve(__dirname, '../..'),
      suiteFolder: join(__dirname, 'restrictedSuite'),
      env: { EARMARK_HOME: join(dir, 'home') },
      settings: { 'files.autoSave': 'off' },
      restricted: true,
      timeoutMs: 2 * 60_000,
    });
    for (const title of passes) console.log(`      ✔ ${title}`);
    deepEqual(
      failures.map((f) => `${f.title}\n${f.stack}`),
      [],
    );
    equal(passes.length, 3);
  });

  it('promise: the encryption key comes from the secret storage', async () => {
    const home = join(dir, 'withKey');
    try {
      const { passes, failures } = await runExtensionTests(browser, {
        workspaceFolder: join(dir, 'withKeyWorkspace'),
        extensionPath: resolve(__dirname, '../..'),
        suiteFolder: join(__dirname, 'keySuite'),
        env: { EARMARK_HOME: home },
        settings: { 'files.autoSave': 'off', 'earmark.privacy.encrypt': true },
        testTimeoutMs: 90_000,
        timeoutMs: 3 * 60_000,
      });
      deepEqual(
        failures.map((f) => `${f.title}\n${f.stack}`),
        [],
      );
      equal(passes.length, 1);
    } finally {
      const pid = readDaemonFile(home)?.pid;
      if (pid !== undefined && isAlive(pid)) process.kill(pid, 'SIGTERM');
      await until(() => pid === undefined || !isAlive(pid), 'the daemon ends');
    }
  });

  it('shows one recording in two windows, and each of them may stop it', async () => {
    const home = join(dir, 'two');
    const root = resolve(__dirname, '../..');
    const client = await ensureDaemon({
      stateDir: home,
      client: { name: 'tests', version: '0' },
      daemon: scripted(root),
    });
    const pid = readDaemonFile(home)?.pid ?? -1;
    const host = await startHost({
      workspaceFolder: join(dir, 'twoWorkspace'),
      extensionPath: root,
      userDataDir: join(dir, 'twoUser'),
      env: { EARMARK_HOME: home },
    });
    try {
      await client.request(SessionStart, {
        kind: 'meeting',
        title: 'Two windows',
        sources: [{ source: 'mic', origin: { type: 'capture' } }],
        partials: true,
        insights: false,
      });
      const windows = [await host.open(browser), await host.open(browser)];
      for (const window of windows)
        await statusItem(window)
          .getByText(/REC \d\d:\d\d/)
          .waitFor();
      await windows[1]!.runCommand('Earmark: Stop Meeting');
      for (const window of windows)
        await statusItem(window).getByText('Earmark', { exact: true }).waitFor();
      for (const window of windows) await window.close();
    } finally {
      client.dispose();
      await host.dispose();
      process.kill(pid, 'SIGTERM');
      await until(() => !isAlive(pid), 'the daemon ends');
    }
  });

  it('goes on with the note in another window when the one that wrote it is lost', async () => {
    const home = join(dir, 'lost');
    const root = resolve(__dirname, '../..');
    const workspaceFolder = join(dir, 'lostWorkspace');
    const client = await ensureDaemon({
      stateDir: home,
      client: { name: 'tests', version: '0' },
      daemon: scripted(root),
    });
    const pid = readDaemonFile(home)?.pid ?? -1;
    const host = await startHost({
      workspaceFolder,
      extensionPath: root,
      userDataDir: join(dir, 'lostUser'),
      env: { EARMARK_HOME: home },
    });
    try {
      const { session } = await client.request(SessionStart, {
        kind: 'meeting',
        title: 'Lost window',
        sources: [{ source: 'mic', origin: { type: 'capture' } }],
        partials: true,
        insights: false,
      });
      const finals = async (): Promise<number> =>
        (await client.request(SessionGet, { sessionId: session.id })).segments.length;
      const noteLines = async (): Promise<number> => {
        const folder = join(workspaceFolder, '.earmark');
        const name = (await readdir(folder).catch(() => [])).find((file) =>
          file.endsWith('.earmark.md'),
        );
        return name === undefined
          ? 0
          : (await readFile(join(folder, name), 'utf8'))
              .split('\n')
              .filter((line) => /\bw[79]\b/.test(line)).length;
      };
      const first = await host.open(browser);
      await statusItem(first)
        .getByText(/REC \d\d:\d\d/)
        .waitFor();
      await until(async () => (await noteLines()) > 0, 'the note is begun');
      const { hostPid } = first;
      await first.lose();
      const second = await host.open(browser);
      await statusItem(second)
        .getByText(/REC \d\d:\d\d/)
        .waitFor();
      ok(isAlive(hostPid), 'the server keeps what belongs to a window that it lost');
      const [lines, said] = [await noteLines(), await finals()];
      await until(async () => (await finals()) >= said + 2, 'more was said');
      await until(
        async () => (await noteLines()) >= lines + 2,
        'the other window writes it',
        60_000,
      );
      await second.close();
    } finally {
      client.dispose();
      await host.dispose();
      process.kill(pid, 'SIGTERM');
      await until(() => !isAlive(pid), 'the daemon ends');
    }
  });
});
