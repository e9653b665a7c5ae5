/**
 * A real PostgreSQL for tests: made in a temporary folder, on a Unix socket that only this user
 * opens, gone afterwards.
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
import { skip } from '../skip';

const DEBIAN = '/usr/lib/postgresql';
const START_MS = 30_000;
const ROOT = 'tester';

/** The user that PostgreSQL runs as where this one is root, which it refuses: `nobody` of Linux. */
const UNPRIVILEGED = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

/** The folder of initdb and postgres: the newest of Debian's, or one of PATH. */
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

  /** Skips the suite in words where PostgreSQL is not installed. */
  static async start(context: Mocha.Context): Promise<PostgresServer> {
    const bin = process.platform === 'win32' ? undefined : binaries();
    if (bin === undefined)
      skip(context, 'PostgreSQL is not installed (Debian: apt-get install postgresql)');
    context.timeout(2 * START_MS);
    const folder = mkdtempSync(join(tmpdir(), 'earmark-pg-'));
    if (UNPRIVILEGED.uid !== undefined) {
      chownSync(folder, UNPRIVILEGED.uid, UNPRIVILEGED.gid);
      chmodSync(folder, 0o700);
      // The way there leads through the folder of the run, which only its owner may enter.
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

  /** The address of a database for a role, and to whom else it belongs. */
  url(database: string, role: string = ROOT): string {
    return `postgres://${role}@localhost/${database}?host=${encodeURIComponent(this.folder)}`;
  }

  /** A database of this version's schema with a role for servers and one for administrators. */
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

  /** As the superuser, whom row-level security does not bind. */
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
   * Ends it, in order with SIGINT, at once with SIGQUIT or like a crash with SIGKILL, and starts it
   * again over what is on disk.
   */
  async restart(signal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL'): Promise<void> {
    await this.end(signal);
    await this.again();
  }

  async end(signal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL'): Promise<void> {
    await end(this.child, signal);
  }

  /**
   * SIGSTOP and SIGCONT to the server and to every process that it made, as where its machine
   * stands still.
   */
  signalAll(signal: 'SIGSTOP' | 'SIGCONT'): void {
    // The one that makes others first and last, so that none is missed.
    const made = childrenOf(this.pid);
    for (const pid of signal === 'SIGSTOP'
      ? [this.pid, ...made, ...childrenOf(this.pid)]
      : [...made, this.pid]) {
      try {
        process.kill(pid, signal);
      } catch {
        // It has ended.
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
        // After a crash it refuses until the last of its old processes is gone.
        if (this.child.exitCode !== null) this.child = launch(this.bin, this.folder);
      }
    }
  }
}

/** Without fsync: a killed process loses nothing by it, only a machine that loses power would. */
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
