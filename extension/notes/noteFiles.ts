/** The note as a document or a file: read it, apply edits to it, never over what somebody wrote meanwhile. */
import * as vscode from 'vscode';
import type { NoteEdit } from '../../protocol/notes';
import { applyEdits } from './applyEdits';
import { isNote } from './language/noteLanguage';
import { GITIGNORE, wantsGitignore } from './noteFolder';
import type { WriteResult } from './noteScheduler';
import { UnsavedTyping } from './unsavedTyping';

const openDocument = (uri: vscode.Uri): vscode.TextDocument | undefined => vscode.workspace.textDocuments.find((d) => !d.isClosed && d.uri.toString() === uri.toString());

const exists = (uri: vscode.Uri): Thenable<boolean> => vscode.workspace.fs.stat(uri).then(() => true, () => false);

/** Follows what is typed into documents and saved. */
export class NoteDocuments implements vscode.Disposable {
  readonly #typing = new WeakMap<vscode.TextDocument, UnsavedTyping>();
  readonly #saved = new vscode.EventEmitter<vscode.Uri>();
  /** Somebody saved a note, and lines that were put in meanwhile are not on disk. */
  readonly onDidSaveBehind = this.#saved.event;
  readonly #subscriptions = [
    vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      if (contentChanges.length > 0 && isNote(document)) this.typing(document, false).changed(document.version);
    }),
    vscode.workspace.onWillSaveTextDocument(({ document }) => isNote(document) && this.typing(document).willSave()),
    vscode.workspace.onDidSaveTextDocument((document) => {
      if (!isNote(document)) return;
      this.typing(document).didSave();
      if (document.isDirty && !this.typing(document).unsaved) this.#saved.fire(document.uri);
    }),
  ];

  typing(document: vscode.TextDocument, dirty = document.isDirty): UnsavedTyping {
    let typing = this.#typing.get(document);
    if (typing === undefined) this.#typing.set(document, (typing = new UnsavedTyping(dirty)));
    return typing;
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#saved.dispose();
  }
}

/** Makes the folder where it is missing; a new `.earmark` gets its `.gitignore`. @throws when it cannot be made */
export async function makeFolder(folder: vscode.Uri): Promise<void> {
  if (await exists(folder)) return;
  await vscode.workspace.fs.createDirectory(folder);
  if (wantsGitignore(folder.path)) await vscode.workspace.fs.writeFile(vscode.Uri.joinPath(folder, '.gitignore'), Buffer.from(GITIGNORE));
}

/**
 * Reads the note, asks for a plan, applies it. An open document is edited through the editor, so that cursor, undo and
 * unsaved typing stay; a file is replaced as a whole.
 * @throws when the folder or the file cannot be written
 */
export async function updateNote(uri: vscode.Uri, documents: NoteDocuments, plan: (text: string) => Promise<readonly NoteEdit[]>): Promise<WriteResult> {
  const document = openDocument(uri);
  return document === undefined ? updateFile(uri, plan) : updateDocument(document, documents.typing(document), plan);
}

async function updateDocument(document: vscode.TextDocument, typing: UnsavedTyping, plan: (text: string) => Promise<readonly NoteEdit[]>): Promise<WriteResult> {
  const { version } = document;
  const edits = await plan(document.getText());
  if (document.isClosed || document.version !== version) return { kind: 'stale' };
  // Unsaved typing is the user's to save; a document that was clean stays in step with the disk.
  const clean = !document.isDirty;
  if (edits.length > 0 && !(await typing.ours(version, () => applyToDocument(document, edits)))) return { kind: 'stale' };
  if ((clean || !typing.unsaved) && !document.isClosed && !(await document.save())) return { kind: 'failed' };
  return { kind: 'written' };
}

function applyToDocument(document: vscode.TextDocument, edits: readonly NoteEdit[]): Thenable<boolean> {
  const ranged = edits.map(({ start, end, newText }) => ({ range: new vscode.Range(document.positionAt(start), document.positionAt(end)), text: newText }));
  const editor = vscode.window.visibleTextEditors.find((e) => e.document === document);
  if (editor === undefined) {
    const edit = new vscode.WorkspaceEdit();
    for (const { range, text } of ranged) edit.replace(document.uri, range, text);
    return vscode.workspace.applyEdit(edit);
  }
  // No undo stops: taking back the last typed words must not first take back lines that come again by themselves.
  return editor.edit((builder) => {
    for (const { range, text } of ranged) {
      // `insert` carries a cursor at that very place along, `replace` leaves it: a line put in above moves it down,
      // one put in behind it does not.
      if (range.isEmpty && !/^[\r\n]/.test(text)) builder.insert(range.start, text);
      else builder.replace(range, text);
    }
  }, { undoStopBefore: false, undoStopAfter: false });
}

async function updateFile(uri: vscode.Uri, plan: (text: string) => Promise<readonly NoteEdit[]>): Promise<WriteResult> {
  const { fs } = vscode.workspace;
  const before = await fs.stat(uri).then((stat) => stat, () => undefined);
  const text = before === undefined ? '' : Buffer.from(await fs.readFile(uri)).toString('utf8');
  const edits = await plan(text);
  if (edits.length === 0 && before !== undefined) return { kind: 'written' };
  const now = await fs.stat(uri).then((stat) => stat, () => undefined);
  if (now?.mtime !== before?.mtime || now?.size !== before?.size || openDocument(uri) !== undefined) return { kind: 'stale' };
  // Written beside and renamed: a crash leaves the old note or the new one, never half of it.
  const beside = uri.with({ path: `${uri.path}.tmp` });
  await fs.writeFile(beside, Buffer.from(applyEdits(text, edits)));
  await fs.rename(beside, uri, { overwrite: true });
  return { kind: 'written' };
}
