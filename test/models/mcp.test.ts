/**
 * An agent over a real session: the shipped recording, recognised and analysed, then asked about
 * through `earmark mcp` as it ships.
 */
import { deepEqual, ok } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { McpAgent } from '../../testing/fakes/mcpAgent';
import { skip } from '../../testing/harness/skip';

const root = path.resolve(__dirname, '../..');
const CLI = path.join(root, 'dist/cli.js');

describe('earmark mcp over a real session', function () {
  this.timeout(120_000);
  const agent = new McpAgent();
  let home: string | undefined;
  const cli = (...args: string[]) =>
    execFileSync(process.execPath, [CLI, ...args], {
      cwd: root,
      env: { ...process.env, EARMARK_HOME: home },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });

  before(async function () {
    const models = process.env['EARMARK_MODELS'];
    if (models === undefined || !existsSync(models))
      skip(this, 'no models: run it with "npm run test:models"');
    home = mkdtempSync(path.join(tmpdir(), 'earmark-mcp-'));
    cli('transcribe', '--keep', '--split-channels', 'demo/standup.flac');
    await agent.start({ command: process.execPath, args: [CLI, 'mcp'] }, { EARMARK_HOME: home });
  });
  after(async () => {
    await agent.end();
    if (home === undefined) return;
    cli('daemon', 'stop');
    rmSync(home, { recursive: true, force: true });
  });

  it('finds the meeting, what was decided and undertaken, and the words behind it', async () => {
    const { sessions } = await agent.ask('list_sessions');
    const session = sessions[0]!.id;
    const { segments } = await agent.ask('read_session', { session });
    const { insights } = await agent.ask('list_insights', { session });
    const said = new Map(segments.map(({ id, text }) => [id, text]));
    const unfounded = insights.filter(
      ({ evidence }) =>
        evidence.length === 0 ||
        evidence.some(({ segment, quote }) => !said.get(segment)?.includes(quote)),
    );
    ok(
      insights.some(({ kind }) => kind === 'decision') &&
        insights.filter(({ kind }) => kind === 'action').length >= 2,
    );
    const { quote, segment } = insights[0]!.evidence[0]!;
    const { hits } = await agent.ask('search', { query: quote.slice(0, 200) });
    const reported = await agent.ask('live_transcript', { session, after: 0 });
    deepEqual(
      {
        sessions: sessions.length,
        unfounded,
        found: hits.some(({ id }) => id === segment),
        reported: reported.segments.filter(({ id }) => said.has(id)).length,
        end: reported.next,
      },
      {
        sessions: 1,
        unfounded: [],
        found: true,
        reported: segments.length,
        end: 'The session has ended.',
      },
    );
  });
});
