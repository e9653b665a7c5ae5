/**
 * The promise about a lost key file: the daemon refuses, writes nothing unencrypted, and deletes
 * nothing that it could not read. Real processes and files.
 */
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { ensureDaemon, type DaemonClient } from '../../client';
import { openStore } from '../../daemon/adapters/store/openStore';
import { AudioPush } from '../../protocol/audio';
import { DaemonHealth } from '../../protocol/health';
import { PrivacyUnlock } from '../../protocol/privacy';
import { SessionGet, SessionList, SessionPurge, SessionStart } from '../../protocol/session';
import { DaemonFolder, scriptedDaemon, until } from '../../testing/processes/daemonProcess';
import { cli } from '../../testing/processes/runCli';
import { say } from '../../testing/harness/sessionHarness';

const KEY = 'correct horse battery';

describe('promise: without its key file, encrypted data is refused and kept', function () {
  this.timeout(60_000);
  let folder: DaemonFolder;
  let client: DaemonClient | undefined;
  const connect = async (env: Record<string, string> = {}): Promise<DaemonClient> => {
    client?.dispose();
    return (client = await ensureDaemon({
      stateDir: folder.path,
      client: { name: 'test', version: '1' },
      daemon: { ...scriptedDaemon(), env },
    }));
  };
  const file = (name: string): string => join(folder.path, name);
  const sumOf = (name: string): string =>
    createHash('sha256')
      .update(readFileSync(file(name)))
      .digest('hex');
  /** An unfinished encrypted meeting whose daemon was killed. */
  const meeting = async (): Promise<string> => {
    const daemon = await connect({ EARMARK_KEY: KEY });
    const { session } = await daemon.request(SessionStart, {
      kind: 'meeting',
      title: 'Plan',
      sources: [{ source: 'mic', origin: { type: 'push' } }],
      partials: false,
      insights: false,
    });
    const pcm = say(1, 2);
    for (let seq = 0; seq * 320 < pcm.length; seq += 45)
      await daemon.request(AudioPush, {
        sessionId: session.id,
        source: 'mic',
        seq,
        captureMs: seq * 20,
        pcm: Buffer.from(pcm.slice(seq * 320, (seq + 45) * 320).buffer).toString('base64'),
      });
    await until(
      async () => (await daemon.request(SessionGet, { sessionId: session.id })).segments.length > 0,
      'a text is final',
    );
    client?.dispose();
    await folder.kill();
    return session.id;
  };
  beforeEach(() => (folder = new DaemonFolder()));
  afterEach(async () => {
    client?.dispose();
    client = undefined;
    await folder.remove();
  });

  for (const [with_, env] of [
    ['no key', {}],
    ['the key', { EARMARK_KEY: KEY }],
  ] as const)
    it(`is refused with store.locked, with ${with_}; restored, all is there`, async () => {
      const id = await meeting();
      renameSync(file('keyring.json'), file('keyring.away'));
      rmSync(file('encrypted')); // An earlier version wrote no mark.
      const before = sumOf('earmark.db');
      const locked = await connect(env);
      await rejects(locked.request(SessionList, { limit: 9, offset: 0 }), {
        code: 'store.locked',
        message:
          /keyring\.json is missing.*restore it, or start anew with "earmark daemon start --new-store"/,
      });
      await rejects(locked.request(PrivacyUnlock, { key: KEY }), { code: 'store.locked' });
      await rejects(locked.request(SessionPurge, { sessionId: 'anything1234' }), {
        code: 'store.locked',
      });
      match(
        (await locked.request(DaemonHealth, {})).problems.join(' '),
        /keyring\.json is missing/,
      );
      deepEqual(
        {
          same: sumOf('earmark.db') === before,
          keyring: existsSync(file('keyring.json')),
          aside: readdirSync(folder.path).filter((name) => /damaged|unread|aside/.test(name)),
        },
        { same: true, keyring: false, aside: [] },
      );
      client?.dispose();
      await folder.kill();
      renameSync(file('keyring.away'), file('keyring.json'));
      const { segments } = await (
        await connect({ EARMARK_KEY: KEY })
      ).request(SessionGet, { sessionId: id });
      ok(segments.length > 0, `${segments.length} segments`);
    });

  it('ends with --new-store: the sessions are set aside, and nothing is stored without a key', async () => {
    await meeting();
    rmSync(file('keyring.json'));
    await connect();
    const refused = await cli(folder.path, ['daemon', 'start', '--new-store']);
    deepEqual([refused.code, /daemon stop/.test(refused.err)], [1, true]);
    client?.dispose();
    await folder.kill();
    const { code, out } = await cli(folder.path, ['daemon', 'start', '--new-store']);
    const [aside = ''] = readdirSync(folder.path).filter((name) => name.startsWith('set-aside-'));
    deepEqual(
      {
        code,
        named: out.includes(aside),
        kept: readdirSync(file(aside))
          .sort()
          .filter((name) => !/-(wal|shm)$/.test(name)),
        mode: statSync(file(aside)).mode & 0o777,
      },
      { code: 0, named: true, kept: ['earmark.db', 'spool'], mode: 0o700 },
    );
    const open = await connect();
    await rejects(open.request(SessionList, { limit: 9, offset: 0 }), { code: 'store.locked' });
    equal(existsSync(file('earmark.db')), false);
    await open.request(PrivacyUnlock, { key: 'another long key' });
    deepEqual((await open.request(SessionList, { limit: 9, offset: 0 })).sessions, []);
    equal(readFileSync(file('earmark.db')).includes('SQLite format 3'), false);
  });

  it('never makes a purge delete a database that was not read', () => {
    const db = file('earmark.db');
    const { store, setAside } = openStore({ file: db });
    equal(setAside, undefined);
    store.close();
    rmSync(db);
    writeFileSync(db, Buffer.alloc(10_000));
    const again = openStore({ file: db });
    match(again.setAside ?? '', /earmark\.db\.unread-/);
    deepEqual(again.store.purgeSession('unrelated'), {
      events: 0,
      segments: 0,
      insights: 0,
      setAside: 0,
      unread: 1,
    });
    again.store.close();
    equal(existsSync(again.setAside ?? ''), true);
  });
});
