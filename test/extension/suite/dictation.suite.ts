/** Dictation in a real editor: one undo step, nothing left by Escape, edits meanwhile, several cursors, read-only editors. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import * as vscode from 'vscode';
import type { Dictation } from '../../../extension/dictation/dictation';
import { EditorSurface } from '../../../extension/dictation/surfaces/editorSurface';
import { app, closeEditors, editorWith, quiet, run, text, until } from './support';

describe('dictation', function () {
  this.timeout(60_000);
  let dictation: Dictation;

  before(async () => {
    const { parts } = await app();
    dictation = parts.dictation;
    await parts.consent.give('dictation');
  });
  after(quiet);
  afterEach(async () => {
    await dictation.cancel();
    await closeEditors();
  });

  /** Starts and waits until something was said. */
  async function listen(): Promise<void> {
    await run('toggleDictation');
    await until('it listens', () => dictation.state.kind === 'listening');
    await until('words came', () => dictation.heard !== '');
  }

  it('puts the words in as one undo step', async () => {
    const editor = await editorWith('Before.| After.');
    await listen();
    equal(text(editor.document), 'Before. After.', 'nothing is inserted while it listens');
    await run('toggleDictation');
    await until('the words are in', () => text(editor.document) !== 'Before. After.');
    match(text(editor.document), /^Before\. W7( w7)* After\.$/);
    await vscode.commands.executeCommand('undo');
    equal(text(editor.document), 'Before. After.');
    await vscode.commands.executeCommand('redo');
    match(text(editor.document), /^Before\. W7( w7)* After\.$/);
  });

  it('leaves nothing behind when it is cancelled', async () => {
    const editor = await editorWith('Before|');
    const { version } = editor.document;
    await listen();
    await run('cancelDictation');
    deepEqual([dictation.state.kind, text(editor.document), editor.document.version, dictation.heard], ['idle', 'Before', version, '']);
  });

  it('keeps its place while the text around it changes', async () => {
    const editor = await editorWith('one\ntwo| three\n');
    await listen();
    await editor.edit((edit) => {
      edit.insert(new vscode.Position(0, 0), 'zero\n');
      edit.insert(new vscode.Position(2, 0), 'four\n');
    });
    // The cursor goes elsewhere; the words go to where they were meant.
    editor.selection = new vscode.Selection(0, 0, 0, 0);
    await run('toggleDictation');
    await until('the words are in', () => text(editor.document).includes('w7'));
    match(text(editor.document), /^zero\none\ntwo w7( w7)* three\nfour\n$/);
  });

  it('goes to every cursor, in place of what is selected', async () => {
    const editor = await editorWith('a| x\nb| y\n');
    await listen();
    await run('toggleDictation');
    await until('the words are in', () => text(editor.document).includes('w7'));
    match(text(editor.document), /^a w7( w7)* x\nb w7( w7)* y\n$/);
    await vscode.commands.executeCommand('undo');
    equal(text(editor.document), 'a x\nb y\n');
  });

  it('replaces a selection', async () => {
    const editor = await editorWith('keep |this and more');
    editor.selection = new vscode.Selection(0, 5, 0, 9);
    await listen();
    await run('toggleDictation');
    await until('the words are in', () => text(editor.document).includes('w7'));
    match(text(editor.document), /^keep w7( w7)* and more$/);
  });

  it('is held: presses that repeat talk until they end', async () => {
    const editor = await editorWith('|');
    // What a held key does: a press, a pause, then repeats.
    const first = run('holdToTalk');
    const end = Date.now() + 4_000;
    while (Date.now() < end) {
      await new Promise((done) => setTimeout(done, 60));
      void run('holdToTalk');
    }
    await first;
    await until('the words are in', () => text(editor.document) !== '');
    match(text(editor.document), /^W7( w7)*$/);
    await until('it is over', () => dictation.state.kind === 'idle');
  });

  it('refuses a read-only editor with a sentence, and listens to nothing', async () => {
    const document = await vscode.workspace.openTextDocument(vscode.Uri.parse('vscode://defaultsettings/keybindings.json'));
    await vscode.window.showTextDocument(document);
    const sentence = await dictation.start(() => EditorSurface.active()).then(() => '', (error: Error) => error.message);
    match(sentence, /read-only/);
    equal(dictation.state.kind, 'idle');
  });

  it('asks for an editor where there is none', async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    match(await dictation.start(() => EditorSurface.active()).then(() => '', (error: Error) => error.message), /cursor/);
  });

  it('ends when its document is closed', async () => {
    await editorWith('text|');
    await listen();
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    await until('it ended', () => dictation.state.kind === 'idle');
    ok(!dictation.active);
  });
});
