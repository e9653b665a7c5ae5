/** A plain connection on this machine sends its token only to a server of its own user. */
import { deepEqual, equal, rejects } from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureDaemon } from '../../client';
import { requireOwnServer, serversOf } from '../../client/local/loopbackOwner';

/** Prints its port, then everything that a client sends. */
const FALSE_SERVER = `
  const server = require('node:net').createServer((socket) =>
    socket.on('data', (data) => process.stdout.write(data)).on('error', () => undefined));
  server.listen(0, '127.0.0.1', () => process.stdout.write(server.address().port + '\\n'));
`;
const NOBODY = 65_534;
const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 11 1
   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1001        0 12 1
   2: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 13 1
   3: 0100007F:1F90 0100007F:C351 01 00000000:00000000 00:00000000 00000000     0        0 0 1
`;

describe('server of a plain loopback address', function () {
  this.timeout(30_000);
  const dir = mkdtempSync(join(tmpdir(), 'earmark-owner-'));
  const children: ChildProcess[] = [];
  after(() => {
    for (const child of children) child.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  });

  async function falseServer(uid?: number): Promise<{ port: number; received: () => string }> {
    const child = spawn(process.execPath, ['-e', FALSE_SERVER], {
      stdio: ['ignore', 'pipe', 'inherit'],
      ...(uid === undefined ? {} : { uid }),
    });
    children.push(child);
    let out = '';
    await new Promise<void>((resolve) => {
      child.stdout.on('data', (data: Buffer) => {
        out += data.toString();
        if (out.includes('\n')) resolve();
      });
    });
    const first = out.indexOf('\n');
    return { port: Number(out.slice(0, first)), received: () => out.slice(first + 1) };
  }

  const connect = (port: number): Promise<unknown> =>
    ensureDaemon({
      stateDir: dir,
      client: { name: 'test', version: '0' },
      remote: { url: `ws://127.0.0.1:${port}`, token: 'a-token-of-this-user' },
      timeoutMs: 3_000,
    });

  it('promise: a false server of another user gets no token', async function () {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) this.skip();
    const { port, received } = await falseServer(NOBODY);
    await rejects(connect(port), { code: 'rpc.untrusted', message: /Another user .*65534/ });
    equal(received(), '');
    // The same server as the user of the client gets it.
    const own = await falseServer();
    await rejects(connect(own.port));
    equal(own.received().includes('Bearer a-token-of-this-user'), true);
  });

  it('reads the owners of the accepted end', () => {
    deepEqual(serversOf(TABLE, 8080, 50_000), [1001]);
    deepEqual(serversOf(TABLE, 8080, 50_001), [undefined]);
    deepEqual(serversOf(TABLE, 8081, 50_000), []);
  });

  it('uses no plain address where the system does not list owners', async () => {
    await rejects(requireOwnServer({} as never, new AbortController().signal, 501, 'darwin'), {
      code: 'rpc.untrusted',
      message: /wss:\/\//,
    });
  });
});
