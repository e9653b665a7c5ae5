/**
 * Promises of SECURITY.md about text that must leave: dictation and un-kept transcripts write none,
 * and a deleted session is gone within 5 s. Real processes; every file of the state folder is
 * searched for each byte of the words.
 */
import { deepEqual, ok } from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDaemon, type DaemonClient } from '../../client';
import { AudioPush } from '../../protocol/audio';
import {
  SessionDelete,
  SessionGet,
  SessionSearch,
  SessionStart,
  SessionStop,
} from '../../protocol/session';
import { DaemonFolder, scriptedDaemon, until } from '../../testing/processes/daemonProcess';
import { cli } from '../../testing/processes/runCli';
import { wav } from '../unit/capture/audioBytes';
import { say } from '../../testing/harness/sessionHarness';

/** Words that stand in no other file. */
const WORDS = ['quagga zeppelin', 'marmalade obelisk', 'xylophone gondolier'];
/** Places of the first ten words, which are so quiet that a file of them would be raised. */
const QUIET = Array.from({ length: 10 }, () => 'quiet');
/** The promise: a deleted session has left every file after this time. */
const GONE_MS = 5_000;

function filesWith(folder: string, texts: readonly string[]): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name !== 'says.json')
    .filter((name) => {
      const path = join(folder, name);
      // Files come and go meanwhile.
      if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return false;
      const bytes = readFileSync(path).toString('latin1').toLowerCase();
      return texts.some((text) => bytes.includes(text));
    });
}
const TEXTS = WORDS.flatMap((words) => words.split(' '));

describe('promise: dictation and deleted sessions leave no text', function () {
  this.timeout(60_000);
  let folder: DaemonFolder;
  let client: DaemonClient | undefined;
  const connect = async (): Promise<DaemonClient> =>
    (client = await ensureDaemon({
      stateDir: folder.path,
      client: { name: 'test', version: '1' },
      // It reads the words from this folder.
      daemon: { ...scriptedDaemon(), env: { EARMARK_HOME: folder.path } },
    }));
  beforeEach(() => {
    folder = new DaemonFolder();
    writeFileSync(join(folder.path, 'says.json'), JSON.stringify([...QUIET, ...WORDS]));
  });
  afterEach(async () => {
    client?.dispose();
    client = undefined;
    await folder.remove();
  });

  /** Speaks all words in a session, until its transcript has them. */
  const speak = async (ephemeral: boolean, kind: 'dictation' | 'meeting'): Promise<string> => {
    const daemon = client ?? (await connect());
    const { session } = await daemon.request(SessionStart, {
      kind,
      title: 'Plan',
      sources: [{ source: 'mic', origin: { type: 'push' } }],
      partials: true,
      insights: false,
      ephemeral,
    });
    const pcm = say(11, 12, 13);
    for (let at = 0; at < pcm.length; at += 16_000) {
      const part = new Int16Array(Math.ceil(Math.min(16_000, pcm.length - at) / 320) * 320);
      part.set(pcm.subarray(at, at + 16_000));
      await daemon.request(AudioPush, {
        sessionId: session.id,
        source: 'mic',
        seq: at / 320,
        captureMs: at / 16,
        pcm: Buffer.from(part.buffer).toString('base64'),
      });
    }
    await until(
      async () =>
        (await daemon.request(SessionGet, { sessionId: session.id })).segments.length >= 2,
      'two texts are final',
    );
    const { segments } = await daemon.request(SessionGet, { sessionId: session.id });
    deepEqual(
      segments.slice(0, 2).map(({ text }) => text),
      WORDS.slice(0, 2),
    );
    return session.id;
  };
  const checkNothingLeft = (when: string): void =>
    deepEqual({ when, left: filesWith(folder.path, TEXTS) }, { when, left: [] });
  const spools = (): readonly string[] => {
    try {
      return readdirSync(join(folder.path, 'spool'));
    } catch {
      return [];
    }
  };

  it('dictation writes no text and no audio: not while it runs, after stop or after cancel', async () => {
    const stopped = await speak(true, 'dictation');
    checkNothingLeft('while it runs');
    deepEqual(spools(), []);
    await client?.request(SessionStop, { sessionId: stopped });
    await until(
      async () =>
        (await client?.request(SessionGet, { sessionId: stopped }))?.session.state === 'DONE',
      'the dictation ends',
    );
    checkNothingLeft('after stop');
    await client?.request(SessionDelete, { sessionId: await speak(true, 'dictation') });
    checkNothingLeft('after cancel');
    deepEqual(spools(), []);
  });

  it('dictation leaves nothing after a kill and a restart', async () => {
    await speak(true, 'dictation');
    client?.dispose();
    client = undefined;
    await folder.kill();
    checkNothingLeft('after the kill');
    await connect();
    checkNothingLeft('after the restart');
    deepEqual(spools(), []);
  });

  it('a transcript that is not kept leaves nothing', async () => {
    const file = join(folder.path, 'talk.raw');
    const pcm = say(11, 12, 13);
    writeFileSync(
      `${file}.wav`,
      wav(pcm.length, (i) => (pcm[i] ?? 0) / 32_768),
    );
    const { out, err } = await cli(folder.path, ['transcribe', `${file}.wav`]);
    ok(out.includes('zeppelin'), `${out}${err}`);
    checkNothingLeft('after transcribe');
  });

  for (const kill of [false, true])
    it(`a deleted session has left database, log and index in 5 s${kill ? ', over a kill' : ''}`, async () => {
      const other = await speak(false, 'meeting');
      await client?.request(SessionStop, { sessionId: other });
      const id = await speak(false, 'meeting');
      await client?.request(SessionStop, { sessionId: id });
      await until(
        async () =>
          (await client?.request(SessionGet, { sessionId: id }))?.session.state === 'DONE',
        'the meeting ends',
      );
      ok(filesWith(folder.path, TEXTS).length > 0, 'the words are on disk before');
      await client?.request(SessionDelete, { sessionId: other });
      await client?.request(SessionDelete, { sessionId: id });
      if (kill) {
        client?.dispose();
        await folder.kill();
        await connect();
      }
      const begun = Date.now();
      await until(() => filesWith(folder.path, TEXTS).length === 0, 'the words left', GONE_MS * 2);
      const ms = Date.now() - begun;
      console.log(`        ${ms} ms, mark ${GONE_MS} ms`);
      ok(ms <= GONE_MS, `${ms} ms, mark ${GONE_MS} ms`);
      deepEqual((await client?.request(SessionSearch, { query: 'zeppelin' }))?.hits, []);
    });
});
