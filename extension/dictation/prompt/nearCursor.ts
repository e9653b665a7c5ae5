/** The place in the code that a prompt is likely about: the cursor of the active editor. */
import * as vscode from 'vscode';
import type { Surface } from '../surfaces/surface';

export function nearCursor(): Surface['near'] {
  const editor = vscode.window.activeTextEditor;
  return editor && { document: editor.document, line: editor.selection.active.line };
}
