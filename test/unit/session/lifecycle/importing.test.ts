/** Transcripts of other programs as meetings: what they hold, whose they are, and bad files. */
import { deepEqual, equal, match } from 'node:assert/strict';
import { analyseText } from '../../../../daemon/insights/analyseText';
import { createAnalyzerFactory } from '../../../../daemon/insights/analyzerFactory';
import {
  SessionDelete,
  SessionExport,
  SessionGet,
  SessionList,
} from '../../../../protocol/session';
import { TranscriptImport } from '../../../../protocol/transcript';
import { RpcHarness } from '../../../../testing/harness/rpcHarness';

const TEAMS = `WEBVTT

0/1
00:00:01.000 --> 00:00:04.000
<v Ana Diaz>We decided to keep the old export format.</v>

0/2
00:00:05.000 --> 00:00:08.000
<v Ben Ode>I'll fix the importer by Friday.</v>
`;
const ZOOM = `1
00:00:01,000 --> 00:00:04,000
Ana Diaz: We decided to keep the old export format.

2
00:00:05,000 --> 00:00:08,000
Ben Ode: I'll fix the importer by Friday.
`;
const MEET = `Ana Diaz: We decided to keep the old export format.
Ben Ode: I'll fix the importer by Friday.
`;

async function imported(text: string) {
  const analyzers = createAnalyzerFactory();
  const h = new RpcHarness({
    analysis: { analyse: (given, _, signal) => analyseText(analyzers, given, signal) },
  });
  const client = await h.client();
  const answer = await client.ask(TranscriptImport, {
    text,
    title: 'Weekly',
    startedAt: '2026-11-23T09:30:00+01:00',
  });
  return { h, client, answer, id: answer.sessionId };
}

describe('imported transcript', () => {
  for (const [name, text] of Object.entries({ TEAMS, ZOOM, MEET }))
    it(`of the form ${name} is an ended meeting with speakers and insights`, async () => {
      const { h, client, answer, id } = await imported(text);
      deepEqual([answer.segments, answer.speakers], [2, ['Ana Diaz', 'Ben Ode']]);
      const { sessions } = await client.ask(SessionList, {});
      deepEqual(
        sessions.map(({ title, state, kind, startedAt }) => [title, state, kind, startedAt]),
        [['Weekly', 'DONE', 'meeting', '2026-11-23T09:30:00+01:00']],
      );
      const { segments, speakers, insights } = await client.ask(SessionGet, { sessionId: id });
      deepEqual(
        segments.map(({ id: segment, speaker }) => [segment, speaker]),
        [
          ['s1', 'Ana Diaz'],
          ['s2', 'Ben Ode'],
        ],
      );
      deepEqual(
        speakers.map((speaker) => speaker.name),
        ['Ana Diaz', 'Ben Ode'],
      );
      const action = insights.find(({ kind }) => kind === 'action');
      deepEqual([action?.owner, action?.due?.date], ['Ben Ode', '2026-11-27']);
      const { text: page } = await client.ask(SessionExport, { sessionId: id, format: 'md' });
      match(page, /\*\*Ana Diaz\*\* \[00:00:0\d\] We decided/);
      await client.ask(SessionDelete, { sessionId: id });
      h.dispose();
    });

  it('says what is wrong with a file, and stores nothing', async () => {
    const h = new RpcHarness();
    const client = await h.client();
    const code = (params: object) =>
      client.code('transcript/import', { title: 'Weekly', text: MEET, ...params });
    deepEqual(
      [
        await code({ text: '\n \n' }),
        await code({ text: '{"segments": 1}' }),
        await code({ startedAt: 'soon' }),
      ],
      ['analysis.badInput', 'analysis.badInput', 'analysis.badInput'],
    );
    equal(await code({ title: '' }), 'rpc.invalidParams');
    deepEqual((await client.ask(SessionList, {})).sessions, []);
    h.dispose();
  });

  it('of a network user belongs to that user', async () => {
    const h = new RpcHarness();
    const of = (user: string) =>
      h.client({}, { kind: 'remote', user, scopes: ['record'], tokenId: user });
    const [ann, ben] = [await of('ann'), await of('ben')];
    await ann.ask(TranscriptImport, { text: MEET, title: 'Weekly' });
    equal((await ann.ask(SessionList, {})).sessions.length, 1);
    equal((await ben.ask(SessionList, {})).sessions.length, 0);
    h.dispose();
  });
});
