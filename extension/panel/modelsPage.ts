/** The page Models: installed models, measured speed on this machine, download progress. */
import * as vscode from 'vscode';
import type { Connection } from '../../client';
import { EngineCalibrate, type DegradationLevel } from '../../protocol/engine';
import { DaemonHealth, type DaemonHealthResult } from '../../protocol/health';
import {
  ModelsList,
  ModelsProgress,
  ModelsPull,
  ModelsRemove,
  ModelsRollback,
  ModelsUpdate,
  ModelsVerify,
  type ModelInfo,
} from '../../protocol/models';
import type { FromPanel, ModelAction, PanelModels } from '../../protocol/panel';
import type { Daemon } from '../daemon/daemon';
import { settings } from '../settings/settings';
import { engineName, engineWords, machineWords } from './healthText';
import type { Page } from './pages';

/** Enough for several hundred megabytes over a slow connection. */
const PULL_TIMEOUT_MS = 30 * 60_000;
const CALIBRATE_TIMEOUT_MS = 120_000;
/** Interval for reading the metrics again while the page is open, in milliseconds. */
const EVERY_MS = 5_000;

export class ModelsPage implements Page {
  private models: readonly ModelInfo[] = [];
  private health: DaemonHealthResult | undefined;
  private busy: PanelModels['busy'];
  private timer: NodeJS.Timeout | undefined;
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;

  constructor(private readonly daemon: Daemon) {
    daemon.onDidMake((connection) =>
      connection.onNotification(ModelsProgress, ({ modelId, receivedBytes, totalBytes }) => {
        this.models = this.models.map((model) =>
          model.id === modelId
            ? { ...model, status: { state: 'downloading', receivedBytes, totalBytes } }
            : model,
        );
        this.changed.fire();
      }),
    );
  }

  view(): PanelModels {
    const degradationLevel: DegradationLevel = this.health?.engine.degradationLevel ?? 'NORMAL';
    return {
      kind: 'models',
      engine: this.health === undefined ? [] : engineWords(this.health.engine),
      degradationLevel,
      machine: this.health === undefined ? [] : machineWords(this.health.machine),
      models: this.models,
      ...(this.busy === undefined ? {} : { busy: this.busy }),
    };
  }

  async open(): Promise<void> {
    await this.ask(await this.daemon.ready());
    clearInterval(this.timer);
    this.timer = setInterval(() => void this.renew(), EVERY_MS);
  }

  /** The page is no longer shown. */
  close(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  async take(message: FromPanel): Promise<boolean> {
    const calibrate = message.type === 'command' && message.command === 'calibrate';
    if (message.type !== 'model' && !calibrate) return false;
    const connection = await this.daemon.ready();
    try {
      if (message.type === 'model') await this.perform(connection, message.modelId, message.action);
      else {
        this.busy = { text: vscode.l10n.t('Measuring speed. This takes up to a minute…') };
        this.changed.fire();
        await connection.request(EngineCalibrate, {}, { timeoutMs: CALIBRATE_TIMEOUT_MS });
      }
    } finally {
      this.busy = undefined;
      await this.ask(connection);
    }
    return true;
  }

  private async perform(
    connection: Connection,
    modelId: string,
    action: ModelAction,
  ): Promise<void> {
    const busy = (text: string): void => {
      this.busy = { modelId, text };
      this.changed.fire();
    };
    switch (action) {
      case 'pull':
        busy(vscode.l10n.t('Downloading…'));
        await connection.request(ModelsPull, { modelId }, { timeoutMs: PULL_TIMEOUT_MS });
        return;
      case 'update':
        busy(vscode.l10n.t('Downloading…'));
        await connection.request(ModelsUpdate, { modelId }, { timeoutMs: PULL_TIMEOUT_MS });
        return;
      case 'verify':
        busy(vscode.l10n.t('Verifying…'));
        await connection.request(ModelsVerify, { modelId });
        return;
      case 'rollback':
        await connection.request(ModelsRollback, { modelId });
        return;
      case 'remove': {
        const yes = vscode.l10n.t('Delete');
        if (
          (await vscode.window.showWarningMessage(
            vscode.l10n.t('Delete the model {0}?', modelId),
            { modal: true, detail: vscode.l10n.t('You can download it again.') },
            yes,
          )) === yes
        )
          await connection.request(ModelsRemove, { modelId });
        return;
      }
      case 'use': {
        const model = this.models.find(({ id }) => id === modelId);
        if (model === undefined) return;
        await settings.write('speech.provider', model.provider);
        await settings.write('speech.model', model.id);
        await settings.write('speech.dictationModel', '');
        await settings.write('speech.meetingModel', '');
        void vscode.window.showInformationMessage(
          vscode.l10n.t(
            'Earmark uses {0} for meetings and dictation.',
            engineName(model.provider, model.id),
          ),
        );
      }
    }
  }

  private async ask(connection: Connection): Promise<void> {
    const [{ models }, health] = await Promise.all([
      connection.request(ModelsList, {}),
      connection.request(DaemonHealth, {}),
    ]);
    this.models = models;
    this.health = health;
    this.changed.fire();
  }

  private async renew(): Promise<void> {
    const connection = this.daemon.existing;
    if (connection?.state.kind !== 'connected') return;
    // A failed read is repeated after the next interval.
    await this.ask(connection).catch(() => undefined);
  }

  dispose(): void {
    this.close();
    this.changed.dispose();
  }
}
