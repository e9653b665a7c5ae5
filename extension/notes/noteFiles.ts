/**
 * Reads and edits the note, as an open document or as a file. Never overwrites text that a person
 * wrote meanwhile.
 */
import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import type { NoteEdit } from '../../protocol/notes';
import { applyEdits } from './applyEdits';
import { GITIGNORE, linkIn, wantsGitignore } from './noteFolder';
import type { WriteResult } from './noteScheduler';

const openDocument = (uri: vscode.Uri): vscode.TextDocument | undefined =>
  vscode.workspace.textDocuments.find((d) => !d.isClosed && d.uri.toString() === uri.toString());

const exists = (uri: vscode.Uri): Thenable<boolean> =>
  vscode.workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );

/**
 * Returns the edits that update a text.
 * @param look true for a comparison only: no ticked box of the text is passed on
 */
export type Plan = (text: string, look?: boolean) => Promise<readonly NoteEdit[]>;

/**
 * Creates the folder if it is missing. A new `.earmark` folder gets a `.gitignore`.
 * @throws if the folder cannot be created
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

/** @throws if a part of `path` below the workspace folder is a link */
export async function refuseLinks(workspace: vscode.Uri, path: string): Promise<void> {
  const link = await linkIn(path, (part) =>
    vscode.workspace.fs.stat(vscode.Uri.joinPath(workspace, part)).then(
      ({ type }) => (type & vscode.FileType.SymbolicLink) !== 0,
      () => false,
    ),
  );
  if (link !== undefined) throw vscode.FileSystemError.NoPermissions(link);
}

/**
 * Reads the note, requests a plan and applies it. An open document is edited through the editor, so
 * cursor, undo history and unsaved text stay. A file is replaced as a whole.
 * @throws if the folder or the file cannot be written
 */
export async function updateNote(uri: vscode.Uri, plan: Plan): Promise<WriteResult> {
  const document = openDocument(uri);
  return document === undefined ? updateFile(uri, plan) : updateDocument(document, plan);
}

async function updateDocument(document: vscode.TextDocument, plan: Plan): Promise<WriteResult> {
  const { uri, version } = document;
  const text = document.getText();
  const edits = await plan(text);
  // The user decides when to save unsaved text.
  const saves = !document.isDirty || (await onlyOursIsUnsaved(uri, applyEdits(text, edits), plan));
  if (document.isClosed || document.version !== version) return { kind: 'stale' };
  if (edits.length > 0 && !(await applyToDocument(document, edits))) return { kind: 'stale' };
  if (!saves || document.isClosed || (await document.save())) return { kind: 'written' };
  // Text typed during the save leaves the document unsaved. The answer is then false.
  return { kind: (await plan(await textOnDisk(uri), true)).length === 0 ? 'written' : 'failed' };
}

/**
 * A save that overlaps one of our edits leaves the document dirty, like typing. `isDirty` cannot
 * distinguish the two, and editor events arrive late in a busy window. The file on disk can:
 * brought up to date, it equals the document brought up to date.
 */
async function onlyOursIsUnsaved(uri: vscode.Uri, updated: string, plan: Plan): Promise<boolean> {
  const text = await textOnDisk(uri);
  return sameLines(applyEdits(text, await plan(text, true)), updated);
}

/** An editor uses one line ending for all lines. */
const sameLines = (a: string, b: string): boolean =>
  a.replace(/\r\n?/g, '\n') === b.replace(/\r\n?/g, '\n');

/** Empty if the file does not exist. */
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
  // No undo stops: an undo of the user's last words must not first undo lines that Earmark adds
  // again.
  return editor.edit(
    (builder) => {
      for (const { range, text } of ranged) {
        // `insert` moves a cursor at the same place, `replace` does not. A line inserted above the
        // cursor moves it down; a line inserted behind the cursor does not.
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
  // The text is written to a second file, then renamed. A crash leaves the old or the new note,
  // never half of it.
  // A link cannot wait at a random name.
  const beside = uri.with({ path: `${uri.path}.${randomUUID()}.tmp` });
  try {
    await fs.writeFile(beside, Buffer.from(applyEdits(text, edits)));
    await fs.rename(beside, uri, { overwrite: true });
  } catch (error) {
    await fs.delete(beside).then(undefined, () => undefined);
    throw error;
  }
  return { kind: 'written' };
}
