/**
 * Clients that connect, greet and are silent, as a process of its own: `silentClients.ts TOKEN
 * URL…`. Told a number it opens so many, in turn at every address, and tells how many stand; what
 * they cost here is nobody's concern.
 */
import WebSocket from 'ws';
import { DaemonHello } from '../../protocol/health';
import { REMOTE_PATH } from '../../protocol/remote';
import { PROTOCOL_VERSION } from '../../protocol/version';

/** Handshakes at once; more would wait for each other's processor time until they are given up. */
const AT_ONCE = 16;

const [token = '', ...urls] = process.argv.slice(2);
const open = new Set<WebSocket>();
let [opened, refused] = [0, 0];

process.on(
  'message',
  (count: number) =>
    void openAll(count).then(() => process.send?.({ standing: open.size, refused })),
);
process.on('disconnect', () => process.exit(0));

async function openAll(count: number): Promise<void> {
  let left = count;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (left-- > 0) await openOne(urls[opened++ % urls.length] ?? '').catch(() => refused++);
    }),
  );
}

function openOne(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const ws = new WebSocket(new URL(REMOTE_PATH, url), {
      headers: { authorization: `Bearer ${token}` },
      rejectUnauthorized: false,
      perMessageDeflate: false,
    });
    ws.on('error', reject);
    ws.on('close', () => open.delete(ws));
    ws.once('open', () =>
      ws.send(
        JSON.stringify({
          jsonrpc: '2.0',
          id: 1,
          method: DaemonHello.method,
          params: { protocol: PROTOCOL_VERSION, client: 'bench', clientVersion: '0' },
        }),
      ),
    );
    ws.once('message', () => {
      open.add(ws);
      resolve();
    });
  });
}
