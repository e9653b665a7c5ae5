/** Adds a line to the note of a session, in the editor, so that undo takes it back. */
import * as vscode from 'vscode';
import { EarmarkError } from '../../protocol/errors';

const NOTES_MAX = 2_000;
/** Front matter lies within this number of characters of a note. */
const HEAD_CHARS = 4096;
const TRANSCRIPT = /^## Transcript\s*$/;

/** @throws EarmarkError note.unwritable if no note of this workspace belongs to the session */
export async function addNoteLine(
  sessionId: string,
  text: string,
  known: vscode.Uri | undefined,
): Promise<void> {
  const uri = known ?? (await noteOf(sessionId));
  if (uri === undefined)
    throw new EarmarkError(
      'note.unwritable',
      vscode.l10n.t('This workspace has no note of that session. Open the session and its note.'),
    );
  const document = await vscode.workspace.openTextDocument(uri);
  const lines = Array.from({ length: document.lineCount }, (_, i) => document.lineAt(i).text);
  const heading = lines.findIndex((line) => TRANSCRIPT.test(line));
  const end = heading < 0 ? lines.length : heading;
  const edit = new vscode.WorkspaceEdit();
  edit.insert(
    uri,
    new vscode.Position(end, 0),
    `${end === lines.length && lines.at(-1) !== '' ? '\n' : ''}- ${text}\n${heading < 0 ? '' : '\n'}`,
  );
  await vscode.workspace.applyEdit(edit);
  await document.save();
}

async function noteOf(sessionId: string): Promise<vscode.Uri | undefined> {
  for (const uri of await vscode.workspace.findFiles('**/*.earmark.md', null, NOTES_MAX)) {
    const head = Buffer.from(await vscode.workspace.fs.readFile(uri))
      .toString('utf8')
      .slice(0, HEAD_CHARS);
    const id = /^session:\s*"?([\w-]+)"?\s*$/m.exec(head)?.[1];
    if (id === sessionId) return uri;
  }
  return undefined;
}
