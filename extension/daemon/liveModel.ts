/**
 * Applies a change of the model settings to the running meeting and dictation of this window.
 * Sessions that start later read the settings themselves.
 */
import * as vscode from 'vscode';
import type { Purpose } from '../../protocol/models';
import { SessionSetModel } from '../../protocol/session';
import { settings } from '../settings/settings';
import type { Daemon } from './daemon';

const NAMES = ['provider', 'model', 'dictationModel', 'meetingModel'] as const;
/** Enough to load a model of a gigabyte from a slow disk. */
const LOAD_TIMEOUT_MS = 120_000;

export class LiveModel implements vscode.Disposable {
  private readonly listener: vscode.Disposable;
  private last: Promise<void> = Promise.resolve();

  /** @param running id of the session of a purpose */
  constructor(
    private readonly daemon: Pick<Daemon, 'existing'>,
    private readonly running: (purpose: Purpose) => string | undefined,
    private readonly onError: (error: unknown) => void,
  ) {
    this.listener = vscode.workspace.onDidChangeConfiguration((change) => {
      if (!NAMES.some((name) => change.affectsConfiguration(`earmark.speech.${name}`))) return;
      // One command may change several settings; the last state counts.
      this.last = this.last.then(() => this.apply());
    });
  }

  private async apply(): Promise<void> {
    const connection = this.daemon.existing;
    if (connection?.state.kind !== 'connected') return;
    for (const purpose of ['meeting', 'dictation'] as const) {
      const sessionId = this.running(purpose);
      if (sessionId === undefined) continue;
      const params = { sessionId, ...settings.speechModel(purpose) };
      await connection
        .request(SessionSetModel, params, { timeoutMs: LOAD_TIMEOUT_MS })
        .catch(this.onError);
    }
  }

  dispose(): void {
    this.listener.dispose();
  }
}
