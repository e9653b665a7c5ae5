/** Checks whether the target document can be changed, and reads the text around the cursor. */
import * as vscode from 'vscode';
import type { Surroundings } from '../insertText';

/** Schemes whose documents the editor refuses to change. */
const NEVER_WRITABLE = new Set([
  'git',
  'output',
  'debug',
  'vscode',
  'gitlens',
  'review',
  'walkThrough',
  'walkThroughSnippet',
  'search-editor-result',
]);

/**
 * Reason why this document cannot take text, for the user; undefined if it can. Some reasons appear
 * only when the text is inserted.
 */
export async function readOnlyReason(document: vscode.TextDocument): Promise<string | undefined> {
  const { uri } = document;
  const said = vscode.l10n.t('This editor is read-only. Open an editable file to dictate.');
  if (
    NEVER_WRITABLE.has(uri.scheme) ||
    vscode.workspace.fs.isWritableFileSystem(uri.scheme) === false
  )
    return said;
  if (uri.scheme === 'untitled') return undefined;
  try {
    const stat = await vscode.workspace.fs.stat(uri);
    return stat.permissions !== undefined &&
      (stat.permissions & vscode.FilePermission.Readonly) !== 0
      ? said
      : undefined;
  } catch {
    // The document is not a file (yet). The editor decides when the text is inserted.
    return undefined;
  }
}

/** True if a visible editor shows the document. */
export const isVisible = (document: vscode.TextDocument): boolean =>
  vscode.window.visibleTextEditors.some((editor) => editor.document === document);

/** True if the document has its own tab. A notebook cell has none. */
export function hasTab(document: vscode.TextDocument): boolean {
  const uri = document.uri.toString();
  return vscode.window.tabGroups.all.some((group) =>
    group.tabs.some(({ input }) => {
      if (input instanceof vscode.TabInputText) return input.uri.toString() === uri;
      return input instanceof vscode.TabInputTextDiff && input.modified.toString() === uri;
    }),
  );
}

/** Lines read above the cursor to find the end of the previous sentence. */
const LINES_ABOVE = 1;

export function surroundings(document: vscode.TextDocument, range: vscode.Range): Surroundings {
  const from = new vscode.Position(Math.max(0, range.start.line - LINES_ABOVE), 0);
  return {
    before: document.getText(new vscode.Range(from, range.start)),
    after: document.lineAt(range.end.line).text.slice(range.end.character),
  };
}
