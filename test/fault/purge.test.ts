/** After a purge no byte of a session is left in the state folder: not its id, not a word of it. */
import { deepEqual, equal, match } from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureDaemon, type DaemonClient } from '../../client';
import { openStore } from '../../daemon/adapters/store/openStore';
import { PrivacyRetention } from '../../protocol/privacy';
import { SessionGet, SessionPurge, SessionSearch } from '../../protocol/session';
import type { DurableEventBody, SessionRecord } from '../../daemon/session/contract/events';
import { DaemonFolder, scriptedDaemon } from '../../testing/processes/daemonProcess';
import { cli } from '../../testing/processes/runCli';

/** Words that stand in no other file. */
const WORDS = [
  'quagga',
  'zeppelin',
  'marmalade',
  'obelisk',
  'thistledown',
  'xylophone',
  'periwinkle',
  'gondolier',
  'buttercup',
  'krakatoa',
];
const DAY_MS = 86_400_000;

/** Files under a folder that hold any of the texts, in any letter case. */
function filesWith(folder: string, texts: readonly string[]): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .filter((name) => {
      const bytes = readFileSync(join(folder, name)).toString('latin1').toLowerCase();
      return (
        texts.some((text) => bytes.includes(text.toLowerCase())) ||
        texts.some((text) => name.includes(text))
      );
    });
}

/** A session as it lies in the store when it is over. */
function fill(
  file: string,
  id: string,
  createdMs: number,
  words: readonly string[],
  change: Partial<SessionRecord> = {},
): void {
  const { store } = openStore({ file });
  store.createSession({
    id,
    kind: 'meeting',
    title: `About ${words[0]}`,
    state: 'IDLE',
    startedAt: new Date(createdMs).toISOString(),
    createdMs,
    durationMs: 60_000,
    sources: [{ source: 'mic', origin: { type: 'push' } }],
    language: 'en',
    provider: 'scripted',
    model: 'script',
    live: true,
    partials: true,
    insights: true,
    ephemeral: false,
    keepAudio: true,
    consent: { by: 'somebody', at: new Date(createdMs).toISOString(), wording: 'I agree' },
    ...change,
  });
  const bodies: DurableEventBody[] = words.map((word, i) => ({
    kind: 'final',
    segment: {
      id: `s${i + 1}`,
      startMs: i * 1000,
      endMs: i * 1000 + 900,
      source: 'mic',
      speaker: 'You',
      text: `We talk about the ${word} now`,
      confidence: 0.9,
      revision: 0,
    },
  }));
  const quote = bodies[0]?.kind === 'final' ? bodies[0].segment.text : '';
  bodies.push({
    kind: 'action',
    op: 'add',
    insight: {
      id: 'i1',
      kind: 'action',
      text: `Buy a ${words[1]}`,
      status: 'open',
      confidence: 1,
      evidence: [{ segmentId: 's1', startMs: 0, endMs: 900, quote }],
      symbols: [],
    },
  });
  bodies.push({ kind: 'state', from: 'FINALIZING', to: 'DONE', cause: 'stop.request' });
  store.append(
    id,
    bodies.map((body, i) => ({ ...body, seq: i + 1, time: i })),
  );
  store.close();
}

describe('purge and retention', function () {
  this.timeout(60_000);
  let folder: DaemonFolder;
  let client: DaemonClient | undefined;
  const connect = async (): Promise<DaemonClient> =>
    (client = await ensureDaemon({
      stateDir: folder.path,
      client: { name: 'test', version: '1' },
      daemon: scriptedDaemon(),
    }));
  beforeEach(() => (folder = new DaemonFolder()));
  afterEach(async () => {
    client?.dispose();
    await folder.remove();
  });
  const db = (): string => join(folder.path, 'earmark.db');

  it('promise: a purge leaves neither the id nor a word in any file', async () => {
    const [id, other] = ['Purge4Me9xYz', 'KeepMe7aBcD'];
    fill(db(), other, Date.now(), ['narwhal', 'tugboat']);
    fill(db(), id, Date.now(), WORDS);
    mkdirSync(join(folder.path, 'spool', id), { recursive: true });
    writeFileSync(join(folder.path, 'spool', id, '000001.spool'), WORDS.join(' '));
    writeFileSync(`${db()}.damaged-2026-01-05T09-00-00-000Z`, WORDS.join(' '));
    const notes = mkdtempSync(join(tmpdir(), 'earmark-notes-'));
    for (const name of [id, other])
      writeFileSync(join(notes, `${name}.earmark.md`), `---\nsession: ${name}\n---\n# A note\n`);
    const before = filesWith(folder.path, [id, ...WORDS]).length;
    const { code, out } = await cli(folder.path, ['sessions', 'purge', id, '--note', notes]);
    deepEqual(
      {
        code,
        before: before >= 3,
        left: filesWith(folder.path, [id, ...WORDS]),
        notes: readdirSync(notes),
      },
      { code: 0, before: true, left: [], notes: [`${other}.earmark.md`] },
    );
    rmSync(notes, { recursive: true });
    match(
      out,
      /removed 10 transcript segments, 1 insights, 12 events, 1 audio files, its search index, 1 earlier damaged databases\.\n.*removed the note/,
    );
    await connect();
    equal((await client?.request(SessionSearch, { query: 'narwhal' }))?.hits[0]?.sessionId, other);
    await client?.request(SessionPurge, { sessionId: other });
    deepEqual(filesWith(folder.path, [other, 'narwhal', 'tugboat']), []);
  });

  it('promise: data is deleted after the days in the settings', async () => {
    const [old, young] = ['OldSession11', 'NewSession22'];
    fill(db(), old, Date.now() - 10 * DAY_MS, WORDS);
    fill(db(), young, Date.now(), ['narwhal', 'tugboat']);
    for (const name of [old, young]) {
      mkdirSync(join(folder.path, 'spool', name), { recursive: true });
      writeFileSync(join(folder.path, 'spool', name, '000001.spool'), '');
    }
    await connect();
    const shape = async (sessionId: string) => {
      const { segments, insights, session } =
        (await client?.request(SessionGet, { sessionId })) ?? {};
      return {
        segments: segments?.length,
        counted: session?.segments,
        insights: insights?.length,
        audio: readdirSync(join(folder.path, 'spool')).includes(sessionId),
      };
    };
    await client?.request(PrivacyRetention, { set: { audioDays: 20, transcriptDays: 5 } });
    const first = {
      old: await shape(old),
      young: await shape(young),
      left: filesWith(folder.path, WORDS.slice(2)),
    };
    // The next start applies it by itself: a day was taken off meanwhile.
    client?.dispose();
    await folder.kill();
    const { store } = openStore({ file: db() });
    store.setSetting(
      'retention',
      JSON.stringify({ audioDays: 9, transcriptDays: 5, insightsDays: 9 }),
    );
    store.close();
    await connect();
    for (
      let tries = 0;
      tries < 200 && ((await shape(old)).insights !== 0 || (await shape(old)).audio);
      tries++
    )
      await new Promise((resolve) => setTimeout(resolve, 50));
    const second = { old: await shape(old), young: await shape(young) };
    const kept = { segments: 2, counted: 2, insights: 1, audio: true };
    deepEqual(
      { first, second },
      {
        first: {
          old: { segments: 0, counted: 0, insights: 1, audio: true },
          young: kept,
          left: [],
        },
        second: { old: { segments: 0, counted: 0, insights: 0, audio: false }, young: kept },
      },
    );
  });
});
