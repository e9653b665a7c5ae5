/**
 * What connections that are silent cost the gateways of a team: TLS, a token, a greeting each, then
 * nothing but pings.
 */
import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ownCertificate } from '../../daemon/adapters/transport/certificate';
import { natsServer, NatsServers } from '../processes/natsServers';
import { Gateway, teamTokens } from '../processes/teamClient';
import { teamBundle } from '../processes/teamBundle';

/** Processes of clients. */
const PROCESSES = 2;
const PAGE_BYTES = 4096;
/** Longer than a ping and a look at every token take. */
const SETTLE_MS = 12_000;

export interface SilentResult {
  readonly standing: number;
  readonly refused: number;
  /** Resident memory of all gateways, bytes. */
  readonly before: number;
  readonly after: number;
  readonly seconds: number;
  /** Processor time of all gateways while everybody is silent, of one core. */
  readonly silentCore: number;
}

const pidOf = ({ child }: Gateway): number => child.pid ?? 0;
/**
 * proc(5): resident pages are the second field of statm, processor time fields 14 and 15 of stat,
 * in hundredths of a second.
 */
const rss = (gateway: Gateway): number =>
  Number(readFileSync(`/proc/${pidOf(gateway)}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES;
const cpuMs = (gateway: Gateway): number => {
  const fields =
    readFileSync(`/proc/${pidOf(gateway)}/stat`, 'utf8')
      .split(') ')[1]
      ?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
};

/** @throws Error where nats-server is not installed */
export async function silentConnections({
  connections,
  gateways: count,
}: {
  readonly connections: number;
  readonly gateways: number;
}): Promise<SilentResult> {
  const program = natsServer();
  if (program === undefined)
    throw new Error('nats-server is not installed; on Debian "apt-get install nats-server".');
  const servers = await NatsServers.start(program);
  const folder = mkdtempSync(join(tmpdir(), 'earmark-silent-'));
  const gateways: Gateway[] = [];
  const clients: ReturnType<typeof fork>[] = [];
  try {
    ownCertificate(folder, Date.now);
    const tokens = await teamTokens('ann');
    const limit = String(connections);
    const env = {
      EARMARK_LISTEN_CERTIFICATE: join(folder, 'tls', 'cert.pem'),
      EARMARK_LISTEN_KEY: join(folder, 'tls', 'key.pem'),
      EARMARK_MAX_CONNECTIONS: limit,
      EARMARK_MAX_CONNECTIONS_PER_USER: limit,
    };
    const bundle = await teamBundle();
    for (let i = 0; i < count; i++)
      gateways.push(new Gateway(servers.url, tokens, env, { bundle }));
    const urls = await Promise.all(gateways.map((gateway) => gateway.url()));
    for (let i = 0; i < PROCESSES; i++)
      clients.push(
        fork(resolve(__dirname, 'silentClients.ts'), [tokens.of('ann'), ...urls], {
          execArgv: ['--require', require.resolve('tsx/cjs')],
        }),
      );
    const ask = (
      each: number,
    ): Promise<readonly { readonly standing: number; readonly refused: number }[]> =>
      Promise.all(
        clients.map(
          (client) =>
            new Promise<{ standing: number; refused: number }>((done) => {
              client.once('message', (report) =>
                done(report as { standing: number; refused: number }),
              );
              client.send(each);
            }),
        ),
      );
    // What the first ones load is not theirs alone.
    await ask(count);
    await delay(SETTLE_MS / 2);
    const sum = (of: (gateway: Gateway) => number): number =>
      gateways.reduce((total, gateway) => total + of(gateway), 0);
    const [before, begun] = [sum(rss), performance.now()];
    await ask(connections / PROCESSES - count);
    const seconds = (performance.now() - begun) / 1000;
    const [cpu, silentSince] = [sum(cpuMs), performance.now()];
    await delay(SETTLE_MS);
    const silentCore = (sum(cpuMs) - cpu) / (performance.now() - silentSince);
    const report = await ask(0);
    return {
      standing: report.reduce((n, { standing }) => n + standing, 0),
      refused: report.reduce((n, { refused }) => n + refused, 0),
      before,
      after: sum(rss),
      seconds,
      silentCore,
    };
  } finally {
    for (const client of clients) client.disconnect();
    await Promise.all(gateways.map((gateway) => gateway.remove()));
    await servers.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
