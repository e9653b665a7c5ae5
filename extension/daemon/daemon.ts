/**
 * The window's one connection to the daemon. It is made when something first needs it, starts the
 * daemon where none runs, and comes back by itself.
 */
import * as vscode from 'vscode';
import { createConnection, readDaemonFile, stateFolder } from '../../client';
import type { Connection } from '../../client';
import { settings } from '../settings/settings';
import type { EncryptionKey } from './encryptionKey';
import { daemonCommand } from './launch';
import { remoteProfile } from './remote';
import type { SignIn } from './signIn';
import { windowHost } from './windowHost';

/** The daemon loads its database and answers; the models come later. */
const CONNECT_MS = 20_000;

export class Daemon implements vscode.Disposable {
  private openConnection: Connection | undefined;
  private readonly made = new vscode.EventEmitter<Connection>();
  /** The first use made the connection. */
  readonly onDidMake = this.made.event;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly log: vscode.LogOutputChannel,
    private readonly key: EncryptionKey,
    private readonly signIn: SignIn,
  ) {}

  /** Made on first use. */
  get connection(): Connection {
    if (this.openConnection === undefined) {
      const remote = remoteProfile(this.context.secrets, this.signIn);
      this.openConnection = createConnection({
        stateDir: stateFolder(),
        ...(remote ? { remote } : {}),
        client: {
          name: 'vscode',
          version: String(
            (this.context.extension.packageJSON as { version?: unknown }).version ?? '',
          ),
          window: true,
        },
        daemon: { ...daemonCommand(windowHost(this.context)), secrets: () => this.secrets() },
        timeoutMs: CONNECT_MS,
        log: (event, fields) => this.log.info(event, fields ?? {}),
      });
      this.made.fire(this.openConnection);
    }
    return this.openConnection;
  }

  /** What a daemon that is started here must know before it opens what it keeps. */
  private async secrets(): Promise<Record<string, string>> {
    return settings.encrypt() ? { EARMARK_KEY: await this.key.getOrMake() } : {};
  }

  /** Undefined while nothing needed the daemon. */
  get existing(): Connection | undefined {
    return this.openConnection;
  }

  /** Connected. @throws EarmarkError */
  async ready(): Promise<Connection> {
    const { connection } = this;
    if (connection.state.kind === 'failed' || connection.state.kind === 'waiting')
      connection.retry();
    await connection.whenConnected(CONNECT_MS);
    return connection;
  }

  /** Does a daemon seem to run? Reads one small file; starts and connects nothing. */
  async seemsToRun(): Promise<boolean> {
    const file = await Promise.resolve(readDaemonFile(stateFolder())).catch(() => undefined);
    if (file === undefined) return false;
    try {
      process.kill(file.pid, 0);
      return true;
    } catch {
      return false;
    }
  }

  /** Where the daemon keeps its files. */
  get stateFolder(): string {
    return stateFolder();
  }

  dispose(): void {
    this.openConnection?.dispose();
    this.openConnection = undefined;
    this.made.dispose();
  }
}
