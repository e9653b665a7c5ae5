/**
 * A whole team in a test: NATS, optional PostgreSQL, gateways behind a balancer, workers. All are
 * real processes.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Database } from '../../daemon/adapters/postgres/database';
import { People } from '../../daemon/adapters/postgres/people';
import { PostgresTokens } from '../../daemon/adapters/postgres/postgresTokens';
import { LinkProxy } from './linkProxy';
import { NatsServers, needNats } from './natsServers';
import { PostgresServer } from './postgresServer';
import { Gateway, teamTokens } from './teamClient';
import { TeamProcess, type TeamStart } from './teamProcess';

export interface DeploymentOptions {
  /** 1, or 3 for a cluster whose streams have three replicas. */
  readonly nodes?: number;
  readonly database: boolean;
  readonly gateways: number;
  readonly workers: number;
  /** Environment of gateways and workers. */
  readonly env?: Readonly<Record<string, string>>;
  /** scriptedTeam.ts as one file. */
  readonly bundle?: string;
  /** Bundle for a process that replaces an earlier one; `bundle` if absent. */
  readonly newer?: string;
}

const ORGANISATION = 'ant';
const USER = 'ann';

export class TeamDeployment {
  readonly gateways: Gateway[] = [];
  readonly workers: TeamProcess[] = [];
  /** Ports of the gateways behind the balancer, the next one first. */
  private readonly ports: number[] = [];
  private balancer!: LinkProxy;

  private constructor(
    readonly nats: NatsServers,
    readonly postgres: PostgresServer | undefined,
    private readonly secret: string,
    private readonly tokenFile: string,
    private readonly env: Readonly<Record<string, string>>,
    private readonly bundle: string | undefined,
    private readonly newer: string | undefined,
  ) {}

  /** Skips the suite with a reason if a required server is not installed. */
  static async start(
    context: Mocha.Context,
    { nodes = 1, database, gateways, workers, env = {}, bundle, newer = bundle }: DeploymentOptions,
  ): Promise<TeamDeployment> {
    const program = needNats(context);
    const postgres = database ? await PostgresServer.start(context) : undefined;
    context.timeout(120_000);
    const nats = await NatsServers.start(program, nodes);
    const tokens = await teamTokens(USER);
    let secret = tokens.of(USER);
    const kept: Record<string, string> = { EARMARK_TEAM_REPLICAS: String(nodes), ...env };
    if (postgres) {
      const urls = await postgres.database('team');
      const [admin, own] = [new Database({ url: urls.admin }), new Database({ url: urls.gateway })];
      await new People(admin, Date.now, 'root').addOrganisation(ORGANISATION, 'Ant');
      ({ secret } = await new PostgresTokens(own, ORGANISATION, Date.now).create(
        USER,
        ['record'],
        'root',
      ));
      await Promise.all([admin.close(), own.close()]);
      kept['EARMARK_DATABASE'] = urls.gateway;
    }
    const place = new TeamDeployment(nats, postgres, secret, tokens.file, kept, bundle, newer);
    try {
      const at = place.ports;
      place.balancer = new LinkProxy({
        host: '127.0.0.1',
        get port() {
          const next = at.shift();
          if (next !== undefined) at.push(next);
          return next ?? 0;
        },
      });
      await place.balancer.listen();
      await Promise.all([
        ...Array.from({ length: gateways }, () => place.addGateway()),
        ...Array.from({ length: workers }, () => place.addWorker()),
      ]);
      return place;
    } catch (error) {
      await place.stop();
      throw error;
    }
  }

  /** Address and token for clients. */
  get client(): { readonly url: string; readonly token: string } {
    return { url: `ws://127.0.0.1:${this.balancer.port}`, token: this.secret };
  }

  /**
   * Adds a gateway behind the balancer.
   * @param home state folder of a gateway that died
   */
  async addGateway(home?: string): Promise<Gateway> {
    const gateway = new Gateway(
      this.nats.url,
      { file: this.tokenFile, of: () => this.secret },
      this.env,
      this.start(home),
    );
    this.gateways.push(gateway);
    this.ports.push(await portOf(gateway));
    return gateway;
  }

  /** @param home state folder of a worker that died */
  async addWorker(home?: string): Promise<TeamProcess> {
    const worker = new TeamProcess(
      ['worker', '--nats', this.nats.url, '--slots', '1'],
      this.env,
      {},
      this.start(home),
    );
    this.workers.push(worker);
    await worker.logged('worker.started', 60_000);
    return worker;
  }

  /** Removes a gateway from the balancer. Its open connections stay. */
  async leaveOut(gateway: Gateway): Promise<void> {
    const port = await portOf(gateway);
    const at = this.ports.indexOf(port);
    if (at >= 0) this.ports.splice(at, 1);
  }

  async sendTo(gateway: Gateway): Promise<void> {
    this.ports.push(await portOf(gateway));
  }

  /** Number of client connections through the balancer to a gateway. */
  async clientsOf(gateway: Gateway): Promise<number> {
    return this.balancer.standing(await portOf(gateway));
  }

  /** Starts another process in its place, with its state folder. */
  async replace(dead: TeamProcess): Promise<TeamProcess> {
    for (const list of [this.gateways, this.workers] as TeamProcess[][])
      if (list.includes(dead)) list.splice(list.indexOf(dead), 1);
    return dead instanceof Gateway ? this.addGateway(dead.home) : this.addWorker(dead.home);
  }

  /** Cuts all connections, like the loss of a machine. */
  cut(): void {
    this.balancer.cut();
  }

  private start(home: string | undefined): TeamStart {
    const bundle = home === undefined ? this.bundle : this.newer;
    return { ...(home === undefined ? {} : { home }), ...(bundle === undefined ? {} : { bundle }) };
  }

  async stop(): Promise<void> {
    await this.balancer?.close();
    await Promise.all([...this.gateways, ...this.workers].map((one) => one.remove()));
    await this.nats.stop();
    await this.postgres?.stop();
  }
}

/** Log entries of a gateway for an event, oldest first. */
export function logged(
  gateway: Gateway,
  event: string,
): readonly (Readonly<Record<string, unknown>> & { readonly atMs: number })[] {
  const file = join(gateway.home, 'logs', 'daemon.log');
  // A starting gateway has no log yet.
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.includes(`"event":"${event}"`));
  return lines
    .map((line) => JSON.parse(line) as { time: string })
    .map((entry) => ({ ...entry, atMs: Date.parse(entry.time) }));
}

async function portOf(gateway: Gateway): Promise<number> {
  return Number(new URL(await gateway.url()).port);
}
