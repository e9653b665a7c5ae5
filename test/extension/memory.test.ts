/**
 * What the extension adds to the extension host that it shares with all others: before it is
 * activated, and after the panel was shown, a dictation, a meeting and its note. The window has a
 * real daemon and audio that is spoken.
 */
import { ok } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import manifest from '../../package.json';
import { until } from '../../testing/processes/daemonProcess';
import { skip } from '../../testing/harness/skip';
import type { HostMemory } from './harness/inHost/companion';
import { launchBrowser } from './harness/page';
import { extensionId, type Rig, root, startRig, whyNoProduct } from './rig';
import { shippedMeeting, type SpokenMeeting } from './spokenMeeting';
import { cursorToEnd, openFile, statusItem } from './steps';
import { workspaceFiles } from './workspaceFiles';

const MARK_MB = 30;
/**
 * Until what the editor itself does after its start is over: two looks in a row that differ by less
 * than so much.
 */
const CALM_MB = 0.3;
const PLAY_MS = 19_000;

/**
 * This extension as it is, but for one thing: it is activated by its first use and not by the start
 * of the window, so that there is a time before.
 */
async function activatedByUse(folder: string): Promise<void> {
  for (const name of await readdir(root))
    if (!['package.json', 'out', '.git', '.cache', 'test'].includes(name))
      await symlink(join(root, name), join(folder, name));
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ ...manifest, activationEvents: [] }),
  );
}

/** The extension host starts the language server of notes as its child. */
const notesServerOf = (hostPid: number): boolean =>
  execFileSync('ps', ['-eo', 'ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .some((line) => line.trim().startsWith(`${hostPid} `) && line.includes('notesServer.js'));

describe('the extension host', function () {
  this.timeout(300_000);
  let browser: Browser | undefined;
  let rig: Rig | undefined;
  let folder = '';
  let meeting: SpokenMeeting;

  before(async function () {
    this.timeout(15 * 60_000);
    const reason = await whyNoProduct();
    if (reason) skip(this, reason);
    meeting = await shippedMeeting();
    folder = await mkdtemp(join(tmpdir(), 'earmark-memory-'));
    await activatedByUse(folder);
    browser = await launchBrowser();
    rig = await startRig(browser, { files: workspaceFiles, extensionPath: folder });
  });
  after(async () => {
    await rig?.dispose();
    await browser?.close();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  afterEach(async function () {
    if (this.currentTest?.state === 'failed')
      await rig?.window
        .screenshot(join(root, 'out/screenshots/memory-failed.png'))
        .catch(() => undefined);
  });

  it(`holds at most ${MARK_MB} MB more after the panel, a dictation, a meeting and its note`, async () => {
    const { window, devices } = rig!;
    // The editor's own extensions for the two languages are not ours.
    await openFile(window, 'README.md');
    await openFile(window, 'refreshSession.ts');
    let before = await window.memory();
    for (
      let tries = 0, last = Infinity;
      tries < 10 && Math.abs(before.held - last) > CALM_MB * 1e6;
      tries++
    ) {
      last = before.held;
      before = await window.memory();
    }
    const steps: [string, HostMemory][] = [];
    const added = async (what: string): Promise<void> =>
      void steps.push([what, await window.memory()]);

    await window.runCommand('Earmark: Open Panel');
    await (
      await window.webview(extensionId, 'vscode-button')
    )
      .locator('vscode-button')
      .first()
      .waitFor();
    await added('panel');

    await cursorToEnd(window);
    await window.runCommand('Earmark: Toggle Dictation');
    await window.pressButton('I Agree');
    await statusItem(window).getByText('Dictating').waitFor({ timeout: 60_000 });
    await devices.play('mic', meeting.audio.mic.subarray(0, 8_000 * 32));
    await window.runCommand('Earmark: Toggle Dictation');
    await statusItem(window).getByText('Earmark', { exact: true }).waitFor();
    await added('dictation');

    await window.runCommand('Earmark: Start Meeting');
    await window.pressButton('I Agree, Start Recording');
    await statusItem(window)
      .getByText(/REC 00:\d\d/)
      .waitFor({ timeout: 60_000 });
    await Promise.all(
      (['mic', 'system'] as const).map((source) =>
        devices.play(source, meeting.audio[source].subarray(0, PLAY_MS * 32)),
      ),
    );
    await window.runCommand('Earmark: Stop Meeting');
    await statusItem(window).getByText('Earmark', { exact: true }).waitFor();
    await added('meeting');

    await window.runCommand('Earmark: Open Note');
    await window.page.locator('.tab.active').getByText('.earmark.md').waitFor();
    await until(() => notesServerOf(window.hostPid), 'the language server of notes runs');
    await added('note');

    const more = (memory: HostMemory, what: keyof HostMemory): number =>
      (memory[what] - before[what]) / 1e6;
    const reported = steps.map(
      ([what, memory]) =>
        `${what} ${more(memory, 'held').toFixed(1)} / ${more(memory, 'resident').toFixed(0)}`,
    );
    console.log(
      `      added to the extension host, held / resident in MB, after the ${reported.join(', the ')}; before: ${(before.held / 1e6).toFixed(0)} / ${(before.resident / 1e6).toFixed(0)}`,
    );
    const most = Math.max(...steps.map(([, memory]) => more(memory, 'held')));
    ok(most > 0.5, 'the extension was there before it was measured');
    ok(most <= MARK_MB, `${most.toFixed(1)} MB`);
  });
});
