/**
 * The note as a document or a file: read it, apply edits to it, never over what somebody wrote
 * meanwhile.
 */
import * as vscode from 'vscode';
import type { NoteEdit } from '../../protocol/notes';
import { applyEdits } from './applyEdits';
import { GITIGNORE, wantsGitignore } from './noteFolder';
import type { WriteResult } from './noteScheduler';

const openDocument = (uri: vscode.Uri): vscode.TextDocument | undefined =>
  vscode.workspace.textDocuments.find((d) => !d.isClosed && d.uri.toString() === uri.toString());

const exists = (uri: vscode.Uri): Thenable<boolean> =>
  vscode.workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );

/**
 * The edits that bring a text up to date.
 * @param look only to compare: nothing that the text says is passed on
 */
export type Plan = (text: string, look?: boolean) => Promise<readonly NoteEdit[]>;

/**
 * Makes the folder where it is missing; a new `.earmark` gets its `.gitignore`. @throws when it
 * cannot be made
 */
export async function makeFolder(folder: vscode.Uri): Promise<void> {
  if (await exists(folder)) return;
  await vscode.workspace.fs.createDirectory(folder);
  if (wantsGitignore(folder.path))
    await vscode.workspace.fs.writeFile(
      vscode.Uri.joinPath(folder, '.gitignore'),
      Buffer.from(GITIGNORE),
    );
}

/**
 * Reads the note, asks for a plan, applies it. An open document is edited through the editor, so
 * that cursor, undo and unsaved typing stay; a file is replaced as a whole.
 * @throws when the folder or the file cannot be written
 */
export async function updateNote(uri: vscode.Uri, plan: Plan): Promise<WriteResult> {
  const document = openDocument(uri);
  return document === undefined ? updateFile(uri, plan) : updateDocument(document, plan);
}

async function updateDocument(document: vscode.TextDocument, plan: Plan): Promise<WriteResult> {
  const { uri, version } = document;
  const text = document.getText();
  const edits = await plan(text);
  // Unsaved typing is the user's to save.
  const saves = !document.isDirty || (await onlyOursIsUnsaved(uri, applyEdits(text, edits), plan));
  if (document.isClosed || document.version !== version) return { kind: 'stale' };
  if (edits.length > 0 && !(await applyToDocument(document, edits))) return { kind: 'stale' };
  if (!saves || document.isClosed || (await document.save())) return { kind: 'written' };
  // What was typed while it was saved leaves the document unsaved, and then the answer is no.
  return { kind: (await plan(await textOnDisk(uri), true)).length === 0 ? 'written' : 'failed' };
}

/**
 * A save that crosses an edit of ours leaves the document dirty, as typing does; neither `isDirty`
 * nor the editor's events, which a busy window brings late, tell which. What is on disk does:
 * brought up to date, it is the document brought up to date.
 */
async function onlyOursIsUnsaved(uri: vscode.Uri, updated: string, plan: Plan): Promise<boolean> {
  const text = await textOnDisk(uri);
  return sameLines(applyEdits(text, await plan(text, true)), updated);
}

/** An editor gives all lines one ending. */
const sameLines = (a: string, b: string): boolean =>
  a.replace(/\r\n?/g, '\n') === b.replace(/\r\n?/g, '\n');

/** Empty where there is no file. */
const textOnDisk = (uri: vscode.Uri): Thenable<string> =>
  vscode.workspace.fs.readFile(uri).then(
    (bytes) =>
      Buffer.from(bytes)
        .toString('utf8')
        .replace(/^\uFEFF/, ''),
    () => '',
  );

function applyToDocument(
  document: vscode.TextDocument,
  edits: readonly NoteEdit[],
): Thenable<boolean> {
  const ranged = edits.map(({ start, end, newText }) => ({
    range: new vscode.Range(document.positionAt(start), document.positionAt(end)),
    text: newText,
  }));
  const editor = vscode.window.visibleTextEditors.find((e) => e.document === document);
  if (editor === undefined) {
    const edit = new vscode.WorkspaceEdit();
    for (const { range, text } of ranged) edit.replace(document.uri, range, text);
    return vscode.workspace.applyEdit(edit);
  }
  // No undo stops: taking back the last typed words must not first take back lines that come again
  // by themselves.
  return editor.edit(
    (builder) => {
      for (const { range, text } of ranged) {
        // `insert` carries a cursor at that very place along, `replace` leaves it: a line put in
        // above moves it down, one put in behind it does not.
        if (range.isEmpty && !/^[\r\n]/.test(text)) builder.insert(range.start, text);
        else builder.replace(range, text);
      }
    },
    { undoStopBefore: false, undoStopAfter: false },
  );
}

async function updateFile(uri: vscode.Uri, plan: Plan): Promise<WriteResult> {
  const { fs } = vscode.workspace;
  const before = await fs.stat(uri).then(
    (stat) => stat,
    () => undefined,
  );
  const text = before === undefined ? '' : Buffer.from(await fs.readFile(uri)).toString('utf8');
  const edits = await plan(text);
  if (edits.length === 0 && before !== undefined) return { kind: 'written' };
  const now = await fs.stat(uri).then(
    (stat) => stat,
    () => undefined,
  );
  if (now?.mtime !== before?.mtime || now?.size !== before?.size || openDocument(uri) !== undefined)
    return { kind: 'stale' };
  // Written beside and renamed: a crash leaves the old note or the new one, never half of it.
  const beside = uri.with({ path: `${uri.path}.tmp` });
  await fs.writeFile(beside, Buffer.from(applyEdits(text, edits)));
  await fs.rename(beside, uri, { overwrite: true });
  return { kind: 'written' };
}
