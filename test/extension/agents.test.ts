/**
 * Tools for language models and the participant `@earmark`, over three meetings and one that runs.
 * A real window and a daemon whose words are scripted. The tools give what `earmark mcp` gives.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import {
  type Connection,
  createConnection,
  createFramePusher,
  ensureDaemon,
  readDaemonFile,
} from '../../client';
import { isAlive } from '../../client/local/startLock';
import { SessionGet, SessionStop } from '../../protocol/session';
import { scriptedCli, scriptedDaemon, until } from '../../testing/processes/daemonProcess';
import { keepMeeting } from '../../testing/harness/keptMeeting';
import { McpAgent } from '../../testing/fakes/mcpAgent';
import { skip } from '../../testing/harness/skip';
import { say } from '../../testing/harness/sessionHarness';
import { whyNoHost } from './harness/available';
import { buildChatCompanion } from './harness/build';
import { type Host, startHost } from './harness/host';
import { type HostPage, launchBrowser, type ThemeId } from './harness/page';
import { root } from './rig';

const MEETINGS = ['release-go-no-go', 'checkout-sprint-planning', 'mobile-team-sync'];
const DAY_MS = 86_400_000;
const NOW = Date.parse('2026-11-20T10:00:00Z');
const LIMIT_MS = 60_000;
const shots = join(root, 'out/screenshots');

describe('agents in VS Code', function () {
  this.timeout(180_000);
  let browser: Browser | undefined;
  let host: Host | undefined;
  let window: HostPage;
  let connection: Connection;
  let dir = '';
  let failed = 0;
  const mcp = new McpAgent();
  const home = () => join(dir, 'home');

  before(async function () {
    this.timeout(15 * 60_000);
    const reason = await whyNoHost();
    if (reason) skip(this, reason);
    dir = await mkdtemp(join(tmpdir(), 'earmark-agents-'));
    await mkdir(home(), { mode: 0o700 });
    await mkdir(shots, { recursive: true });
    MEETINGS.forEach((slug, i) =>
      keepMeeting(home(), `${'abc'[i]}111-${slug}`, slug, NOW - i * DAY_MS, [
        { name: 'upgrade', uri: 'src/upgradeTest.ts' },
      ]),
    );
    await mkdir(join(dir, 'workspace/src'), { recursive: true });
    await writeFile(join(dir, 'workspace/src/upgradeTest.ts'), 'export const upgrade = 1;\n');
    await buildChatCompanion(join(dir, 'user', 'extensions'));
    const client = await ensureDaemon({
      stateDir: home(),
      client: { name: 'tests', version: '0' },
      daemon: scriptedDaemon(),
      timeoutMs: LIMIT_MS,
    });
    client.dispose();
    connection = createConnection({ stateDir: home(), client: { name: 'tests', version: '0' } });
    await mcp.start(scriptedCli(['mcp']), { EARMARK_HOME: home() });
    browser = await launchBrowser();
    host = await startHost({
      workspaceFolder: join(dir, 'workspace'),
      extensionPath: root,
      userDataDir: join(dir, 'user'),
      env: { EARMARK_HOME: home(), EARMARK_TEST_CHAT: join(dir, 'chat.jsonl') },
      settings: { 'files.autoSave': 'off' },
    });
    window = await host.open(browser);
  });
  after(async () => {
    const pid = dir ? readDaemonFile(home())?.pid : undefined;
    await mcp.end();
    connection?.dispose();
    await window?.close();
    await host?.dispose();
    await browser?.close();
    if (pid !== undefined && isAlive(pid)) process.kill(pid, 'SIGTERM');
    await until(() => pid === undefined || !isAlive(pid), 'the daemon ends');
    if (dir) await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed' && window !== undefined)
      await window.screenshot(join(shots, `agents-failed-${++failed}.png`));
  });

  const call = (name: string, input: object): Promise<string> =>
    window.execute('earmark-test.callTool', `earmark_${name}`, input) as Promise<string>;
  const segmentsOf = async (sessionId: string) =>
    (await connection.request(SessionGet, { sessionId })).segments;
  const said = async (): Promise<string[]> =>
    (await Promise.all(MEETINGS.map((slug, i) => segmentsOf(`${'abc'[i]}111-${slug}`)))).flatMap(
      (segments) => segments.map(({ text }) => text),
    );

  it('get the same answers from the tools of the chat as over MCP', async () => {
    await until(
      async () => ((await window.execute('earmark-test.tools')) as string[]).length > 0,
      'the tools are there',
    );
    const { tools } = await mcp.client.listTools();
    const names = (await window.execute('earmark-test.tools')) as string[];
    deepEqual(
      tools.map(({ name }) => `earmark_${name}`).filter((name) => !names.includes(name)),
      [],
    );
    for (const [name, input] of [
      ['list_sessions', {}],
      ['open_actions', {}],
      ['search', { query: 'windows eight' }],
      ['changes_since', { since: '2026-11-19' }],
      ['said_about', { name: 'upgradeTest' }],
      ['list_insights', { session: 'a111' }],
    ] as const) {
      const { text } = await mcp.call(name, input);
      deepEqual(JSON.parse(await call(name, input)), JSON.parse(text), name);
    }
    match(await call('search', { query: '' }), /refused: .*at query/);
    match(await call('read_session', { session: 'zzzz' }), /refused: .*no such session/i);
  });

  it('promise: a change waits for consent', async () => {
    type Actions = { readonly actions: readonly Record<'session' | 'id' | 'text', string>[] };
    const open = async () => (JSON.parse(await call('open_actions', {})) as Actions).actions;
    const before = await open();
    const [{ session, id: insight, text } = { session: '', id: '', text: '' }] = before;
    const dialog = () => window.page.locator('.monaco-dialog-box');
    const refused = call('tick_action', { session, insight });
    await dialog().getByText(text).waitFor({ timeout: LIMIT_MS });
    await window.screenshot(join(shots, 'agents-consent.png'));
    await dialog().getByRole('button', { name: 'Cancel' }).click();
    match(await refused, /^refused: /);
    deepEqual(await open(), before);
    const ticked = call('tick_action', { session, insight });
    await dialog().getByText(text).waitFor({ timeout: LIMIT_MS });
    await dialog().getByRole('button', { name: 'Yes' }).click();
    deepEqual(JSON.parse(await ticked), { changed: insight });
    equal((await open()).length, before.length - 1);
  });

  const ask = async (question: string): Promise<string> => {
    await window.execute('workbench.action.chat.open', { query: `@earmark ${question}` });
    await window.page.locator('.interactive-request').getByText(question).last().waitFor();
    // The list shows the last items only.
    const last = window.page.locator('.interactive-response').last();
    let text = '';
    await until(async () => {
      const now = await last.innerText();
      const isWhole = now === text && now.includes('“') && !now.includes('Thinking');
      text = now;
      return isWhole;
    }, 'the answer is whole');
    return text;
  };

  it('answer in the chat with quotes that exist; a time opens the transcript', async () => {
    equal(await window.execute('earmark-test.addModel'), 1);
    const all = await said();
    for (const question of [
      'what was said about analytics?',
      'what are the open actions?',
      'what did we decide about the release?',
    ]) {
      const text = await ask(question);
      const quotes = [...text.matchAll(/“([^”]+)”/g)].map(([, quote = '']) => quote);
      ok(quotes.length > 0, text);
      deepEqual(
        quotes.filter((quote) => !all.some((one) => one.includes(quote))),
        [],
      );
    }
    for (const theme of ['light', 'dark'] satisfies ThemeId[]) {
      await window.setTheme(theme);
      await window.screenshot(join(shots, `agents-chat-${theme}.png`));
    }
    await window.page
      .locator('.interactive-response')
      .last()
      .locator('a', { hasText: /^\d\d:\d\d:\d\d$/ })
      .first()
      .click();
    const panel = await window.webview('earmark.earmark', 'earmark-panel', LIMIT_MS);
    await panel.getByText('Go or no go for version four').first().waitFor({ timeout: LIMIT_MS });
    await window.screenshot(join(shots, 'agents-quote.png'));
  });

  it('add a line to the note, above its transcript', async () => {
    const folder = join(dir, 'workspace', '.earmark');
    const note = async (): Promise<string> => {
      const name = (await readdir(folder).catch(() => [])).find((one) => one.endsWith('.md'));
      return name === undefined ? '' : readFile(join(folder, name), 'utf8');
    };
    await until(async () => (await note()).includes('## Transcript'), 'the note is written');
    const session = /^session: "?([\w-]+)/m.exec(await note())?.[1];
    const added = call('add_note_line', { session, text: 'Ask Mina about the keys' });
    const dialog = window.page.locator('.monaco-dialog-box');
    await dialog.getByText('Ask Mina about the keys').waitFor({ timeout: LIMIT_MS });
    await dialog.getByRole('button', { name: 'Yes' }).click();
    deepEqual(JSON.parse(await added), { changed: session });
    await until(
      async () => /\n- Ask Mina about the keys\n\n## Transcript/.test(await note()),
      'the line is in the note',
    );
  });

  it('get a task from the panel with its quote, its files and a link to the minute', async () => {
    const input = window.page.locator('.interactive-input-part');
    const chatText = async (): Promise<string> =>
      (await input.locator('.view-line').allTextContents()).join('\n').replaceAll('\u00a0', ' ');
    const panel = await window.webview('earmark.earmark', 'earmark-panel', LIMIT_MS);
    const card = panel.locator('.card', { hasText: /upgrade/i }).first();
    await card.hover();
    await card.getByRole('button', { name: /^Convert to TODO/ }).click();
    const row = window.page.locator('.quick-input-list .monaco-list-row');
    await row.getByText('Create GitHub Issue…').waitFor();
    await row.getByText('Hand to Agent').click();
    await until(async () => (await chatText()).startsWith('Do this task'), 'the task');
    const text = await chatText();
    match(text, /^Do this task from a meeting: [^]*upgrade/i);
    const quote = /“([^”]+)”/.exec(text.replaceAll('\n', ' '))?.[1] ?? '';
    ok(
      (await said()).some((one) => one.includes(quote.slice(0, 30)) && quote !== ''),
      text,
    );
    await input
      .locator('.chat-attached-context-attachment')
      .getByText('upgradeTest.ts')
      .first()
      .waitFor();
    await window.screenshot(join(shots, 'agents-hand-over.png'));
    // The input shows a part of a long text.
    await input.locator('.view-lines').first().click();
    await window.page.keyboard.press('Control+End');
    await until(
      async () => /earmark\.earmark\/quote\?session=/.test((await chatText()).replace(/\s/g, '')),
      'the link to the minute',
    );
    // The note's language server starts with the first note.
    await until(async () => {
      const actions = (await window.execute('earmark-test.noteActions')) as string[];
      return ['Hand to Agent', 'Create GitHub Issue…'].every((title) => actions.includes(title));
    }, 'the code actions of the note');
  });

  it('answer during a meeting about what was said 20 s ago', async () => {
    const session = await connection.start(
      {
        kind: 'meeting',
        title: 'Live',
        sources: [{ source: 'mic', origin: { type: 'push' } }],
        partials: false,
        insights: false,
      },
      () => undefined,
    );
    const pusher = createFramePusher(connection, session, { source: 'mic' });
    pusher.write(say(1, 2, 3));
    await pusher.whenReady();
    pusher.write(new Int16Array(16_000 * 20));
    pusher.write(say(4));
    await until(async () => (await segmentsOf(session.sessionId)).length === 4, 'four phrases');
    match(await ask('who mentioned w3?'), /“w3”/);
    const last = await ask('what was said in the last 5 seconds?');
    deepEqual(
      [...last.matchAll(/“([^”]+)”/g)].map(([, quote]) => quote),
      ['w4'],
    );
    await pusher.end();
    pusher.dispose();
    await connection.request(SessionStop, { sessionId: session.sessionId });
  });
});
