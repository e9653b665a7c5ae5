/**
 * Shows the end of the recognised text in the status bar, for targets that cannot show text at the
 * cursor.
 */
import * as vscode from 'vscode';

export class Preview implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem(
    'earmark.recognised',
    vscode.StatusBarAlignment.Left,
    9_999,
  );

  constructor() {
    this.item.name = vscode.l10n.t('Earmark: Recognised Text');
  }

  show(text: string): void {
    // VS Code would draw `$(name)` as an icon.
    this.item.text = text.replaceAll('$(', '$ (');
    this.item.show();
  }

  dispose(): void {
    this.item.dispose();
  }
}
