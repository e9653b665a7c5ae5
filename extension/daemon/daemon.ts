/**
 * The window's only connection to the daemon. It is created on first use, starts a daemon if none
 * runs, and reconnects by itself.
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

/** The daemon answers after loading its database. Models load later. */
const CONNECT_MS = 20_000;

export class Daemon implements vscode.Disposable {
  private openConnection: Connection | undefined;
  private readonly made = new vscode.EventEmitter<Connection>();
  /** Fires when first use creates the connection. */
  readonly onDidMake = this.made.event;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly log: vscode.LogOutputChannel,
    private readonly key: EncryptionKey,
    private readonly signIn: SignIn,
  ) {}

  /** Created on first use. */
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

  /** Settings that a new daemon needs before it opens its database. */
  private async secrets(): Promise<Record<string, string>> {
    return settings.encrypt() ? { EARMARK_KEY: await this.key.getOrMake() } : {};
  }

  /** Undefined before first use. */
  get existing(): Connection | undefined {
    return this.openConnection;
  }

  /**
   * The connection, after it is established.
   * @throws EarmarkError
   */
  async ready(): Promise<Connection> {
    const { connection } = this;
    if (connection.state.kind === 'failed' || connection.state.kind === 'waiting')
      connection.retry();
    await connection.whenConnected(CONNECT_MS);
    return connection;
  }

  /** True if a daemon file exists. Starts and connects nothing. */
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

  /** State folder of the daemon. */
  get stateFolder(): string {
    return stateFolder();
  }

  dispose(): void {
    this.openConnection?.dispose();
    this.openConnection = undefined;
    this.made.dispose();
  }
}
