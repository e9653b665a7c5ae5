/** What a daemon opens and leaves behind by itself: no network connection, and no audio at the end. */
import { deepEqual, ok } from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDaemon, type DaemonClient } from '../../../client';
import {
  SessionEventNotification,
  SessionGet,
  SessionRename,
  SessionStart,
  SessionStop,
} from '../../../protocol/session';
import { DaemonFolder, scriptedDaemon, until } from '../../../testing/processes/daemonProcess';
import { skip } from '../../../testing/harness/skip';

describe('a daemon by itself', function () {
  this.timeout(60_000);
  let folder: DaemonFolder;
  let client: DaemonClient;

  before(async () => {
    folder = new DaemonFolder();
    client = await ensureDaemon({
      stateDir: folder.path,
      client: { name: 'test', version: '0' },
      daemon: scriptedDaemon(),
      timeoutMs: 40_000,
    });
  });
  after(async () => {
    client.dispose();
    await folder.remove();
  });

  /** A short meeting with a few words. */
  async function meeting(during: () => void = () => undefined): Promise<string> {
    let words = 0;
    const listening = client.onNotification(
      SessionEventNotification,
      ({ event }) => event.kind === 'final' && words++,
    );
    const { session } = await client.request(SessionStart, {
      kind: 'meeting',
      sources: [{ source: 'mic', origin: { type: 'capture' } }],
      partials: false,
      insights: true,
    });
    await until(() => words > 0, 'a segment is final');
    during();
    await client.request(SessionStop, { sessionId: session.id });
    await until(
      async () =>
        (await client.request(SessionGet, { sessionId: session.id })).session.state === 'DONE',
      'the session is done',
    );
    listening.dispose();
    return session.id;
  }

  it('promise: the daemon listens on loopback alone and connects to nothing by itself', async function () {
    if (process.platform !== 'linux') skip(this, 'it reads /proc');
    const seen: string[][] = [];
    await meeting(() => seen.push(networkSockets(client.daemon.pid)));
    seen.push(networkSockets(client.daemon.pid));
    deepEqual(
      seen.map((lines) => lines.filter((line) => !METRICS.test(line))),
      [[], []],
    );
    // The same search finds a socket that this process opens.
    const { createServer } = await import('node:net');
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const found = networkSockets(process.pid);
    server.close();
    ok(found.length > 0, 'a listening socket is found');
  });

  it('promise: audio is deleted once its words are final', async () => {
    const spool = (id: string): string[] => {
      const at = join(folder.path, 'spool', id);
      return existsSync(at) ? readdirSync(at) : [];
    };
    let during: string[] = [];
    const id = await meeting(() => {
      during = readdirSync(join(folder.path, 'spool')).flatMap(spool);
    });
    ok(during.length > 0, 'audio is in the spool while the meeting runs');
    await until(() => spool(id).length === 0, 'the audio is gone', 5_000);
  });

  it('promise: a title with control characters is refused by the daemon', async () => {
    const sessionId = await meeting();
    for (const title of ['\u001b]52;c;eA==\u0007', 'a\nb', 'a\u202eb', 'a\u009bb'])
      await client.request(SessionRename, { sessionId, title }).then(
        () => ok(false, `accepted ${JSON.stringify(title)}`),
        (error: { code?: string }) => deepEqual(error.code, 'rpc.invalidParams'),
      );
    await client.request(SessionRename, { sessionId, title: 'Größe 👩🏽\u200d💻 עברית' });
  });
});

/** A socket that listens on 127.0.0.1: state 0A, no peer. */
const METRICS = /^tcp \d+: 0100007F:[0-9A-F]{4} 00000000:0000 0A /;

/** TCP and UDP sockets of a process, as lines of /proc/net. */
function networkSockets(pid: number): string[] {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return []; // closed meanwhile
      }
    }),
  );
  return ['tcp', 'tcp6', 'udp', 'udp6'].flatMap((kind) =>
    readFileSync(`/proc/${pid}/net/${kind}`, 'utf8')
      .split('\n')
      .slice(1)
      .filter((line) => inodes.has(line.trim().split(/\s+/)[9] ?? ''))
      .map((line) => `${kind} ${line.trim()}`),
  );
}
