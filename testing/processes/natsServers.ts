/**
 * Real nats-server processes for a test: one server or a cluster, with JetStream, on loopback, in a
 * separate folder.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { skip } from '../harness/skip';

/** Usual places. Debian's folder for servers is on root's PATH only. */
const PLACES = [
  '/usr/sbin/nats-server',
  '/usr/local/bin/nats-server',
  '/usr/bin/nats-server',
  '/opt/homebrew/bin/nats-server',
];

/** The server on PATH comes first, so another version can be tested. */
export function natsServer(): string | undefined {
  try {
    const found = execFileSync('which', ['nats-server'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    if (found !== '') return found;
  } catch {
    // The program may still be installed.
  }
  return PLACES.find((file) => existsSync(file));
}

/** @param program result of `natsServer` */
export function natsVersion(program: string): string {
  return (
    /v(\d+\.\d+\.\d+)/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }))?.[1] ??
    'unknown'
  );
}

export function needNats(context: Mocha.Context): string {
  return (
    natsServer() ??
    skip(context, 'nats-server is not installed; on Debian "apt-get install nats-server".')
  );
}

interface Node {
  readonly client: number;
  readonly cluster: number;
  process: ChildProcess | undefined;
}

export class NatsServers {
  private readonly folder = mkdtempSync(join(tmpdir(), 'earmark-nats-'));
  private constructor(
    private readonly program: string,
    private readonly nodes: readonly Node[],
  ) {}

  /** @param count 1, or 3 for a cluster */
  static async start(program: string, count = 1): Promise<NatsServers> {
    const ports = await freePorts(2 * count);
    const servers = new NatsServers(
      program,
      Array.from({ length: count }, (_, i) => ({
        client: ports[2 * i] ?? 0,
        cluster: ports[2 * i + 1] ?? 0,
        process: undefined,
      })),
    );
    await Promise.all(servers.nodes.map((_, i) => servers.run(i)));
    return servers;
  }

  /** In the form of the setting team.nats. */
  get url(): string {
    return this.nodes.map(({ client }) => `nats://127.0.0.1:${client}`).join(',');
  }

  /** Starts a node, also after a kill. Resolves when the node accepts connections. */
  async run(i: number): Promise<void> {
    const node = this.nodes[i];
    if (!node || node.process) return;
    const cluster =
      this.nodes.length === 1
        ? []
        : [
            '--cluster_name',
            'test',
            '--cluster',
            `nats://127.0.0.1:${node.cluster}`,
            '--routes',
            this.nodes.map((other) => `nats://127.0.0.1:${other.cluster}`).join(','),
          ];
    const child = spawn(
      this.program,
      [
        '-a',
        '127.0.0.1',
        '-p',
        String(node.client),
        '-n',
        `n${i}`,
        '-js',
        '-sd',
        join(this.folder, String(i)),
        '-l',
        this.logOf(i),
        ...cluster,
      ],
      { stdio: 'ignore' },
    );
    node.process = child;
    child.once('exit', () => node.process === child && (node.process = undefined));
    for (let tries = 0; !(await takes(node.client)); tries++) {
      if (tries > 200) throw new Error('nats-server did not start in 10 s.');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Output of each node during its run. */
  get logs(): readonly string[] {
    return this.nodes.map((_, i) => this.logOf(i));
  }

  private logOf(i: number): string {
    return join(this.folder, `${i}.log`);
  }

  /** Sends a signal to a node. After SIGKILL and SIGTERM, waits for its exit. */
  async kill(i: number, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.nodes[i]?.process;
    if (!child) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    if (signal === 'SIGKILL' || signal === 'SIGTERM') await gone;
  }

  /**
   * Drains a node as before an upgrade: its clients are disconnected, its leaderships move, and it
   * exits by itself after somewhat more than 10 s.
   */
  async retire(i: number): Promise<void> {
    const child = this.nodes[i]?.process;
    if (!child) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGUSR2');
    await gone;
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((_, i) => this.kill(i)));
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function takes(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
