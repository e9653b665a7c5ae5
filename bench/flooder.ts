/**
 * One client that sends far more than it may, as a process of its own: `flooder.ts URL TOKEN
 * MESSAGES_PER_SECOND`. Begins and ends when the parent says 'on' and 'off', comes back as soon as
 * it may, and tells what became of its messages at 'tell'. It does as little as it can beside, so
 * that what others feel is the daemon's work.
 */
import { setTimeout as delay } from 'node:timers/promises';
import WebSocket from 'ws';
import { DaemonHello } from '../protocol/health';
import { REMOTE_PATH } from '../protocol/remote';
import { SessionList } from '../protocol/session';
import { PROTOCOL_VERSION } from '../protocol/version';

export interface Flooded {
  readonly sent: number;
  readonly answered: number;
  readonly refused: number;
  /** Refusals, of messages and of connections, that said when to come back. */
  readonly notified: number;
  readonly closed: number;
}

const STEP_MS = 10;
/** What may wait in this process before it stops to send, as any program's socket would make it. */
const WAITING_BYTES = 1024 * 1024;
const LATEST_RETRY_S = 30;

const [url = '', token = '', rate = '10000'] = process.argv.slice(2);
const tally = { sent: 0, answered: 0, refused: 0, notified: 0, closed: 0 };
let on = false;

process.on('message', (word: unknown) => {
  if (word === 'tell') process.send?.(tally);
  else on = word === 'on';
});
process.on('disconnect', () => process.exit(0));

async function flood(): Promise<void> {
  for (;;) {
    if (!on) await delay(STEP_MS);
    else await connectAndSend();
  }
}

async function connectAndSend(): Promise<void> {
  const ws = new WebSocket(new URL(REMOTE_PATH, url), {
    headers: { authorization: `Bearer ${token}` },
    perMessageDeflate: false,
  });
  let retryS = 0;
  ws.on('unexpected-response', (_request, response) => {
    tally.refused++;
    retryS = Number(response.headers['retry-after'] ?? 0);
    if (retryS > 0) tally.notified++;
    ws.terminate();
  });
  ws.on('error', () => undefined);
  ws.on('message', (data: Buffer) => {
    if (!data.subarray(0, 200).includes('"error"')) return void tally.answered++;
    tally.refused++;
    if (data.includes('"retryAfterMs"')) tally.notified++;
  });
  const gone = new Promise<void>((resolve) =>
    ws.once('close', (code) => {
      if (code === 4429) tally.closed++;
      resolve();
    }),
  );
  ws.once('open', () => {
    ws.send(
      JSON.stringify({
        jsonrpc: '2.0',
        id: 0,
        method: DaemonHello.method,
        params: { client: 'flooder', clientVersion: '0', protocol: PROTOCOL_VERSION },
      }),
    );
    let id = 1;
    const timer = setInterval(() => {
      if (!on) ws.terminate();
      if (ws.readyState !== ws.OPEN) return clearInterval(timer);
      for (
        let n = (Number(rate) * STEP_MS) / 1000;
        n > 0 && ws.bufferedAmount < WAITING_BYTES;
        n--
      ) {
        tally.sent++;
        ws.send(
          `{"jsonrpc":"2.0","id":${id++},"method":"${SessionList.method}","params":{"limit":10}}`,
        );
      }
    }, STEP_MS);
  });
  await gone;
  await delay(Math.min(retryS, LATEST_RETRY_S) * 1000);
}

void flood();
