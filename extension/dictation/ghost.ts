/**
 * Shows recognised text in grey at the cursors. It is a decoration; the document does not change.
 */
import * as vscode from 'vscode';
import type { Anchor } from './anchors';

/** With more cursors than this, no grey text is shown, because it would hide the code. */
const CURSORS_MAX = 20;

export class Ghost implements vscode.Disposable {
  private readonly type = vscode.window.createTextEditorDecorationType({
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
    after: {
      color: new vscode.ThemeColor('editorGhostText.foreground'),
      fontStyle: 'italic',
      margin: '0 0 0 0.15em',
    },
  });
  private document: vscode.TextDocument | undefined;

  show(document: vscode.TextDocument, anchors: readonly Anchor[], text: string): void {
    this.document = document;
    const options = anchors.slice(0, CURSORS_MAX).map(({ end }): vscode.DecorationOptions => {
      const at = document.positionAt(end);
      // A space would collapse at the end of the line.
      return {
        range: new vscode.Range(at, at),
        renderOptions: { after: { contentText: text.replaceAll(' ', '\u00a0') } },
      };
    });
    for (const editor of this.editors()) editor.setDecorations(this.type, options);
  }

  clear(): void {
    for (const editor of this.editors()) editor.setDecorations(this.type, []);
    this.document = undefined;
  }

  private editors(): vscode.TextEditor[] {
    return vscode.window.visibleTextEditors.filter((editor) => editor.document === this.document);
  }

  dispose(): void {
    this.type.dispose();
  }
}
