/**
 * The daemon as a process: one per folder however many come at once, found again after a kill, gone
 * when nobody needs it.
 */
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ensureDaemon,
  readDaemonFile,
  type ConnectOptions,
  type DaemonClient,
} from '../../../client';
import { isAlive } from '../../../client/local/startLock';
import { tryInstanceLock } from '../../../daemon/adapters/transport/instanceLock';
import { defaultTransportLimits } from '../../../daemon/adapters/transport/limits';
import { openTransport } from '../../../daemon/adapters/transport/server';
import { silentLogger } from '../../../daemon/base/logger';
import type { EarmarkError } from '../../../protocol/errors';
import { DaemonGoodbye, DaemonHealth, DaemonShutdown } from '../../../protocol/health';
import { SessionEventNotification, SessionList, SessionStart } from '../../../protocol/session';
import { DaemonFolder, scriptedDaemon, until } from '../../../testing/processes/daemonProcess';

describe('daemon process', function () {
  this.timeout(60_000);
  let folder: DaemonFolder;
  const clients: DaemonClient[] = [];
  beforeEach(() => (folder = new DaemonFolder()));
  afterEach(async () => {
    for (const c of clients.splice(0)) c.dispose();
    await folder.remove();
  });

  async function come(extra: Partial<ConnectOptions> = {}): Promise<DaemonClient> {
    const client = await ensureDaemon({
      stateDir: folder.path,
      client: { name: 'test', version: '0' },
      daemon: scriptedDaemon(),
      timeoutMs: 40_000,
      ...extra,
    });
    clients.push(client);
    return client;
  }
  const connectOnly = () =>
    ensureDaemon({
      stateDir: folder.path,
      client: { name: 'test', version: '0' },
      timeoutMs: 2_000,
    }).then((c) => (clients.push(c), c));

  it('is started once by eight clients that come at the same time', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => come()));
    equal(new Set(all.map((c) => c.daemon.pid)).size, 1);
    equal(folder.log().filter((l) => l.event === 'daemon.started').length, 1);
    equal((await all[0]!.request(DaemonHealth, {})).clients, 8);
  });

  it('is not started a second time by a process that ignores the first', async () => {
    const first = await come();
    const { spawnSync } = await import('node:child_process');
    const { command, args } = scriptedDaemon();
    const second = spawnSync(command, [...args, '--home', folder.path], { encoding: 'utf8' });
    deepEqual(
      { status: second.status, stderr: second.stderr, pid: readDaemonFile(folder.path)?.pid },
      { status: 0, stderr: '', pid: first.daemon.pid },
    );
  });

  it('is found again after a kill: socket, daemon.json and start.lock that were left do not matter', async () => {
    const first = await come();
    await folder.kill();
    writeFileSync(join(folder.path, 'start.lock'), '999999');
    ok(existsSync(join(folder.path, 'daemon.sock')));
    await rejects(connectOnly(), { code: 'rpc.disconnected' });
    const second = await come();
    ok(second.daemon.pid !== first.daemon.pid);
    deepEqual(await second.request(SessionList, {}), { sessions: [] });
  });

  it('ends when nobody needed it for a while, with nothing left but its data', async () => {
    const client = await come({ daemon: scriptedDaemon({ idleMs: 1_500 }) });
    const { pid } = client.daemon;
    await new Promise((r) => setTimeout(r, 2_500));
    ok(isAlive(pid), 'a client keeps it');
    client.dispose();
    await until(() => !isAlive(pid), 'it ends');
    deepEqual(
      [
        existsSync(join(folder.path, 'daemon.json')),
        existsSync(join(folder.path, 'daemon.sock')),
        existsSync(join(folder.path, 'earmark.db')),
      ],
      [false, false, true],
    );
    equal(folder.log().at(-1)?.event, 'daemon.ended');
  });

  it('stays for a session that runs without a client', async () => {
    const client = await come({ daemon: scriptedDaemon({ idleMs: 1_500 }) });
    await client.request(SessionStart, {
      kind: 'file',
      sources: [{ source: 'file', origin: { type: 'push' } }],
      partials: false,
      insights: false,
    });
    const { pid } = client.daemon;
    client.dispose();
    await new Promise((r) => setTimeout(r, 2_500));
    ok(isAlive(pid));
  });

  async function checkEnd(end: (client: DaemonClient) => unknown): Promise<void> {
    const client = await come();
    const { session } = await client.request(SessionStart, {
      kind: 'meeting',
      sources: [{ source: 'mic', origin: { type: 'capture' } }],
      partials: false,
      insights: false,
    });
    let words = 0;
    client.onNotification(
      SessionEventNotification,
      ({ event }) => event.kind === 'final' && words++,
    );
    await until(() => words > 0, 'a word was heard');
    const reasons: string[] = [];
    client.onNotification(DaemonGoodbye, ({ reason }) => reasons.push(reason));
    const begun = Date.now();
    await end(client);
    await until(() => !isAlive(client.daemon.pid), 'it ends', 12_000);
    ok(Date.now() - begun < 10_500);
    deepEqual(reasons, ['shutdown']);
    const again = await come();
    const { sessions } = await again.request(SessionList, {});
    deepEqual(
      sessions.map((s) => [s.id, s.state, s.segments > 0]),
      [[session.id, 'DONE', true]],
    );
  }
  it('finishes its sessions on SIGTERM', () =>
    checkEnd((c) => process.kill(c.daemon.pid, 'SIGTERM')));
  it('finishes its sessions when it is asked to end', () =>
    checkEnd((c) => c.request(DaemonShutdown, {})));

  it('makes room for a newer client, which says so when its own is no newer', async () => {
    const old = await come();
    const error = (await come({ protocol: { major: 2, minor: 0 } }).catch(
      (e: unknown) => e,
    )) as EarmarkError;
    deepEqual(
      {
        code: error.code,
        oldRuns: isAlive(old.daemon.pid),
        reasons: folder.log().flatMap((l) => (l.event === 'daemon.ending' ? [l['reason']] : [])),
      },
      { code: 'rpc.versionMismatch', oldRuns: false, reasons: ['drain'] },
    );
    match(error.message, /reinstall Earmark/);
  });

  it('is started by a client that finds an older one, once that has handed over', async () => {
    const asked: string[] = [];
    const lock = tryInstanceLock(folder.path);
    const older = await openTransport({
      stateDir: folder.path,
      logger: silentLogger,
      limits: defaultTransportLimits,
      accept: () => ({
        closed: () => undefined,
        request: (method) => {
          asked.push(method);
          if (method === 'daemon/hello')
            return Promise.resolve({
              protocol: { major: 0, minor: 3 },
              version: '0.0.1',
              pid: process.pid,
              negotiation: 'drain',
            });
          setTimeout(
            () => void older.close().then(() => setTimeout(() => lock?.dispose(), 300)),
            300,
          );
          return Promise.resolve({ sessions: 1 });
        },
      }),
    });
    const client = await come();
    deepEqual(
      { asked, ours: client.daemon.pid !== process.pid, protocol: client.daemon.protocol.major },
      { asked: ['daemon/hello', 'daemon/drain'], ours: true, protocol: 1 },
    );
  });

  it('tells a client that may not start one which side to update', async () => {
    await come();
    const error = (await ensureDaemon({
      stateDir: folder.path,
      client: { name: 'test', version: '0' },
      protocol: { major: 2, minor: 0 },
    }).catch((e: unknown) => e)) as EarmarkError;
    equal(error.code, 'rpc.versionMismatch');
    match(error.message, /Stop the daemon/);
    const older = (await come({ protocol: { major: 0, minor: 9 } }).catch(
      (e: unknown) => e,
    )) as EarmarkError;
    deepEqual(
      [older.code, /update the Earmark extension/.test(older.message)],
      ['rpc.versionMismatch', true],
    );
  });

  it('says why it does not start', async () => {
    const missing = await come({ daemon: { command: '/nowhere/node', args: [] } }).catch(
      (e: unknown) => e as EarmarkError,
    );
    const wrong = await come({
      daemon: { ...scriptedDaemon(), args: [...scriptedDaemon().args, '--colour', 'red'] },
    }).catch((e: unknown) => e as EarmarkError);
    deepEqual(
      [(missing as EarmarkError).code, (wrong as EarmarkError).code],
      ['daemon.startFailed', 'daemon.startFailed'],
    );
    match((missing as EarmarkError).message, /Could not run/);
    match((wrong as EarmarkError).message, /Unknown argument/);
  });

  it('promise: a state folder that others may write is refused', async function () {
    if (process.getuid === undefined) this.skip();
    chmodSync(folder.path, 0o777);
    await rejects(come(), { code: 'rpc.unauthorized' });
  });
});
