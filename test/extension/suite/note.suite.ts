/** The note's document between two who write: the user, who types and saves, and Earmark, which adds lines. */
import { deepEqual } from 'node:assert/strict';
import * as vscode from 'vscode';
import { NoteDocuments, updateNote } from '../../../extension/notes/noteFiles';
import { closeEditors, until } from './support';

const read = async (uri: vscode.Uri): Promise<string> => Buffer.from(await vscode.workspace.fs.readFile(uri)).toString('utf8');

describe('note document', () => {
  let count = 0;
  let uri: vscode.Uri;
  let document: vscode.TextDocument;
  let documents: NoteDocuments;
  const add = (text: string, meanwhile?: () => Promise<void>) =>
    updateNote(uri, documents, async (now) => {
      await meanwhile?.();
      return [{ start: now.length, end: now.length, newText: text }];
    });
  const type = async (text: string): Promise<void> => {
    const editor = await vscode.window.showTextDocument(document);
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), text));
  };

  beforeEach(async () => {
    documents = new NoteDocuments();
    // A name of its own: the editor keeps a closed document for a while.
    uri = vscode.Uri.joinPath(vscode.workspace.workspaceFolders![0]!.uri, `between${++count}.earmark.md`);
    await vscode.workspace.fs.writeFile(uri, Buffer.from('one\n'));
    document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document);
  });
  afterEach(async () => {
    documents.dispose();
    await closeEditors();
    await vscode.workspace.fs.delete(uri);
  });

  it('is in step with the disk while nobody types', async () => {
    await add('two\n');
    deepEqual([document.isDirty, await read(uri)], [false, 'one\ntwo\n']);
  });

  it('leaves what was typed unsaved, and is in step again once it was saved', async () => {
    await type('mine\n');
    await add('two\n');
    deepEqual([document.isDirty, await read(uri)], [true, 'one\n']);
    await document.save();
    await add('three\n');
    deepEqual([document.isDirty, await read(uri)], [false, 'mine\none\ntwo\nthree\n']);
  });

  it('is in step again after a save that crossed an edit', async () => {
    // Somewhere between these times lies the moment when the save has read the text and is not yet done.
    for (let delay = 0; delay <= 60; delay += 3) {
      await type('mine\n');
      let saved: Thenable<boolean> = Promise.resolve(true);
      await add('two\n', async () => {
        saved = document.save();
        await new Promise((done) => setTimeout(done, delay));
      });
      await saved;
      await add('three\n');
      await until(`the editor knows that it is saved (${delay} ms)`, () => !document.isDirty, 2_000);
      deepEqual(await read(uri), document.getText());
    }
  });
});
