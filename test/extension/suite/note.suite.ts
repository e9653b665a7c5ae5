/**
 * The note's document between two who write: the user, who types and saves, and Earmark, which adds
 * lines.
 */
import { deepEqual } from 'node:assert/strict';
import * as vscode from 'vscode';
import type { NoteEdit } from '../../../protocol/notes';
import { updateNote } from '../../../extension/notes/noteFiles';
import { closeEditors, until } from './support';

const read = async (uri: vscode.Uri): Promise<string> =>
  Buffer.from(await vscode.workspace.fs.readFile(uri)).toString('utf8');

describe('note document', () => {
  let count = 0;
  let uri: vscode.Uri;
  let document: vscode.TextDocument;
  /** Lines that the machine wants at the end, once each. */
  let wanted: string[];
  const missing = (now: string): NoteEdit[] => {
    const text = wanted
      .filter((line) => !now.split('\n').includes(line))
      .map((line) => `${line}\n`)
      .join('');
    return text === '' ? [] : [{ start: now.length, end: now.length, newText: text }];
  };
  const add = (line: string, meanwhile?: () => Promise<void>) => {
    wanted.push(line);
    return updateNote(uri, async (now, look) => {
      if (look !== true) await meanwhile?.();
      return missing(now);
    });
  };
  const type = async (text: string): Promise<void> => {
    const editor = await vscode.window.showTextDocument(document);
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), text));
  };

  beforeEach(async () => {
    wanted = [];
    // A name of its own: the editor keeps a closed document for a while.
    uri = vscode.Uri.joinPath(
      vscode.workspace.workspaceFolders![0]!.uri,
      `between${++count}.earmark.md`,
    );
    await vscode.workspace.fs.writeFile(uri, Buffer.from('one\n'));
    document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document);
  });
  afterEach(async () => {
    await closeEditors();
    await vscode.workspace.fs.delete(uri);
  });

  it('is in step with the disk while nobody types', async () => {
    await add('two');
    deepEqual([document.isDirty, await read(uri)], [false, 'one\ntwo\n']);
  });

  it('leaves what was typed unsaved, and is in step again once it was saved', async () => {
    await type('mine\n');
    await add('two');
    deepEqual([document.isDirty, await read(uri)], [true, 'one\n']);
    await document.save();
    await add('three');
    deepEqual([document.isDirty, await read(uri)], [false, 'mine\none\ntwo\nthree\n']);
  });

  // Somewhere between these times lies the moment when the save has read the text and is not yet
  // done.
  const DELAYS = Array.from({ length: 20 }, (_, i) => 3 * i);

  it('is in step again after a save that crossed an edit', async () => {
    for (const delay of DELAYS) {
      await type('mine\n');
      let saved: Thenable<boolean> = Promise.resolve(true);
      await add(`two ${delay}`, async () => {
        saved = document.save();
        await new Promise((done) => setTimeout(done, delay));
      });
      await saved;
      await add(`three ${delay}`);
      await until(
        `the editor knows that it is saved (${delay} ms)`,
        () => !document.isDirty,
        2_000,
      );
      deepEqual(await read(uri), document.getText());
    }
  });

  it('is written where somebody types while it is saved', async () => {
    const results = new Set<string>();
    for (const delay of DELAYS) {
      const written = add(`two ${delay}`);
      await new Promise((done) => setTimeout(done, delay));
      await type('mine\n');
      results.add((await written).kind);
      await document.save();
    }
    await add('last');
    deepEqual(
      [[...results].filter((kind) => kind === 'failed'), await read(uri)],
      [[], document.getText()],
    );
  });
});
