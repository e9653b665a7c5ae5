/**
 * The offer of a better model on the start page. Nothing is downloaded before the user accepts. A
 * declined model is not offered again on this machine.
 */
import * as vscode from 'vscode';
import type { Connection } from '../../client';
import { isEarmarkError } from '../../protocol/errors';
import {
  ModelsProgress,
  ModelsPull,
  ModelsRecommend,
  type ModelRecommendation,
} from '../../protocol/models';
import type { PanelOffer } from '../../protocol/panel';
import type { Daemon } from '../daemon/daemon';
import { errorText } from '../errors';
import { settings } from '../settings/settings';
import { modelName, offerOf } from './offerText';

/** Global state: ids of declined models. */
const DECLINED = 'offer.declined';
/** Enough for a gigabyte over a slow connection. */
const PULL_TIMEOUT_MS = 2 * 3_600_000;
/** Waits before the download continues where it was cut, in milliseconds. */
const RETRY_MS = [1_000, 5_000, 20_000];

type State =
  | { readonly kind: 'none' }
  | { readonly kind: 'offered'; readonly problem?: string }
  | {
      readonly kind: 'downloading';
      readonly modelId: string;
      readonly receivedBytes: number;
      readonly totalBytes: number;
    };

export class ModelOffer implements vscode.Disposable {
  private state: State = { kind: 'none' };
  private offered: ModelRecommendation | undefined;
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly installed = new vscode.EventEmitter<string>();
  readonly onDidChange = this.changed.event;
  /** Fires with the name of a model that was accepted and is installed now. */
  readonly onDidInstall = this.installed.event;

  constructor(
    private readonly daemon: Daemon,
    private readonly memory: vscode.Memento,
  ) {
    daemon.onDidMake((connection) =>
      connection.onNotification(ModelsProgress, ({ modelId, receivedBytes, totalBytes }) => {
        if (this.state.kind !== 'downloading' || this.state.modelId !== modelId) return;
        this.set({ kind: 'downloading', modelId, receivedBytes, totalBytes });
      }),
    );
  }

  view(): PanelOffer | undefined {
    if (this.offered === undefined || this.state.kind === 'none') return undefined;
    const { state } = this;
    return {
      ...offerOf(this.offered, vscode.env.language),
      ...(state.kind === 'downloading' ? { progress: state } : {}),
      ...(state.kind === 'offered' && state.problem !== undefined
        ? { problem: state.problem }
        : {}),
    };
  }

  /** Reads the recommendations of a running daemon. */
  async ask(connection: Connection): Promise<void> {
    if (this.state.kind === 'downloading') return;
    const wanted = hasChoice()
      ? undefined
      : await recommended(connection, this.memory.get<readonly string[]>(DECLINED, []));
    // The user accepted an offer meanwhile.
    if ((this.state as State).kind === 'downloading') return;
    if (wanted?.model.id === this.offered?.model.id && this.state.kind === 'offered') return;
    this.offered = wanted;
    this.set(wanted === undefined ? { kind: 'none' } : { kind: 'offered' });
  }

  async accept(): Promise<void> {
    const model = this.offered?.model;
    if (model === undefined || this.state.kind !== 'offered') return;
    const { id: modelId, bytes: totalBytes } = model;
    this.set({ kind: 'downloading', modelId, receivedBytes: 0, totalBytes });
    try {
      await this.pull(modelId);
      this.offered = undefined;
      this.set({ kind: 'none' });
      this.installed.fire(modelName(model));
    } catch (error) {
      this.set({ kind: 'offered', problem: errorText(error) });
    }
  }

  async decline(): Promise<void> {
    const id = this.offered?.model.id;
    if (id === undefined || this.state.kind !== 'offered') return;
    this.offered = undefined;
    this.set({ kind: 'none' });
    await this.memory.update(DECLINED, [...this.memory.get<readonly string[]>(DECLINED, []), id]);
  }

  dispose(): void {
    this.changed.dispose();
    this.installed.dispose();
  }

  /** The daemon keeps the received part of a file, so a cut download continues. */
  private async pull(modelId: string): Promise<void> {
    for (let tries = 0; ; tries++) {
      try {
        const connection = await this.daemon.ready();
        await connection.request(ModelsPull, { modelId }, { timeoutMs: PULL_TIMEOUT_MS });
        return;
      } catch (error) {
        const waitMs = RETRY_MS[tries];
        if (waitMs === undefined || !isEarmarkError(error, 'model.download')) throw error;
        await new Promise((done) => setTimeout(done, waitMs));
      }
    }
  }

  private set(state: State): void {
    this.state = state;
    this.changed.fire();
  }
}

/** The user chose a model, or a remote daemon has models of its own. */
function hasChoice(): boolean {
  const chosen = (['dictation', 'meeting'] as const).some((purpose) => {
    const { provider = 'auto', model = 'auto' } = settings.speechModel(purpose);
    return provider !== 'auto' || model !== 'auto';
  });
  return chosen || settings.remoteUrl() !== '';
}

async function recommended(
  connection: Connection,
  declined: readonly string[],
): Promise<ModelRecommendation | undefined> {
  const language = settings.language();
  const { recommendations } = await connection.request(ModelsRecommend, {
    ...(language === '' ? {} : { language }),
  });
  return recommendations.find(
    ({ model, gains }) =>
      gains.length > 0 && model.status.state === 'absent' && !declined.includes(model.id),
  );
}
