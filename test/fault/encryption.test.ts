/**
 * With a key nothing that was said stands in any file; without it nothing is read, and what was
 * interrupted waits for it.
 */
import { deepEqual, equal, rejects, throws } from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDaemon, type DaemonClient } from '../../client';
import { givenKey } from '../../daemon/adapters/store/encryption/givenKey';
import { Storage } from '../../daemon/adapters/store/storage';
import { FRAME_MS, FRAME_SAMPLES } from '../../daemon/audio/frame';
import { ManualClock } from '../../daemon/base/clock';
import { silentLogger } from '../../daemon/base/logger';
import { DaemonHealth } from '../../protocol/health';
import { PrivacyRotateKey, PrivacyUnlock } from '../../protocol/privacy';
import { SessionGet, SessionList } from '../../protocol/session';
import { DaemonFolder, scriptedDaemon } from '../../testing/processes/daemonProcess';

const WORDS = ['quagga', 'zeppelin', 'marmalade'];

function filesWith(folder: string, what: readonly Buffer[]): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) =>
      statSync(join(folder, name)).isFile() &&
      what.some((bytes) => readFileSync(join(folder, name)).includes(bytes)),
  );
}

describe('encryption at rest', function () {
  this.timeout(60_000);
  let folder: DaemonFolder;
  const open: Storage[] = [];
  beforeEach(() => (folder = new DaemonFolder()));
  afterEach(async () => {
    for (const storage of open.splice(0)) await storage.close();
    await folder.remove();
  });
  const storage = async (env: Record<string, string> = {}): Promise<Storage> => {
    for (const before of open.splice(0)) await before.close();
    const made = await Storage.open({
      home: folder.path,
      clock: new ManualClock(),
      logger: silentLogger,
      keys: {
        key: env['EARMARK_KEY'] ?? '',
        keyFile: env['EARMARK_KEY_FILE'] ?? '',
        platform: 'linux',
      },
    });
    open.push(made);
    return made;
  };
  it('keeps nothing, and says why, where the database cannot encrypt', async () => {
    process.env['EARMARK_SQLITE'] = 'plain';
    try {
      const { locked, problem, store } = await storage({ EARMARK_KEY: 'secret' });
      deepEqual(
        [
          locked,
          /Windows on Arm/.test(problem ?? ''),
          existsSync(join(folder.path, 'keyring.json')),
          existsSync(join(folder.path, 'earmark.db')),
        ],
        [true, true, false, false],
      );
      await rejects(store.getSession('a'), { code: 'store.locked' });
      await rejects(open[0]!.unlock('secret'), { code: 'store.locked' });
    } finally {
      delete process.env['EARMARK_SQLITE'];
    }
  });

  const audio = new Int16Array(FRAME_SAMPLES).map((_, i) => (i * 37) % 9000);
  const speak = async ({ store, spools, uploads, uploadSpools }: Storage): Promise<void> => {
    await store.createSession({
      id: 'a',
      kind: 'meeting',
      title: `The ${WORDS[0]}`,
      state: 'STREAMING',
      startedAt: '2026-01-05T09:00:00+00:00',
      createdMs: 1,
      durationMs: 0,
      sources: [{ source: 'file', origin: { type: 'push' } }],
      language: 'en',
      provider: 'scripted',
      model: 'script',
      live: true,
      partials: false,
      insights: false,
      ephemeral: false,
      keepAudio: true,
    });
    await store.append('a', [
      { kind: 'state', from: 'IDLE', to: 'STARTING', cause: 'start', seq: 1, time: 0 },
      { kind: 'state', from: 'STARTING', to: 'STREAMING', cause: 'start', seq: 2, time: 0 },
      ...WORDS.map((word, i) => ({
        kind: 'final' as const,
        segment: {
          id: `s${i}`,
          startMs: i,
          endMs: i + 1,
          source: 'file' as const,
          speaker: 'You',
          text: `about the ${word}`,
          confidence: 1,
          revision: 0,
        },
        seq: i + 3,
        time: 0,
      })),
    ]);
    uploads.write({
      id: 'u',
      remote: 'far:1',
      sessionId: 'b',
      startedAt: '2026-01-05T09:00:00+00:00',
      sources: [{ source: 'mic' }],
      state: 'uploading',
      ended: false,
    });
    for (const [source, spool] of [
      ['file', spools.open('a')],
      ['mic', uploadSpools.open('u')],
    ] as const) {
      for (let seq = 0; seq < 20; seq++)
        spool.append({ source, seq, captureMs: seq * FRAME_MS, pcm: audio });
      spool.dispose();
    }
  };
  const read = async ({ store, spools, uploads, uploadSpools }: Storage) => {
    const frames = (
      [
        ['file', spools.open('a')],
        ['mic', uploadSpools.open('u')],
      ] as const
    ).map(([source, spool]) => {
      const all = spool.read(source, 0, 99);
      spool.dispose();
      return all.filter(({ pcm }) => pcm.every((v, i) => v === audio[i])).length;
    });
    return {
      texts: (await store.segments('a')).length,
      found: (await store.search({ words: ['zeppelin'], kind: 'transcript', limit: 9 })).length,
      title: (await store.getSession('a'))?.title,
      frames,
      uploads: uploads.list().map(({ id }) => id),
    };
  };
  const whole = { texts: 3, found: 1, title: 'The quagga', frames: [20, 20], uploads: ['u'] };
  const secrets = [...WORDS.map((word) => Buffer.from(word)), Buffer.from(audio.buffer, 200, 64)];

  it('promise: encrypted data has no readable word and no audio in any file', async () => {
    await speak(await storage());
    const clear = filesWith(folder.path, secrets).length;
    const now = await read(await storage({ EARMARK_KEY: 'a long passphrase' }));
    const again = await read(await storage({ EARMARK_KEY: 'a long passphrase' }));
    deepEqual(
      {
        clear: clear >= 2,
        now,
        again,
        left: filesWith(folder.path, secrets),
        modes: statSync(join(folder.path, 'keyring.json')).mode & 0o777,
      },
      { clear: true, now: whole, again: whole, left: [], modes: 0o600 },
    );
  });

  it('is not read without the key or with another, and the key can be changed', async () => {
    await speak(await storage({ EARMARK_KEY: 'the first key' }));
    for (const env of [{}, { EARMARK_KEY: 'another key' }])
      await rejects(async () => (await storage(env)).store.segments('a'), { code: 'store.locked' });
    const locked = await storage();
    await rejects(locked.unlock('another key'), { code: 'store.locked' });
    deepEqual(await Promise.all([locked.unlock('the first key'), locked.unlock('the first key')]), [
      true,
      false,
    ]);
    locked.rotate('the second key');
    await rejects(
      async () => (await storage({ EARMARK_KEY: 'the first key' })).store.segments('a'),
      { code: 'store.locked' },
    );
    const file = join(folder.path, 'key');
    writeFileSync(file, 'the second key\n');
    deepEqual(await read(await storage({ EARMARK_KEY_FILE: file })), whole);
  });

  it('waits with what was interrupted until the editor gives the key', async () => {
    await speak(await storage({ EARMARK_KEY: 'the first key' }));
    for (const before of open.splice(0)) await before.close();
    let client: DaemonClient | undefined;
    try {
      client = await ensureDaemon({
        stateDir: folder.path,
        client: { name: 'test', version: '1' },
        daemon: scriptedDaemon(),
      });
      const refused = await client
        .request(SessionList, {})
        .catch((error: unknown) => (error as { code?: string }).code);
      const { problems } = await client.request(DaemonHealth, {});
      const unlocked = await client.request(PrivacyUnlock, { key: 'the first key' });
      const { session, segments } = await client.request(SessionGet, { sessionId: 'a' });
      await client.request(PrivacyRotateKey, { key: 'the second key' });
      deepEqual(
        {
          refused,
          said: problems.some((sentence) => sentence.includes('encrypted')),
          unlocked,
          state: session.state,
          segments: segments.length,
        },
        {
          refused: 'store.locked',
          said: true,
          unlocked: { encrypted: true },
          state: 'STREAMING',
          segments: 3,
        },
      );
    } finally {
      client?.dispose();
    }
  });

  it('takes the key from the keychain of the platform, where it puts a new one the first time', () => {
    for (const platform of ['linux', 'darwin'] as const) {
      let kept = '';
      const run = (command: string, args: readonly string[], input?: string): string => {
        equal(command, platform === 'linux' ? 'secret-tool' : 'security');
        if (input === undefined) return `${kept}\n`;
        kept = input.split('\n')[0] ?? '';
        equal(
          args.some((arg) => arg.includes(kept)),
          false,
        );
        return '';
      };
      const first = givenKey({ key: 'keychain', keyFile: '', platform, run }, undefined);
      deepEqual(givenKey({ key: '', keyFile: '', platform, run }, 'keychain'), first);
      deepEqual(
        {
          same: first?.key === kept,
          long: kept.length > 40,
          none: givenKey({ key: '', keyFile: '', platform, run }, undefined),
        },
        { same: true, long: true, none: undefined },
      );
    }
    throws(() => givenKey({ key: '', keyFile: '', platform: 'win32' }, 'keychain'), {
      code: 'store.locked',
      message: /EARMARK_KEY/,
    });
    const none = (): string => {
      throw new Error('ENOENT');
    };
    throws(() => givenKey({ key: '', keyFile: '', platform: 'linux', run: none }, 'keychain'), {
      code: 'store.locked',
      message: /libsecret-tools/,
    });
  });
});
