/**
 * A real PostgreSQL server for tests. It uses a temporary folder and a Unix socket that only this
 * user can open, and is removed afterwards.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { migrate } from '../../daemon/adapters/postgres/migrate';
import { skip } from '../harness/skip';

const DEBIAN = '/usr/lib/postgresql';
const START_MS = 30_000;
const ROOT = 'tester';

/**
 * User for PostgreSQL if this process is root, because PostgreSQL refuses root: `nobody` on Linux.
 */
const UNPRIVILEGED = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

/** Folder of initdb and postgres: Debian's newest version, or a folder on PATH. */
function binaries(): string | undefined {
  const versions = existsSync(DEBIAN)
    ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a))
    : [];
  return [
    ...versions.map((v) => join(DEBIAN, v, 'bin')),
    ...(process.env['PATH'] ?? '').split(':'),
  ].find((folder) => ['initdb', 'postgres'].every((name) => existsSync(join(folder, name))));
}

export class PostgresServer {
  private constructor(
    private readonly bin: string,
    private readonly folder: string,
    private child: ChildProcess,
  ) {}

  /** Skips the suite with a reason if PostgreSQL is not installed. */
  static async start(context: Mocha.Context): Promise<PostgresServer> {
    const bin = process.platform === 'win32' ? undefined : binaries();
    if (bin === undefined)
      skip(context, 'PostgreSQL is not installed (Debian: apt-get install postgresql)');
    context.timeout(2 * START_MS);
    const folder = mkdtempSync(join(tmpdir(), 'earmark-pg-'));
    if (UNPRIVILEGED.uid !== undefined) {
      chownSync(folder, UNPRIVILEGED.uid, UNPRIVILEGED.gid);
      chmodSync(folder, 0o700);
      // The path leads through the folder of the run, which only its owner may enter.
      chmodSync(tmpdir(), statSync(tmpdir()).mode | 0o011);
    }
    execFileSync(
      join(bin, 'initdb'),
      [
        '-D',
        join(folder, 'data'),
        '-U',
        ROOT,
        '--auth=trust',
        '--encoding=UTF8',
        '--locale=C.UTF-8',
        '--data-checksums',
        '--no-sync',
      ],
      { ...UNPRIVILEGED, cwd: folder, stdio: 'ignore' },
    );
    const server = new PostgresServer(bin, folder, launch(bin, folder));
    await server.ready();
    return server;
  }

  get pid(): number {
    return this.child.pid as number;
  }

  /** Address of a database for a role. */
  url(database: string, role: string = ROOT): string {
    return `postgres://${role}@localhost/${database}?host=${encodeURIComponent(this.folder)}`;
  }

  /**
   * Creates a database with this version's schema, a role for servers and a role for
   * administrators.
   */
  async database(
    name: string,
  ): Promise<{ readonly admin: string; readonly gateway: string; readonly owner: string }> {
    await this.sql('postgres', `CREATE DATABASE ${name}`);
    await migrate(this.url(name));
    for (const role of ['gateway', 'admin'])
      await this.sql(
        name,
        `DO $$ BEGIN CREATE ROLE ${role} LOGIN IN ROLE earmark_${role}; EXCEPTION WHEN duplicate_object THEN NULL; END $$`,
      );
    return {
      owner: this.url(name),
      gateway: this.url(name, 'gateway'),
      admin: this.url(name, 'admin'),
    };
  }

  /** As the superuser, who is exempt from row-level security. */
  async sql<R extends object = Record<string, unknown>>(
    database: string,
    text: string,
    values: readonly unknown[] = [],
    role?: string,
  ): Promise<readonly R[]> {
    const client = new Client({ connectionString: this.url(database, role) });
    await client.connect();
    try {
      return (await client.query(text, [...values])).rows as R[];
    } finally {
      await client.end();
    }
  }

  /**
   * Stops the server and starts it again with the same data. SIGINT is an orderly stop, SIGQUIT an
   * immediate one, SIGKILL a crash.
   */
  async restart(signal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL'): Promise<void> {
    await this.end(signal);
    await this.again();
  }

  async end(signal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL'): Promise<void> {
    await end(this.child, signal);
  }

  /**
   * Sends SIGSTOP or SIGCONT to the server and all its child processes, like a machine that stops.
   */
  signalAll(signal: 'SIGSTOP' | 'SIGCONT'): void {
    // The parent process first and last, so no new child is missed.
    const made = childrenOf(this.pid);
    for (const pid of signal === 'SIGSTOP'
      ? [this.pid, ...made, ...childrenOf(this.pid)]
      : [...made, this.pid]) {
      try {
        process.kill(pid, signal);
      } catch {
        // The process has exited.
      }
    }
  }

  async again(): Promise<void> {
    this.child = launch(this.bin, this.folder);
    await this.ready();
  }

  async stop(): Promise<void> {
    await end(this.child, 'SIGINT');
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async ready(): Promise<void> {
    for (
      const until = Date.now() + START_MS;
      ;
      await new Promise((resolve) => setTimeout(resolve, 50))
    ) {
      try {
        await this.sql('postgres', 'SELECT 1');
        return;
      } catch (error) {
        if (Date.now() > until) throw error;
        // After a crash, the server refuses to start until its last old process has exited.
        if (this.child.exitCode !== null) this.child = launch(this.bin, this.folder);
      }
    }
  }
}

/** Without fsync: a killed process loses no data; only a power failure would. */
function launch(bin: string, folder: string): ChildProcess {
  const settings = [
    'listen_addresses=',
    `unix_socket_directories=${folder}`,
    'fsync=off',
    'max_connections=60',
    'shared_buffers=32MB',
    'autovacuum=off',
    'logging_collector=off',
  ];
  return spawn(
    join(bin, 'postgres'),
    ['-D', join(folder, 'data'), ...settings.flatMap((s) => ['-c', s])],
    { ...UNPRIVILEGED, cwd: folder, stdio: 'ignore' },
  );
}

function childrenOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter(Boolean)
    .map(Number);
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.kill(signal);
  });
}
