/** Sends the user's settings to the local daemon, at every connection and after every change. */
import * as vscode from 'vscode';
import type { Connection } from '../../client';
import { isEarmarkError } from '../../protocol/errors';
import { DaemonShutdown } from '../../protocol/health';
import { PrivacyRetention } from '../../protocol/privacy';
import { SettingsSet } from '../../protocol/settings';
import { settings } from '../settings/settings';
import type { Daemon } from './daemon';
import { retentionToSend, settingsToSend } from './daemonSettings';
import type { EncryptionKey } from './encryptionKey';

const SENT = 'earmark.settingsSent';
const RETENTION_SENT = 'earmark.retentionSent';

export class SettingsSync implements vscode.Disposable {
  private readonly subscriptions: vscode.Disposable[] = [];
  /** One after the other, so that the last change wins. */
  private last: Promise<void> = Promise.resolve();
  private asked = false;

  constructor(
    daemon: Daemon,
    private readonly state: vscode.Memento,
    private readonly key: EncryptionKey,
    private readonly log: vscode.LogOutputChannel,
  ) {
    daemon.onDidMake((connection) =>
      connection.onDidChangeState(({ to }) => to.kind === 'connected' && this.send(connection)),
    );
    this.subscriptions.push(
      vscode.workspace.onDidChangeConfiguration((change) => {
        const connection = daemon.existing;
        if (change.affectsConfiguration('earmark') && connection?.state.kind === 'connected')
          this.send(connection);
      }),
    );
  }

  private send(connection: Connection): void {
    // A remote daemon has its own settings.
    if (settings.remoteUrl() !== '') return;
    this.last = this.last
      .then(() => this.sendNow(connection))
      .catch((error: unknown) =>
        this.log.warn('settings.notSent', {
          error: isEarmarkError(error) ? error.code : 'unexpected',
        }),
      );
  }

  private async sendNow(connection: Connection): Promise<void> {
    const { values, sent } = settingsToSend(
      (name) => settings.ofUser(name),
      this.state.get<readonly string[]>(SENT, []),
    );
    if (Object.keys(values).length > 0)
      await connection.request(SettingsSet, { values: { ...values } });
    await this.state.update(SENT, sent);
    const encrypted = await this.unlock(connection);
    const retention = retentionToSend(settings.retention());
    const isSet = Object.keys(retention).length > 0;
    if (encrypted !== undefined && (isSet || this.state.get(RETENTION_SENT, false)))
      await connection.request(PrivacyRetention, { set: { ...retention } });
    await this.state.update(RETENTION_SENT, isSet);
  }

  /** @returns whether the store is encrypted; undefined if it stays locked */
  private async unlock(connection: Connection): Promise<boolean | undefined> {
    if (settings.encrypt()) await this.key.getOrMake();
    else if ((await this.key.get()) === undefined) return false;
    const encrypted = await this.key.unlock(connection);
    if (encrypted === false && settings.encrypt()) this.offerRestart(connection);
    return encrypted;
  }

  /**
   * A running daemon cannot encrypt its store. It encrypts existing data when it next starts with
   * the key.
   */
  private offerRestart(connection: Connection): void {
    if (this.asked) return;
    this.asked = true;
    const restart = vscode.l10n.t('Restart Daemon');
    void vscode.window
      .showInformationMessage(
        vscode.l10n.t(
          'Restart the daemon to encrypt stored data. A running meeting is finished first.',
        ),
        restart,
      )
      .then(async (answer) => {
        this.asked = false;
        if (answer === restart) await connection.request(DaemonShutdown, {});
      });
  }

  dispose(): void {
    for (const one of this.subscriptions) one.dispose();
  }
}
