/**
 * Answers to questions over three meetings of test/fixtures/meetings, by search alone: each answer
 * cites a quote that stands in the transcript. A running meeting is asked about the last words.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { answerQuestion, type QuotedAnswer, questionWords } from '../../../agents/ask';
import type { AgentConnection } from '../../../agents/connection';
import { createConnection, createFramePusher, type Connection } from '../../../client';
import { SessionGet, SessionStop } from '../../../protocol/session';
import { DaemonFolder, scriptedDaemon, until } from '../../../testing/processes/daemonProcess';
import { keepMeeting } from '../../../testing/harness/keptMeeting';
import { say } from '../../../testing/harness/sessionHarness';

const DAY_MS = 86_400_000;
const NOW = Date.parse('2026-11-20T10:00:00Z');
const MEETINGS = {
  aaaa1111: 'release-go-no-go',
  bbbb2222: 'checkout-sprint-planning',
  cccc3333: 'mobile-team-sync',
} as const;

describe('answers about meetings', function () {
  this.timeout(60_000);
  let folder: DaemonFolder;
  let connection: Connection;
  const ask = (question: string, command?: string): Promise<QuotedAnswer> =>
    answerQuestion(connection as AgentConnection, question, command);
  before(async () => {
    folder = new DaemonFolder();
    Object.entries(MEETINGS).forEach(([id, slug], i) =>
      keepMeeting(folder.path, id, slug, NOW - i * DAY_MS),
    );
    connection = createConnection({
      stateDir: folder.path,
      client: { name: 'test', version: '0' },
      daemon: scriptedDaemon(),
      timeoutMs: 30_000,
    });
    await connection.whenConnected();
  });
  after(async () => {
    connection.dispose();
    await folder.remove();
  });

  const QUESTIONS: readonly (readonly [string, QuotedAnswer['kind'], string | undefined])[] = [
    ['What did we say about the installer on windows eight?', 'search', 'aaaa1111'],
    ['Who talked about the upgrade test?', 'search', 'aaaa1111'],
    ['What was said about analytics?', 'search', 'cccc3333'],
    ['What is open for Mina? List the open actions', 'actions', 'aaaa1111'],
    ['What are the open actions?', 'actions', undefined],
    ['What did we decide?', 'decisions', undefined],
    ['Which decisions are there about the release?', 'decisions', undefined],
  ];
  for (const [question, kind, sessionId] of QUESTIONS)
    it(`cite what exists: “${question}”`, async () => {
      const answer = await ask(question);
      equal(answer.kind, kind);
      ok(answer.quotes.length > 0, 'it has a quote');
      if (sessionId !== undefined) equal(answer.quotes[0]!.sessionId, sessionId);
      const unfounded = [];
      for (const { sessionId: id, segmentId, quote, startMs } of answer.quotes) {
        const { segments } = await connection.request(SessionGet, { sessionId: id });
        const said = segments.find((segment) => segment.id === segmentId);
        if (!said?.text.includes(quote) || said.startMs > startMs) unfounded.push(quote);
      }
      deepEqual(unfounded, []);
    });

  it('say that nothing was found instead of something near', async () => {
    deepEqual(await ask('What about zebra husbandry?'), { kind: 'search', quotes: [] });
    deepEqual(await ask('the last 5 minutes'), { kind: 'live', quotes: [] });
  });

  it('know the words of a question that are about its subject', () => {
    deepEqual(questionWords("What did we decide about Ben's retry of the cache?"), [
      'ben',
      'retry',
      'cache',
    ]);
  });

  it('cover what was said 20 s ago in a meeting that runs', async () => {
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
    const words = async (question: string): Promise<string[]> =>
      (await ask(question)).quotes.map(({ quote }) => quote);
    await until(async () => (await words('last 5 minutes')).length === 3, 'three phrases');
    // Twenty seconds of the recording later.
    pusher.write(new Int16Array(16_000 * 20));
    pusher.write(say(4));
    await until(async () => (await words('last 5 minutes')).length === 4, 'the fourth phrase');
    const { quotes } = await ask('Who mentioned w3?');
    equal(quotes[0]?.quote, 'w3');
    equal(quotes[0]?.sessionId, session.sessionId);
    deepEqual(await words('what was said in the last 5 seconds?'), ['w4']);
    const { segments } = await connection.request(SessionGet, { sessionId: session.sessionId });
    const [third, fourth] = ['w3', 'w4'].map((text) => segments.find((s) => s.text === text));
    ok(fourth!.startMs - third!.endMs >= 19_000, `${fourth!.startMs - third!.endMs} ms`);
    await pusher.end();
    pusher.dispose();
    await connection.request(SessionStop, { sessionId: session.sessionId });
  });
});
