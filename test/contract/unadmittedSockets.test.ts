/**
 * Sockets that connect and never show a token, with real sockets: over TLS, and without it on
 * loopback.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Peer } from '../../daemon/base/peer';
import { addressOf } from '../../daemon/adapters/transport/unadmittedSockets';
import { defaultRemoteLimits } from '../../daemon/adapters/transport/limits';
import { SessionRename } from '../../protocol/session';
import { PROTOCOL_VERSION } from '../../protocol/version';
import { until } from '../../testing/processes/daemonProcess';
import { RemoteRig } from '../../testing/processes/remoteRig';

const HELLO = { protocol: { ...PROTOCOL_VERSION }, version: '1', pid: 1, negotiation: 'ok' };
const RENAME = { sessionId: 's', title: 'Plan' };
const SILENT = 1_280;
/** Longer than the deadline of these tests, shorter than every other time limit. */
const HANDSHAKE_MS = 400;

const accept = (_peer: Peer) => ({
  request: (method: string): Promise<object> =>
    Promise.resolve(method === 'daemon/hello' ? HELLO : {}),
  closed: () => undefined,
});

describe('promise: silent clients end at a deadline and keep no user out', function () {
  this.timeout(60_000);
  let rig: RemoteRig;
  const sockets: Socket[] = [];

  beforeEach(() => (rig = new RemoteRig()));
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await rig.dispose();
  });

  async function open(localAddress = '127.0.0.1'): Promise<Socket> {
    const socket = connect({ host: '127.0.0.1', port: rig.port, localAddress });
    socket.on('error', () => undefined);
    sockets.push(socket);
    await new Promise<void>((resolve) => {
      socket.once('connect', resolve).once('close', () => resolve());
    });
    return socket.resume();
  }

  async function openTls(): Promise<Socket> {
    const socket = connectTls({ socket: await open(), rejectUnauthorized: false });
    socket.on('error', () => undefined);
    await new Promise<void>((resolve) => {
      socket.once('secureConnect', () => resolve()).once('close', () => resolve());
    });
    return socket.resume();
  }

  /** Milliseconds from now until the socket closes. */
  async function closesAfter(socket: Socket): Promise<number> {
    const begun = performance.now();
    await until(() => socket.destroyed || socket.readableEnded, 'the socket is closed');
    return performance.now() - begun;
  }

  function checkTime(ms: number): void {
    ok(ms < 2 * HANDSHAKE_MS, `closed after ${Math.round(ms)} ms (mark ${2 * HANDSHAKE_MS})`);
  }

  /** One byte of a header in each fifth of the deadline. */
  function drip(socket: Socket): void {
    const header = `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(200)}`;
    let at = 0;
    const timer = setInterval(() => {
      if (socket.destroyed) return clearInterval(timer);
      socket.write(header[at++ % header.length]!);
    }, HANDSHAKE_MS / 5);
    socket.once('close', () => clearInterval(timer));
  }

  for (const tls of [true, false]) {
    const limits = { handshakeMs: HANDSHAKE_MS };
    const where = tls ? 'over TLS' : 'on loopback without TLS';

    it(`that sends nothing ends at one deadline ${where}`, async () => {
      await rig.open(accept, { tls, limits });
      checkTime(await closesAfter(await open()));
      if (tls) checkTime(await closesAfter(await openTls()));
    });

    it(`that sends its header byte by byte ends at the same deadline ${where}`, async () => {
      await rig.open(accept, { tls, limits });
      const socket = tls ? await openTls() : await open();
      drip(socket);
      checkTime(await closesAfter(socket));
      equal(rig.transport.counts.refused.get('rpc.timeout'), 1);
    });

    it(`does not keep a user out, even as one of ${SILENT} ${where}`, async () => {
      await rig.open(accept, { tls });
      const token = await rig.token();
      for (let at = 0; at < SILENT; at += 128)
        await Promise.all(Array.from({ length: 128 }, (_, i) => open(`127.0.1.${1 + (i % 100)}`)));
      const begun = performance.now();
      const client = await rig.client(token);
      const ms = performance.now() - begun;
      deepEqual(await client.request(SessionRename, RENAME), {});
      client.dispose();
      ok(ms < 2_000, `a user got in after ${Math.round(ms)} ms (mark 2000)`);
      await until(
        () => sockets.filter((s) => !s.destroyed).length <= defaultRemoteLimits.unadmitted,
        'silent sockets are bounded',
      );
      const refused = rig.transport.counts.refused.get('rpc.tooMany') ?? 0;
      ok(refused >= SILENT - defaultRemoteLimits.unadmitted, `${refused} were ended`);
    });

    it(`does not keep a user of its own address out ${where}`, async () => {
      await rig.open(accept, { tls, limits: { unadmittedPerAddress: 8 } });
      const token = await rig.token();
      for (let i = 0; i < 40; i++) await open();
      (await rig.client(token)).dispose();
      await until(() => sockets.filter((s) => !s.destroyed).length <= 8, 'eight are left');
    });
  }

  it('is not counted among users: admitted clients leave the bound free', async () => {
    await rig.open(accept, { limits: { unadmitted: 2, unadmittedPerAddress: 2 } });
    const token = await rig.token();
    const clients = [];
    for (let i = 0; i < 5; i++) clients.push(await rig.client(token));
    await open();
    await open();
    await open();
    equal(rig.transport.counts.connections, 5);
    for (const client of clients) deepEqual(await client.request(SessionRename, RENAME), {});
    for (const client of clients) client.dispose();
  });
});

describe('an address of unadmitted', () => {
  it('is a /64 of IPv6, and an IPv4 address in either form', () => {
    deepEqual(
      ['::ffff:10.0.0.7', '10.0.0.7', '2001:db8:1:2::5', '2001:db8:1:2:3:4:5:6', '::1'].map(
        addressOf,
      ),
      ['10.0.0.7', '10.0.0.7', '2001:db8:1:2', '2001:db8:1:2', '0:0:0:0'],
    );
  });
});
