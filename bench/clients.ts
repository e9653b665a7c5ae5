/**
 * 500 clients over the network that ask once a second each, then 50 beside one that floods: `npm run bench -- clients [SECONDS]`.
 * The daemon is a process of its own with a scripted engine; compression is off. Latency is what a client sees.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ensureDaemon, readDaemonFile, type DaemonClient } from '../client';
import { DaemonShutdown } from '../protocol/health';
import { SessionList } from '../protocol/session';
import { TokensCreate } from '../protocol/tokens';
import { isEarmarkError } from '../protocol/errors';
import { scriptedDaemon } from '../test/fakes/daemonProcess';
import { reportResults, type Row } from './report';

const CLIENTS = 500;
const BESIDE = 50;
/** Times the 100 messages a second that a connection may send (`messagesPerSecond` of `defaultRemoteLimits`). */
const FLOOD_FACTOR = 100;

interface Tally {
  readonly ms: number[];
  errors: number;
}

/** Asks `perSecond` times a second, from a random moment on, until `until` (ms of performance.now). */
async function ask(client: DaemonClient, perSecond: number, until: number, tally: Tally): Promise<void> {
  const every = 1000 / perSecond;
  let at = performance.now() + Math.random() * every;
  while (at < until) {
    await delay(Math.max(0, at - performance.now()));
    const begun = performance.now();
    try {
      await client.request(SessionList, { limit: 10 }, { timeoutMs: 10_000 });
      tally.ms.push(performance.now() - begun);
    } catch {
      tally.errors++;
    }
    at += every;
  }
}

const quantile = (ms: readonly number[], q: number): number => [...ms].sort((a, b) => a - b)[Math.min(ms.length - 1, Math.floor(ms.length * q))] ?? 0;
const round = (ms: number): number => Math.round(ms * 10) / 10;

async function main(): Promise<void> {
  const seconds = Number(process.argv[2] ?? 20) || 20;
  const home = mkdtempSync(join(tmpdir(), 'earmark-clients-'));
  const { command, args } = scriptedDaemon();
  const admin = await ensureDaemon({ stateDir: home, client: { name: 'bench', version: '0' }, timeoutMs: 60_000, daemon: { command, args: [...args, '--listen', '127.0.0.1:0'] } });
  const url = readDaemonFile(home)?.listen?.url ?? '';
  const tokenOf = async (user: string): Promise<string> => (await admin.request(TokensCreate, { user, scopes: ['record'] })).token;
  const open = (token: string): Promise<DaemonClient> => ensureDaemon({ stateDir: home, client: { name: 'bench', version: '0' }, timeoutMs: 30_000, remote: { url, token } });
  try {
    const clients: DaemonClient[] = [];
    for (let user = 0; user < CLIENTS / BESIDE; user++) {
      const token = await tokenOf(`user${user}`);
      clients.push(...(await Promise.all(Array.from({ length: BESIDE }, () => open(token)))));
    }
    const all: Tally = { ms: [], errors: 0 };
    await Promise.all(clients.map((client) => ask(client, 1, performance.now() + seconds * 1000, all)));
    for (const client of clients.slice(BESIDE)) client.dispose();
    const few = clients.slice(0, BESIDE);

    // Quiet and flooded seconds in turn, so that both see the same machine.
    const [quiet, flooded]: [Tally, Tally] = [{ ms: [], errors: 0 }, { ms: [], errors: 0 }];
    const flood = { sent: 0, answered: 0, refused: 0, told: 0, closed: 0 };
    const token = await tokenOf('flooder');
    for (let round = 0; round < 3; round++) {
      await Promise.all(few.map((client) => ask(client, 1, performance.now() + (seconds * 1000) / 6, quiet)));
      const end = performance.now() + (seconds * 1000) / 6;
      await Promise.all([...few.map((client) => ask(client, 1, end, flooded)), floodUntil(end, () => open(token), flood)]);
    }
    const ratio = quantile(flooded.ms, 0.95) / quantile(quiet.ms, 0.95);
    const row = (what: string, { ms, errors }: Tally): Row => ({ what, messages: ms.length + errors, 'p50, ms': round(quantile(ms, 0.5)), 'p95, ms': round(quantile(ms, 0.95)), 'p99, ms': round(quantile(ms, 0.99)), 'errors, %': round((100 * errors) / (ms.length + errors)) });
    reportResults({
      about: `${CLIENTS} clients, one message a second each, ${seconds} s; then ${BESIDE} beside one at ${FLOOD_FACTOR} times the rate it may have, which sent ${flood.sent} messages: ${flood.answered} answered, ${flood.refused} refused, ${flood.told} of those with a time to come back, ${flood.closed} times closed. p95 beside the flood is ${ratio.toFixed(2)} times that without.`,
      rows: [row(`${CLIENTS} clients`, all), row(`${BESIDE} clients`, quiet), row(`${BESIDE} beside a flood`, flooded)],
      ratios: { 'p95 beside a flood': { value: ratio, noise: 0.3, better: 'lower' } },
    });
    for (const client of few) client.dispose();
  } finally {
    await admin.request(DaemonShutdown, {}).catch(() => undefined);
    await delay(500);
    admin.dispose();
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Sends as fast as its rate says, whatever it is told, and comes back as soon as it may. */
async function floodUntil(end: number, open: () => Promise<DaemonClient>, flood: { sent: number; answered: number; refused: number; told: number; closed: number }): Promise<void> {
  while (performance.now() < end) {
    let client: DaemonClient;
    try {
      client = await open();
    } catch (error) {
      if (!isEarmarkError(error, 'rpc.tooFast')) throw error;
      await delay(Math.min(error.retryAfterMs ?? 100, Math.max(0, end - performance.now())));
      continue;
    }
    while (!client.closed && performance.now() < end) {
      for (let i = 0; i < FLOOD_FACTOR; i++) {
        flood.sent++;
        client.request(SessionList, { limit: 10 }).then(() => flood.answered++, (error: unknown) => {
          flood.refused++;
          if (isEarmarkError(error) && error.retryAfterMs !== undefined) flood.told++;
        });
      }
      await delay(10);
    }
    if (client.closed) flood.closed++;
    client.dispose();
  }
}

void main();
