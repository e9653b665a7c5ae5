/**
 * Notes by a language model in the real editor: the offer after a meeting, consent, refusal, limit of
 * requests, cancel, the note rewritten in place, costs. The model is scripted and registered by the
 * companion extension; the daemon, the extension and the window are real.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Browser, Frame } from 'playwright-core';
import { ensureDaemon, readDaemonFile } from '../../client';
import { isAlive } from '../../client/local/startLock';
import { scriptedDaemon, until } from '../../testing/processes/daemonProcess';
import { keepMeeting } from '../../testing/harness/keptMeeting';
import { WRITTEN_ACTION } from '../../testing/fakes/scripted/scriptedNotes';
import { skip } from '../../testing/harness/skip';
import { whyNoHost } from './harness/available';
import { type Host, startHost } from './harness/host';
import { type HostPage, launchBrowser, type ThemeId } from './harness/page';
import { widenSideBar } from './steps';

const root = resolve(__dirname, '../..');
const shots = join(root, 'out/screenshots');
const ID = 'kept-meeting';
const LIMIT_MS = 60_000;

describe('better notes in VS Code', function () {
  this.timeout(5 * 60_000);
  let browser: Browser;
  let dir: string;
  let host: Host;
  let window: HostPage;
  let panel: Frame;

  before(async function () {
    this.timeout(15 * 60_000);
    const reason = await whyNoHost();
    if (reason) skip(this, reason);
    dir = await mkdtemp(join(tmpdir(), 'earmark-notes-'));
    const home = join(dir, 'home');
    await mkdir(home, { mode: 0o700 });
    await mkdir(shots, { recursive: true });
    keepMeeting(home, ID, 'mobile-team-sync', Date.parse('2026-11-23T09:30:00Z'));
    const client = await ensureDaemon({
      stateDir: home,
      client: { name: 'tests', version: '0' },
      daemon: scriptedDaemon(),
      timeoutMs: LIMIT_MS,
    });
    client.dispose();
    browser = await launchBrowser();
    host = await startHost({
      workspaceFolder: join(dir, 'workspace'),
      extensionPath: root,
      userDataDir: join(dir, 'user'),
      env: { EARMARK_HOME: home },
      settings: { 'files.autoSave': 'off' },
    });
    window = await host.open(browser);
    if ((await window.scriptModel('good')) === undefined)
      skip(this, 'this VS Code takes no language model providers (1.104 and newer do)');
    await window.execute('earmark.panel.focus');
    await widenSideBar(window, 460);
    panel = await window.webview('earmark.earmark', 'earmark-panel', LIMIT_MS);
    await panel.getByRole('button', { name: 'I Agree' }).first().click({ timeout: LIMIT_MS });
    await panel.locator('.last-meeting').first().click({ timeout: LIMIT_MS });
  });

  after(async () => {
    await window?.close();
    await host?.dispose();
    await browser?.close();
    const pid = dir ? readDaemonFile(join(dir, 'home'))?.pid : undefined;
    if (pid !== undefined && isAlive(pid)) process.kill(pid, 'SIGTERM');
    await until(() => pid === undefined || !isAlive(pid), 'the daemon ends');
    if (dir) await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  });

  const block = () => panel.locator('.writing');
  const shown = (text: string | RegExp) =>
    block().getByText(text).first().waitFor({ timeout: LIMIT_MS });
  const press = (name: string) =>
    block().getByRole('button', { name }).first().click({ timeout: LIMIT_MS });
  const dialog = () => window.page.locator('.monaco-dialog-box');
  const note = async (): Promise<string> => {
    const folder = join(dir, 'workspace', '.earmark');
    const name = (await readdir(folder).catch(() => [])).find((one) => one.endsWith('.earmark.md'));
    return name === undefined ? '' : readFile(join(folder, name), 'utf8');
  };
  const pictures = async (name: string): Promise<void> => {
    for (const theme of ['light', 'dark'] satisfies ThemeId[]) {
      await window.setTheme(theme);
      await window.screenshot(join(shots, `notes-${name}-${theme}.png`));
    }
  };

  it('names the model, the place where the transcript goes, and the test that comes first', async () => {
    await shown('Write better notes');
    await shown(/The transcript goes to (?:Acme|acme)\. Answers five test questions first\./);
    await shown('Use Your Own Server…');
    await until(
      async () => (await note()).includes('## Action items'),
      'the note is written',
      LIMIT_MS,
    );
    await pictures('offer');
    ok(!(await note()).includes(WRITTEN_ACTION));
  });

  it('sends nothing before consent', async () => {
    await press('Acme Large');
    await dialog().getByText('Audio stays on this machine').waitFor({ timeout: LIMIT_MS });
    await pictures('consent');
    await window.pressButton('Cancel');
    await dialog().waitFor({ state: 'detached' });
    equal(await window.scriptModel('refuses'), 0);
  });

  it('asks for consent once, and tells a refusal', async () => {
    await press('Acme Large');
    await window.pressButton('Write This Note');
    await shown(/Earmark may not use .*Acme Large/);
    ok(!(await note()).includes(WRITTEN_ACTION));
  });

  it('cancels, and keeps the note', async () => {
    const before = await note();
    await window.scriptModel('slow');
    await press('Write Again…');
    await press('Acme Large');
    await shown(/gets five test questions/);
    equal(await dialog().count(), 0);
    await pictures('progress');
    await press('Cancel');
    await block()
      .getByRole('button', { name: 'Acme Large' })
      .first()
      .waitFor({ timeout: LIMIT_MS });
    equal(await note(), before);
  });

  it('rewrites the note in place, and shows level and costs', async () => {
    const before = await note();
    await window.scriptModel('good');
    await press('Acme Large');
    await shown('Written with Acme Large. Writes whole notes.');
    await shown(/3 requests, [\d,]+ tokens\./);
    await until(
      async () => (await note()).includes(WRITTEN_ACTION),
      'the note is rewritten',
      LIMIT_MS,
    );
    match(await note(), /Put the part about analytics back .* — @Tim, within the hour/);
    const transcript = (text: string): string =>
      text.slice(text.indexOf('## Transcript'), text.indexOf('<!-- earmark'));
    equal(transcript(await note()), transcript(before));
    const cards = await panel.locator('.card').allInnerTexts();
    ok(cards.some((card) => card.includes(WRITTEN_ACTION)));
    // The change comes two days after the meeting and adds nothing to its length.
    await panel.getByText('02:25').first().waitFor({ timeout: LIMIT_MS });
    await pictures('written');
  });

  it('writes again with a template of the workspace', async () => {
    await window.scriptModel('good');
    const folder = join(dir, 'workspace', '.earmark', 'templates');
    await mkdir(folder, { recursive: true });
    await writeFile(
      join(folder, 'tasks-first.md'),
      '# Tasks first\nBe brief.\n## Action items\n## Summary\nWhat it was about.\n',
    );
    const pick = async (label: string): Promise<void> => {
      const row = window.page
        .locator('.quick-input-list .monaco-list-row')
        .getByText(label)
        .first();
      await row.waitFor({ timeout: LIMIT_MS });
      await row.click();
    };
    const titles = async (): Promise<string> => ((await note()).match(/^## .*$/gm) ?? []).join();
    const before = await titles();
    ok(before.indexOf('Summary') < before.indexOf('Action items'), before);
    for (const theme of ['light', 'dark'] satisfies ThemeId[]) {
      await window.setTheme(theme);
      await window.runCommand('Earmark: Write Again with Template…');
      await window.page.locator('.quick-input-list').getByText('Tasks first').first().waitFor();
      await window.screenshot(join(shots, `notes-template-${theme}.png`));
      if (theme === 'light') await window.page.keyboard.press('Escape');
    }
    await pick('Tasks first');
    await pick('Acme Large');
    await until(
      async () => (await titles()) === '## Action items,## Summary,## Transcript',
      'the sections of the template',
      LIMIT_MS,
    );
    match(await note(), /^template: tasks-first$/m);
    ok((await note()).includes(WRITTEN_ACTION));
    await window.runCommand('Earmark: Write Again with Template…');
    await pick('Free');
    await pick('Arrange the Sections Only');
    await until(async () => (await titles()) === before, 'the usual sections', LIMIT_MS);
  });

  it('tells a limit of requests, and keeps what was written', async () => {
    const before = await note();
    await window.scriptModel('limited');
    await press('Write Again…');
    await press('Acme Large');
    await shown(/takes no more requests for now/);
    equal(await note(), before);
  });

  it('offers it above the summary of the note, and in the palette', async () => {
    await window.runCommand('Earmark: Open Note');
    await window.page
      .locator('.codelens-decoration')
      .getByText('Write Better Notes…')
      .first()
      .waitFor({ timeout: LIMIT_MS });
    await pictures('note');
    await window.runCommand('Earmark: Write Better Notes…');
    const rows = window.page.locator('.quick-input-list .monaco-list-row');
    await rows.getByText('Acme Large').first().waitFor({ timeout: LIMIT_MS });
    const texts = (await rows.allInnerTexts()).join('\n');
    match(texts, /Writes whole notes\./);
    await rows.getByText('Not Now').first().click();
    deepEqual(await window.notifications(), []);
  });
});
