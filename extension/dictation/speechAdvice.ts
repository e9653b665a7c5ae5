/** Shows the session's warnings about the dictated speech, each once in a window. */
import * as vscode from 'vscode';
import type { SessionEvent, WarningCode } from '../../protocol/session';

type Warning = Extract<SessionEvent, { kind: 'warning' }>;

const SHOWN: ReadonlySet<WarningCode> = new Set(['language.foreign', 'audio.quiet']);

export class SpeechAdvice {
  private readonly shown = new Set<WarningCode>();

  show({ code, message }: Warning): void {
    if (!SHOWN.has(code) || this.shown.has(code)) return;
    this.shown.add(code);
    const button = vscode.l10n.t('Open Settings');
    void vscode.window
      .showWarningMessage(message, ...(code === 'language.foreign' ? [button] : []))
      .then((chosen) =>
        chosen === button ? vscode.commands.executeCommand('earmark.openSettings') : undefined,
      );
  }
}
