/**
 * `earmark mcp` with the SDK's own client: a scripted conversation, a meeting that runs, hostile
 * arguments.
 */
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { createConnection, createFramePusher } from '../../../client';
import { SessionStop } from '../../../protocol/session';
import {
  DaemonFolder,
  scriptedCli,
  scriptedDaemon,
} from '../../../testing/processes/daemonProcess';
import { keepMeeting } from '../../../testing/harness/keptMeeting';
import { McpAgent } from '../../../testing/fakes/mcpAgent';
import { say } from '../../../testing/harness/sessionHarness';

const DAY_MS = 86_400_000;
const NOW = Date.parse('2026-11-20T10:00:00Z');

describe('earmark mcp', function () {
  this.timeout(60_000);
  let folder: DaemonFolder;
  const agent = new McpAgent();
  before(async () => {
    folder = new DaemonFolder();
    keepMeeting(folder.path, 'aaaa1111', 'release-go-no-go', NOW - DAY_MS, [
      { name: 'installer', uri: 'src/setup/installer.ts' },
      { name: 'upgrade', uri: 'src/upgradeTest.ts' },
    ]);
    keepMeeting(folder.path, 'bbbb2222', 'checkout-sprint-planning', NOW);
    await agent.start(scriptedCli(['mcp']), { EARMARK_HOME: folder.path });
  });
  after(async () => {
    await agent.end();
    await folder.remove();
  });

  it('promise: agents only read unless changes are allowed', async () => {
    const { tools } = await agent.client.listTools();
    deepEqual(
      tools.map(({ name }) => name),
      [
        ...['list_sessions', 'search', 'read_session', 'list_insights', 'live_transcript'],
        ...['said_about', 'open_actions', 'changes_since'],
      ],
    );
    ok(tools.every(({ outputSchema }) => outputSchema?.type === 'object'));
    deepEqual(
      tools.filter(
        ({ annotations, inputSchema }) =>
          annotations?.readOnlyHint !== true || inputSchema['additionalProperties'] !== false,
      ),
      [],
    );
    match(agent.client.getInstructions() ?? '', /never instructions/);
  });

  it('lists, reads, and finds decisions and actions with the words they rest on', async () => {
    const { sessions } = await agent.ask('list_sessions');
    deepEqual(
      sessions.map(({ id, title, state }) => [id, title, state]),
      [
        ['bbbb2222', 'Sprint planning of the checkout team', 'DONE'],
        ['aaaa1111', 'Go or no go for version four', 'DONE'],
      ],
    );
    const page = await agent.ask('read_session', { session: 'aaaa', offset: 2, limit: 3 });
    deepEqual(
      [page.segments.map(({ id }) => id), page.segments[0]?.speaker, page.next],
      [['s3', 's4', 's5'], 'Sam', 'Use offset 5 for the next page.'],
    );
    const whole = (await agent.ask('read_session', { session: 'aaaa1111', limit: 500 })).segments;
    deepEqual(page.speakers, [...new Set(whole.map(({ speaker }) => speaker))]);
    const said = new Map(whole.map((segment) => [segment.id as string, segment.text as string]));
    const { insights } = await agent.ask('list_insights', { session: 'aaaa1111' });
    ok(
      insights.some(({ kind }) => kind === 'decision') &&
        insights.some(({ kind, owner }) => kind === 'action' && owner !== undefined),
    );
    const unfounded = insights.filter(
      ({ evidence }) =>
        evidence.length === 0 || evidence.some((e) => !said.get(e.segment)?.includes(e.quote)),
    );
    deepEqual(unfounded, []);
  });

  it('searches words, kinds and people', async () => {
    const hits = (await agent.ask('search', { query: 'windows eight' })).hits;
    ok(
      hits.length >= 2 &&
        hits.every(({ session, text }) => session === 'aaaa1111' && /windows eight/i.test(text)),
    );
    const mina = (
      await agent.ask('search', {
        kind: 'action',
        speaker: 'Mina',
        repository: 'shop',
        since: '2026-11-01',
      })
    ).hits;
    ok(mina.length > 0 && mina.every(({ owner }) => owner === 'Mina'));
    deepEqual((await agent.ask('search', { query: 'windows', until: '2026-11-01' })).hits, []);
  });

  it('tells what was said about a symbol and about a file', async () => {
    const symbol = await agent.ask('said_about', { name: 'upgradeTest' });
    deepEqual(symbol.spokenAs, ['upgrade', 'test']);
    ok(
      symbol.segments.length >= 2 &&
        symbol.segments.every(({ text }) => /upgrade test/i.test(text)),
    );
    const file = await agent.ask('said_about', { name: 'src/upgradeTest.ts' });
    ok(
      file.insights.length > 0 &&
        file.insights.every(({ symbols }) =>
          symbols!.some(({ uri }) => uri === 'src/upgradeTest.ts'),
        ),
    );
    deepEqual(await agent.ask('said_about', { name: 'src/nobodySpokeOfThis.ts' }), {
      name: 'src/nobodySpokeOfThis.ts',
      spokenAs: ['nobody', 'spoke', 'of', 'this'],
      insights: [],
      segments: [],
    });
  });

  it('lists open actions of all meetings, and changes since a day, each with its quote', async () => {
    const { actions } = await agent.ask('open_actions');
    deepEqual([...new Set(actions.map(({ session }) => session))], ['bbbb2222', 'aaaa1111']);
    ok(actions.every(({ status, evidence }) => status === 'open' && evidence.length > 0));
    const mina = (await agent.ask('open_actions', { owner: 'Mina' })).actions;
    ok(mina.length > 0 && mina.length < actions.length);
    const changes = await agent.ask('changes_since', { since: '2026-11-20' });
    deepEqual(
      changes.sessions.map(({ id }) => id),
      ['bbbb2222'],
    );
    ok(changes.decisions.length > 0 && changes.opened.length > 0);
    ok([...changes.decisions, ...changes.opened].every(({ session }) => session === 'bbbb2222'));
  });

  it('serves sessions as resources', async () => {
    const { resources } = await agent.client.listResources();
    deepEqual(resources.map(({ uri }) => uri).sort(), [
      'earmark://running',
      'earmark://sessions/aaaa1111',
      'earmark://sessions/bbbb2222',
    ]);
    const { contents } = await agent.client.readResource({ uri: 'earmark://sessions/aaaa1111' });
    const [{ text } = { text: '' }] = contents as { text: string }[];
    match(
      text,
      /^# Go or no go for version four\n[^]*\n## Decisions\n- [^]*\n## Transcript\n\[00:00:/,
    );
    await rejects(
      agent.client.readResource({ uri: 'earmark://running' }),
      /No meeting is running; read a session instead/,
    );
    await rejects(
      agent.client.readResource({ uri: 'earmark://sessions/..%2F..%2Fetc' }),
      /Give the id of a session/,
    );
  });

  it('follows a meeting that runs: the last words, then only what is new, then its end', async () => {
    equal(
      (await agent.call('live_transcript')).text,
      'No meeting is running; give the id of a session from list_sessions.',
    );
    const connection = createConnection({
      stateDir: folder.path,
      client: { name: 'test', version: '0' },
      daemon: scriptedDaemon(),
      timeoutMs: 30_000,
    });
    try {
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
      pusher.write(say(1, 2));
      await pusher.whenReady();
      const first = await recognised(['w1', 'w2']);
      pusher.write(say(3));
      const next = await agent.ask('live_transcript', { after: first, waitSeconds: 20 });
      deepEqual(
        next.segments.map(({ text }) => text),
        ['w3'],
      );
      await pusher.end();
      await connection.request(SessionStop, { sessionId: session.sessionId });
      let cursor = next.cursor as number;
      for (let last = next; last.next !== 'The session has ended.'; cursor = last.cursor) {
        last = await agent.ask('live_transcript', {
          session: session.sessionId,
          after: cursor,
          waitSeconds: 20,
        });
        deepEqual(last.segments, []);
      }
      pusher.dispose();
      const again = await agent.ask('live_transcript', { session: session.sessionId, after: 0 });
      deepEqual(
        again.segments.map(({ text }) => text),
        ['w1', 'w2', 'w3'],
      );
    } finally {
      connection.dispose();
    }
  });

  /** @returns the cursor behind the last of the words */
  async function recognised(words: readonly string[]): Promise<number> {
    for (let tries = 0; tries < 300; tries++) {
      const { segments, cursor } = await agent.ask('live_transcript');
      if (segments.length === words.length) {
        deepEqual(
          segments.map(({ text }) => text),
          words,
        );
        return cursor;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error('The words did not come.');
  }

  const PATH = /Give the path from the workspace folder/;
  describe('promise: agents name no file and no unbounded argument', () => {
    const refused = (
      name: string,
      tool: string,
      input: Record<string, unknown>,
      sentence: RegExp,
    ) =>
      it(name, async () => {
        const { failed, text } = await agent.call(tool, input);
        deepEqual([failed, text.length < 1000], [true, true], text);
        match(text, sentence);
      });
    refused(
      'a number for words',
      'search',
      { query: 7 },
      /expected string, received number at query/,
    );
    refused(
      'a megabyte of words',
      'search',
      { query: 'x'.repeat(900_000) },
      /<=500 characters at query/,
    );
    refused(
      'an argument that is none',
      'search',
      { query: 'a', sql: 'DROP TABLE' },
      /Unrecognized key: "sql"/,
    );
    refused(
      'a hundred thousand members',
      'list_insights',
      { session: 'aaaa', kinds: Array(100_000).fill('action') },
      /more than the maximum of 100 elements/,
    );
    refused('a limit beyond bounds', 'search', { query: 'a', limit: 1e9 }, /<=100 at limit/);
    refused('a limit that is no number', 'list_sessions', { limit: 'all' }, /at limit/);
    refused(
      'signs without words',
      'search',
      { query: '"*" -- ^' },
      /Give words with letters or digits at query/,
    );
    refused(
      'a control character',
      'search',
      { query: 'a\u0000b' },
      /Control characters have no place here at query/,
    );
    refused(
      'a date that is none',
      'search',
      { query: 'a', since: "1' OR '1'='1" },
      /Write the date as 2026-11-21 at since/,
    );
    refused(
      'a day that no month has',
      'search',
      { query: 'a', since: '2026-99-99' },
      /"since" is not a date/,
    );
    refused(
      'a path for a session',
      'read_session',
      { session: '../../etc/passwd' },
      /Give the id of a session/,
    );
    refused('a session that is not there', 'read_session', { session: 'zzzz' }, /no such session/i);
    refused('a path outside the workspace', 'said_about', { name: '../../etc/passwd' }, PATH);
    refused('an absolute path', 'said_about', { name: '/etc/passwd' }, PATH);
    refused('a drive', 'said_about', { name: 'C:/Windows/win.ini' }, PATH);
    refused('an address', 'said_about', { name: 'file:///etc/passwd' }, PATH);
    refused(
      'a name with quotes',
      'said_about',
      { name: `x' UNION SELECT body FROM segments --` },
      /Give a name as it stands in the code/,
    );
    refused(
      'a cursor of the future',
      'live_transcript',
      { session: 'aaaa', after: 2 ** 53 - 1 },
      /beyond the end of the session/,
    );
    refused(
      'a wait without end',
      'live_transcript',
      { session: 'aaaa', after: 1, waitSeconds: 1e6 },
      /<=30 at waitSeconds/,
    );
    refused(
      'a change, where only reading is allowed',
      'revise_insight',
      { session: 'aaaa', insight: 'i1', status: 'done' },
      /revise_insight not found/,
    );
    refused('a tool that is none', '__proto__', {}, /not found|not a function|disabled/);

    it('query syntax: SQL and FTS are words like any', async () => {
      const found = async (query: string) => (await agent.ask('search', { query })).hits.length;
      const all = await found('the');
      deepEqual(
        [
          await found('windows OR zebra'),
          await found('windows*'),
          await found('text:windows'),
          await found("x') OR 1=1 --"),
          await found('NEAR(windows eight, 2)'),
          await found('"windows"'),
          all > 5,
        ],
        [0, await found('windows'), 0, 0, 0, await found('windows'), true],
      );
    });
  });

  it('promise: agents change only if allowed, and get no secret', async () => {
    const bold = new McpAgent();
    await bold.start(scriptedCli(['mcp', '--allow-changes']), { EARMARK_HOME: folder.path });
    try {
      const { insights } = await bold.ask('list_insights', { session: 'bbbb', kinds: ['action'] });
      const insight = insights[0]!.id;
      await bold.ask('revise_insight', { session: 'bbbb', insight, status: 'done', owner: 'Ida' });
      await bold.ask('rename_session', { session: 'bbbb', title: 'Planning for ida@example.org' });
      const after = await agent.ask('list_insights', { session: 'bbbb', kinds: ['action'] });
      const changed = after.insights.find(({ id }) => id === insight)!;
      deepEqual(
        [after.session.title, changed.status, changed.owner],
        ['Planning for [email]', 'done', 'Ida'],
      );
      await bold.ask('tick_action', { session: 'bbbb', insight, done: false });
      const opened = (await agent.ask('open_actions')).actions;
      await bold.ask('tick_action', { session: 'bbbb', insight });
      const left = (await agent.ask('open_actions')).actions;
      const { closed } = await agent.ask('changes_since', { since: '2026-11-20' });
      deepEqual(
        [opened, left, closed].map((list) =>
          list.some((one) => one.session === 'bbbb2222' && one.id === insight),
        ),
        [true, false, true],
      );
      const { tools } = await bold.client.listTools();
      deepEqual(
        tools.filter(({ annotations }) => annotations?.readOnlyHint !== true).map((t) => t.name),
        ['tick_action', 'revise_insight', 'rename_session'],
      );
    } finally {
      await bold.end();
    }
  });
});
