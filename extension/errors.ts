/**
 * Shows errors: one sentence that says what to do, and a button for it. Errors never contain spoken
 * text.
 */
import * as vscode from 'vscode';
import { ERRORS, EarmarkError, type ErrorCode } from '../protocol/errors';

/** An error that this window detected. Its message is shown to the user. */
export class UserError extends Error {}

interface Remedy {
  readonly label: string;
  readonly command: string;
}

function remedy(code: ErrorCode | undefined): Remedy {
  switch (code) {
    case 'model.missing':
    case 'model.corrupt':
      return { label: vscode.l10n.t('Download Model'), command: 'earmark.downloadModel' };
    case 'audio.noRecorder':
    case 'audio.deviceNotFound':
    case 'audio.recorderFailed':
      return { label: vscode.l10n.t('Run Doctor'), command: 'earmark.doctor' };
    case 'engine.language':
    case 'model.unknown':
    case 'note.unwritable':
      return { label: vscode.l10n.t('Open Settings'), command: 'earmark.openSettings' };
    default:
      return { label: vscode.l10n.t('Show Logs'), command: 'earmark.showLogs' };
  }
}

/** Message for the user. */
export function errorText(error: unknown): string {
  if (error instanceof UserError) return error.message;
  if (error instanceof EarmarkError && ERRORS[error.code].user) return error.message;
  return vscode.l10n.t('The command failed. See the log for details.');
}

/** Shows an error and logs its name. Does not wait for the user. */
export function showError(error: unknown, log: vscode.LogOutputChannel): void {
  if (error instanceof UserError) {
    void vscode.window.showWarningMessage(error.message);
    return;
  }
  const code = error instanceof EarmarkError ? error.code : undefined;
  if (code === 'rpc.cancelled') return;
  log.error('failed', {
    code: code ?? 'internal',
    name: error instanceof Error ? error.name : typeof error,
    ...(code === undefined && error instanceof Error ? { stack: error.stack ?? '' } : {}),
  });
  const { label, command } = remedy(code);
  void vscode.window
    .showErrorMessage(errorText(error), label)
    .then((answer) => answer === label && vscode.commands.executeCommand(command));
}
