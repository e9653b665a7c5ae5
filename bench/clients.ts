/**
 * 500 clients over the network that ask once a second each, then 50 beside one that floods: `npm
 * run bench -- clients [SECONDS]`. The daemon is a process of its own with a scripted engine;
 * compression is off. Latency is what a client sees.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ensureDaemon, readDaemonFile, type DaemonClient } from '../client';
import { DaemonShutdown } from '../protocol/health';
import { SessionList } from '../protocol/session';
import { TokensCreate } from '../protocol/tokens';
import { scriptedDaemon } from '../testing/processes/daemonProcess';
import { defaultRemoteLimits } from '../daemon/adapters/transport/limits';
import type { Flooded } from './flooder';
import { percentile } from '../testing/scoring/statistics';
import { reportResults, type Row } from './report';

const CLIENTS = 500;
const BESIDE = 50;
const BESIDE_RATE = 4;
/** Times the messages a second that a connection may send. */
const FLOOD_FACTOR = 100;
const PAIRS = 7;
const WINDOW_MS = 8_000;
/** After the flood began or ended, before anything is measured. */
const SETTLE_MS = 300;

interface Tally {
  readonly ms: number[];
  errors: number;
}

interface Window extends Tally {
  /** Processor time of the daemon. */
  readonly cpuMs: number;
}

interface Pair {
  readonly quiet: Window;
  readonly flooded: Window;
}

/**
 * Processor time that a process has used: fields 14 and 15 of its line, in hundredths of a second
 * (proc(5)).
 */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/**
 * Asks `perSecond` times a second, from a random moment on, until `until` (ms of performance.now).
 */
async function ask(
  client: DaemonClient,
  perSecond: number,
  until: number,
  tally: Tally,
): Promise<void> {
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

const round = (ms: number): number => Math.round(ms * 10) / 10;

/** Windows beside the flood and without it, in turn. */
async function floodedPairs(
  few: readonly DaemonClient[],
  flooder: ChildProcess,
  pid: number,
): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (let n = 0; n < PAIRS; n++) {
    const window = async (flooded: boolean): Promise<Window> => {
      flooder.send(flooded ? 'on' : 'off');
      await delay(SETTLE_MS);
      const before = cpuMs(pid);
      const tally: Tally = { ms: [], errors: 0 };
      await Promise.all(
        few.map((client) => ask(client, BESIDE_RATE, performance.now() + WINDOW_MS, tally)),
      );
      return { ...tally, cpuMs: cpuMs(pid) - before };
    };
    // Which one comes first changes, so that a machine that gets busier favours neither.
    const first = await window(n % 2 === 1);
    const second = await window(n % 2 === 0);
    pairs.push(n % 2 === 1 ? { quiet: second, flooded: first } : { quiet: first, flooded: second });
  }
  return pairs;
}

function report(seconds: number, all: Tally, pairs: readonly Pair[], flood: Flooded): void {
  const p95 = ({ quiet, flooded }: Pair): number =>
    percentile(flooded.ms, 0.95) / percentile(quiet.ms, 0.95);
  const ratio = percentile(pairs.map(p95), 0.5);
  const cpu = percentile(
    pairs.map(({ quiet, flooded }) => flooded.cpuMs / quiet.cpuMs),
    0.5,
  );
  const sum = (which: keyof Pair): Tally => ({
    ms: pairs.flatMap((pair) => pair[which].ms),
    errors: pairs.reduce((n, pair) => n + pair[which].errors, 0),
  });
  const row = (what: string, { ms, errors }: Tally): Row => ({
    what,
    messages: ms.length + errors,
    'p50, ms': round(percentile(ms, 0.5)),
    'p95, ms': round(percentile(ms, 0.95)),
    'p99, ms': round(percentile(ms, 0.99)),
    'errors, %': round((100 * errors) / (ms.length + errors)),
  });
  reportResults({
    about: [
      `${CLIENTS} clients send one message a second each for ${seconds} s.`,
      `Then ${BESIDE} send ${BESIDE_RATE} messages a second each, in ${PAIRS} pairs of`,
      `${WINDOW_MS / 1000} s without and with a client that floods at ${FLOOD_FACTOR} times its`,
      'allowed rate.',
      `The flooding client sent ${flood.sent} messages: ${flood.answered} were answered,`,
      `${flood.refused} refused, ${flood.notified} of these with a time to retry;`,
      `its connection was closed ${flood.closed} times.`,
      `p95 beside the flood over that without, pair by pair:`,
      `${pairs.map((pair) => p95(pair).toFixed(2)).join(', ')}.`,
    ].join(' '),
    rows: [
      row(`${CLIENTS} clients`, all),
      row(`${BESIDE} clients`, sum('quiet')),
      row(`${BESIDE} beside a flood`, sum('flooded')),
    ],
    metrics: {
      'p95 beside a flood': {
        value: ratio,
        unit: '×',
        better: 'lower',
        noise: 0.15,
        product: true,
      },
      'processor time beside a flood': {
        value: cpu,
        unit: '×',
        better: 'lower',
        noise: 0.15,
        product: true,
      },
    },
  });
}

async function main(): Promise<void> {
  const seconds = Number(process.argv[2] ?? 20) || 20;
  const home = mkdtempSync(join(tmpdir(), 'earmark-clients-'));
  const { command, args } = scriptedDaemon();
  const admin = await ensureDaemon({
    stateDir: home,
    client: { name: 'bench', version: '0' },
    timeoutMs: 60_000,
    daemon: { command, args: [...args, '--listen', '127.0.0.1:0'] },
  });
  const url = readDaemonFile(home)?.listen?.url ?? '';
  const pid = readDaemonFile(home)?.pid ?? 0;
  const tokenOf = async (user: string): Promise<string> =>
    (await admin.request(TokensCreate, { user, scopes: ['record'] })).token;
  const open = (token: string): Promise<DaemonClient> =>
    ensureDaemon({
      stateDir: home,
      client: { name: 'bench', version: '0' },
      timeoutMs: 30_000,
      remote: { url, token },
    });
  try {
    const clients: DaemonClient[] = [];
    for (let user = 0; user < CLIENTS / BESIDE; user++) {
      const token = await tokenOf(`user${user}`);
      clients.push(...(await Promise.all(Array.from({ length: BESIDE }, () => open(token)))));
    }
    const all: Tally = { ms: [], errors: 0 };
    await Promise.all(
      clients.map((client) => ask(client, 1, performance.now() + seconds * 1000, all)),
    );
    for (const client of clients.slice(BESIDE)) client.dispose();
    const few = clients.slice(0, BESIDE);

    // Quiet and flooded windows in turn, so that both see the same machine; each pair is compared
    // by itself.
    const flooder = fork(join(__dirname, 'flooder.ts'), [
      url,
      await tokenOf('flooder'),
      String(FLOOD_FACTOR * defaultRemoteLimits.messagesPerSecond),
    ]);
    const pairs = await floodedPairs(few, flooder, pid);
    const flood = await new Promise<Flooded>((resolve) => {
      flooder.once('message', (notified) => resolve(notified as Flooded));
      flooder.send('tell');
    });
    flooder.disconnect();
    report(seconds, all, pairs, flood);
    for (const client of few) client.dispose();
  } finally {
    await admin.request(DaemonShutdown, {}).catch(() => undefined);
    await delay(500);
    admin.dispose();
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

void main();
