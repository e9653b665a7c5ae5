// Prompts that are dictated: into the editor's chat, and into a terminal in which an agent runs. A
// real window and a daemon whose words are scripted. The chat has no sign-in: a helper extension
// brings a default agent and a model.
import { deepEqual, equal } from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { ensureDaemon, readDaemonFile } from '../../client';
import { isAlive } from '../../client/local/startLock';
import { until } from '../../testing/processes/daemonProcess';
import { skip } from '../../testing/harness/skip';
import { whyNoHost } from './harness/available';
import { buildChatCompanion } from './harness/build';
import { type Host, startHost } from './harness/host';
import type { ChatRequest } from './harness/inHost/chatCompanion';
import { type HostPage, launchBrowser } from './harness/page';
import { root } from './rig';
import { openFile, statusItem } from './steps';

const FILES: Readonly<Record<string, string>> = {
  'src/session/refresh.py': 'import token\n\n\ndef refreshSession(session):\n    return session\n',
  'src/session/token.py': 'class TokenValidator:\n    pass\n',
};
const SAID = 'Look at refresh session in token dot py and fix token validator.';
const WRITTEN = 'Look at refreshSession in token.py and fix TokenValidator.';
const KEY = 'Control+Alt+D';
const ANYWHERE = 'Control+Alt+Shift+D';
const shots = join(root, 'out/screenshots');

describe('a dictated prompt', function () {
  this.timeout(180_000);
  let browser: Browser | undefined;
  let host: Host | undefined;
  let window: HostPage;
  let dir = '';
  let failed = 0;
  const home = () => join(dir, 'home');
  const chatLog = () => join(dir, 'chat.jsonl');
  const agentLog = () => join(dir, 'agent.jsonl');

  before(async function () {
    this.timeout(15 * 60_000);
    const reason = await whyNoHost();
    if (reason) skip(this, reason);
    dir = await mkdtemp(join(tmpdir(), 'earmark-prompt-'));
    await mkdir(shots, { recursive: true });
    for (const [path, text] of Object.entries(FILES)) {
      await mkdir(join(dir, 'workspace', path, '..'), { recursive: true });
      await writeFile(join(dir, 'workspace', path), text);
    }
    await mkdir(join(dir, 'bin'));
    await copyFile(join(root, 'testing/fakes/terminalAgent.mjs'), join(dir, 'bin/claude'));
    await buildChatCompanion(join(dir, 'user', 'extensions'));
    const client = await ensureDaemon({
      stateDir: home(),
      client: { name: 'tests', version: '0' },
      daemon: {
        command: process.execPath,
        args: [
          ...['--require', join(root, 'node_modules/tsx/dist/cjs/index.cjs')],
          join(root, 'testing/fakes/scripted/scriptedDaemon.ts'),
        ],
        env: { EARMARK_HOME: home() },
      },
    });
    client.dispose();
    browser = await launchBrowser();
    host = await startHost({
      workspaceFolder: join(dir, 'workspace'),
      extensionPath: root,
      userDataDir: join(dir, 'user'),
      env: { EARMARK_HOME: home(), EARMARK_TEST_CHAT: chatLog() },
    });
    window = await host.open(browser);
    await openFile(window, 'refresh.py');
  });
  after(async () => {
    const pid = dir ? readDaemonFile(home())?.pid : undefined;
    await window?.close();
    await host?.dispose();
    await browser?.close();
    if (pid !== undefined && isAlive(pid)) process.kill(pid, 'SIGTERM');
    await until(() => pid === undefined || !isAlive(pid), 'the daemon ends');
    if (dir) await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  });
  afterEach(async function () {
    if (this.currentTest?.state !== 'failed' || window === undefined) return;
    await window.screenshot(join(shots, `prompt-failed-${++failed}.png`));
    await window.execute('earmark.cancelDictation');
    await clearChat();
  });

  const press = (key: string): Promise<void> => window.page.keyboard.press(key);
  const input = () => window.page.locator('.interactive-input-part .monaco-editor').first();
  /** One line, which the input wraps. */
  const chatText = async (): Promise<string> =>
    (await input().locator('.view-line').allTextContents())
      .join('')
      .replaceAll('\u00a0', ' ')
      .trim();
  const chatTextIs = (text: string): Promise<void> =>
    until(async () => (await chatText()) === text, `the chat has “${text}”`);
  const attached = async (): Promise<string[]> =>
    (await window.page.locator('.interactive-input-part .chat-attached-context-attachment').all())
      .length === 0
      ? []
      : (
          await window.page
            .locator('.interactive-input-part .chat-attached-context-attachment')
            .allInnerTexts()
        ).map((text) => text.trim());
  const idle = () => statusItem(window).getByText('Earmark', { exact: true }).waitFor();
  const focusChat = async (): Promise<void> => {
    await window.execute('workbench.action.chat.open');
    await input().locator('.view-lines').click();
  };
  const clearChat = async (): Promise<void> => {
    await focusChat();
    await press('Control+A');
    await press('Delete');
    await chatTextIs('');
  };
  const say = (...phrases: string[]): Promise<void> =>
    writeFile(join(home(), 'says.json'), JSON.stringify(phrases));
  /** Presses the key and waits until the last phrase was recognised. */
  async function begin(key: string, ...phrases: string[]): Promise<void> {
    await say(...phrases);
    await press(key);
    await recognised(phrases.at(-1) ?? '');
  }
  /** Not by the key: a tap that is shorter than a second counts as a key that is held. */
  const end = (): Promise<unknown> => window.execute('earmark.toggleDictation');
  const recognised = (text: string): Promise<void> =>
    window.page
      .locator('.statusbar-item[id*="earmark.recognised"]')
      .getByText(text.slice(-40))
      .waitFor({ timeout: 60_000 });

  it('leaves nothing in the chat when it is cancelled', async () => {
    await focusChat();
    await say(SAID);
    await press(KEY);
    await window.pressButton('I Agree');
    await recognised(SAID);
    await focusChat();
    await press('Escape');
    await idle();
    equal(await chatText(), '');
  });

  it('is put into the chat without a model, with its files and symbols attached; one undo takes it back', async () => {
    await focusChat();
    await begin(KEY, SAID);
    equal(await chatText(), '', 'nothing is put in while it listens');
    await end();
    await chatTextIs(WRITTEN);
    await idle();
    await window.screenshot(join(shots, 'prompt-chat.png'));
    const names = await attached();
    deepEqual(
      ['refresh.py', 'token.py'].map((file) => names.some((name) => name.includes(file))),
      [true, true],
      names.join(', '),
    );
    await press('Control+Z');
    await chatTextIs('');
  });

  it('shows the recognised words by one key', async () => {
    await press('Control+Alt+Shift+R');
    const rows = window.page.locator('.quick-input-list .monaco-list-row');
    await rows.getByText(SAID).waitFor();
    const shown = (await rows.allInnerTexts()).join('\n');
    deepEqual(
      [SAID, WRITTEN, 'refresh session'].filter((text) => !shown.includes(text)),
      [],
      shown,
    );
    await press('Escape');
  });

  it('goes behind what was typed, and into the chat although the focus moved to an editor', async () => {
    await focusChat();
    await window.page.keyboard.type('Please:');
    await begin(KEY, SAID);
    await window.page.locator('.editor-instance .view-lines').first().click();
    await end();
    await chatTextIs(`Please: ${WRITTEN}`);
    await idle();
    equal(
      await readFile(join(dir, 'workspace/src/session/refresh.py'), 'utf8'),
      FILES['src/session/refresh.py'],
    );
    equal(await window.page.locator('.tab.dirty').count(), 0, 'no editor was changed');
    await clearChat();
  });

  it('opens the chat where it is closed, once the user chose it', async () => {
    await window.execute('workbench.action.closeAuxiliaryBar');
    await input().waitFor({ state: 'hidden' });
    await say(SAID);
    await press(ANYWHERE);
    await window.page
      .locator('.quick-input-list .monaco-list-row')
      .getByText('Chat', { exact: true })
      .click();
    await recognised(SAID);
    await end();
    await chatTextIs(WRITTEN);
    await idle();
    await clearChat();
  });

  it('is sent by "send it" where the user allowed it, and the agent gets the references', async () => {
    const requests = async (): Promise<ChatRequest[]> =>
      (await readFile(chatLog(), 'utf8').catch(() => ''))
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as ChatRequest);
    await focusChat();
    await begin(KEY, SAID, 'Send it.');
    await end();
    await chatTextIs(`${WRITTEN} Send it.`);
    await idle();
    deepEqual(await requests(), [], 'it was not allowed');
    await clearChat();
    await window.updateSettings({ 'earmark.dictation.sendPrompts': true });
    equal(await window.execute('earmark-test.addModel'), 1);
    await focusChat();
    await begin(KEY, SAID, 'Send it.');
    await end();
    await until(async () => (await requests()).length > 0, 'the agent was asked');
    const [{ prompt, references } = { prompt: '', references: [] }] = await requests();
    equal(prompt, WRITTEN);
    const places = references.map((path) => path.slice(path.lastIndexOf('/') + 1));
    deepEqual(
      ['token.py', 'token.py#1', 'refresh.py#4'].filter((place) => !places.includes(place)),
      [],
      places.join(', '),
    );
    await window.updateSettings({ 'earmark.dictation.sendPrompts': null });
  });

  it('is tidied up where the user wants it, unless the model changes words; one key shows the rest', async () => {
    await window.updateSettings({ 'earmark.dictation.tidyUp': true });
    await focusChat();
    await begin(KEY, `Um, ${SAID.charAt(0).toLowerCase()}${SAID.slice(1)}`);
    const ended = end();
    const dialog = window.page.locator('.monaco-dialog-box');
    await dialog.getByText('Send dictated text to Scripted to tidy it up?').waitFor();
    await window.screenshot(join(shots, 'prompt-tidy-consent.png'));
    await window.pressButton('Allow');
    await ended;
    await chatTextIs(WRITTEN);
    await idle();
    await press('Control+Alt+Shift+R');
    const rows = window.page.locator('.quick-input-list .monaco-list-row');
    await rows.getByText('Before tidy-up').waitFor();
    await press('Escape');
    await clearChat();
    await begin(KEY, 'Say hello to the session.');
    await end();
    await chatTextIs('Say hello to the session.');
    await idle();
    await window.updateSettings({ 'earmark.dictation.tidyUp': null });
    await clearChat();
  });

  it('is pasted into the terminal of an agent with paths, and never run', async () => {
    const got = async (): Promise<string> =>
      (await readFile(agentLog(), 'utf8').catch(() => ''))
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as string)
        .join('');
    await window.updateSettings({ 'earmark.dictation.markUnsureWords': true });
    await window.execute('workbench.action.terminal.new');
    await window.page.locator('.terminal-wrapper.active .xterm-screen').first().click();
    await window.page.keyboard.type(`${join(dir, 'bin/claude')} ${agentLog()}\n`);
    await until(() => existsSync(agentLog()), 'the agent is ready');
    await begin(KEY, SAID.replace('validator', 'validater'), 'New line.', 'Then stop.');
    equal(await got(), '');
    await end();
    const written =
      'Look at refreshSession (@src/session/refresh.py) in @src/session/token.py ' +
      'and fix TokenValidator (@src/session/token.py).\nThen stop.\n(dictated; unsure: `TokenValidator`)';
    await until(async () => (await got()) !== '', 'the agent got it');
    await idle();
    // A terminal sends a line break in brackets as a carriage return.
    equal((await got()).replaceAll('\r', '\n'), `\x1b[200~${written}\x1b[201~`);
    await window.screenshot(join(shots, 'prompt-terminal.png'));
    await window.page.keyboard.press('Control+C');
    await until(async () => (await got()).endsWith('\x03'), 'the agent ended');
  });
});
