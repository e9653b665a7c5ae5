/**
 * Dictation in a real editor: one undo step, nothing left by Escape, edits meanwhile, several
 * cursors, read-only editors.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import * as vscode from 'vscode';
import type { Dictation } from '../../../extension/dictation/dictation';
import { EditorSurface } from '../../../extension/dictation/surfaces/editorSurface';
import { app, closeEditors, editorWith, quiet, run, say, text, until } from './support';

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

  /** Starts as a held key does and waits until something was said. */
  async function listen(): Promise<void> {
    await dictation.start(() => EditorSurface.active());
    await until('it listens', () => dictation.state.kind === 'listening');
    await until('words came', () => dictation.recognised !== '');
  }

  it('puts the words in as one undo step', async () => {
    const editor = await editorWith('Before.| After.');
    await listen();
    equal(text(editor.document), 'Before. After.', 'nothing is inserted while it listens');
    await dictation.stop();
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
    deepEqual(
      [dictation.state.kind, text(editor.document), editor.document.version, dictation.recognised],
      ['idle', 'Before', version, ''],
    );
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
    await dictation.stop();
    await until('the words are in', () => text(editor.document).includes('w7'));
    match(text(editor.document), /^zero\none\ntwo w7( w7)* three\nfour\n$/);
  });

  it('goes to every cursor, in place of what is selected', async () => {
    const editor = await editorWith('a| x\nb| y\n');
    await listen();
    await dictation.stop();
    await until('the words are in', () => text(editor.document).includes('w7'));
    match(text(editor.document), /^a w7( w7)* x\nb w7( w7)* y\n$/);
    await vscode.commands.executeCommand('undo');
    equal(text(editor.document), 'a x\nb y\n');
  });

  it('replaces a selection', async () => {
    const editor = await editorWith('keep |this and more');
    editor.selection = new vscode.Selection(0, 5, 0, 9);
    await listen();
    await dictation.stop();
    await until('the words are in', () => text(editor.document).includes('w7'));
    match(text(editor.document), /^keep w7( w7)* and more$/);
  });

  describe('phrase by phrase', () => {
    afterEach(() => say());

    /** Speaks the phrases without a key that is held, and waits until the text is there. */
    async function speak(
      editor: vscode.TextEditor,
      expected: string,
      ...phrases: string[]
    ): Promise<void> {
      say(...phrases);
      await run('toggleDictation');
      await until(
        `“${expected}” while it listens`,
        () => text(editor.document) === expected && dictation.state.kind === 'listening',
      );
    }

    it('inserts a phrase when it has ended, each as an undo step', async () => {
      const editor = await editorWith('Before.| After.');
      await speak(editor, 'Before. One thing. After.', 'One thing.');
      await run('toggleDictation');
      await until('it is over', () => dictation.state.kind === 'idle');
      const behind = editor.document.positionAt('Before. One thing.'.length);
      editor.selection = new vscode.Selection(behind, behind);
      const versions: string[] = [];
      const seen = vscode.workspace.onDidChangeTextDocument(
        ({ document }) => document === editor.document && versions.push(text(document)),
      );
      await speak(
        editor,
        'Before. One thing. Another thing, and a third. After.',
        'Another thing,',
        'and a third.',
      );
      seen.dispose();
      await run('cancelDictation');
      equal(
        text(editor.document),
        'Before. One thing. Another thing, and a third. After.',
        'what is in stays in',
      );
      for (const expected of [
        ...versions.slice(0, -1).reverse(),
        'Before. One thing. After.',
        'Before. After.',
      ]) {
        await vscode.commands.executeCommand('undo');
        equal(text(editor.document), expected);
      }
    });

    it('takes the last phrase back by "scratch that", and goes on', async () => {
      const editor = await editorWith('x = |;', 'ts');
      await speak(editor, 'x = keep it more;', 'Keep it', 'This goes.', 'Scratch that.', 'more');
    });

    it('takes an earlier dictation back once, however much is said after it', async () => {
      const editor = await editorWith('Here.|');
      await speak(editor, 'Here. This stays.', 'This stays.');
      await run('toggleDictation');
      await until('it is over', () => dictation.state.kind === 'idle');
      await speak(editor, 'Here. This stays. This goes.', 'This goes.');
      await run('toggleDictation');
      await until('it is over', () => dictation.state.kind === 'idle');
      await speak(
        editor,
        'Here. This stays. Now this. And that.',
        'Scratch that.',
        'Now this.',
        'And that.',
      );
    });

    it('leaves what a person changed meanwhile, and goes on behind it', async () => {
      const editor = await editorWith('|');
      say('One thing.', 'two things.', 'Three things.');
      await run('toggleDictation');
      await until('the first phrase is in', () => text(editor.document).startsWith('One thing.'));
      await until('the person could type', async () =>
        editor.edit((edit) => edit.replace(new vscode.Range(0, 0, 0, 3), 'Some')),
      );
      await until(
        'the rest is in',
        () => text(editor.document) === 'Some thing. Two things. Three things.',
      );
    });

    it('keeps a terminal waiting for the whole, which it is given once', async () => {
      const written: string[] = [];
      const opened = new vscode.EventEmitter<string>();
      const terminal = vscode.window.createTerminal({
        name: 'whole',
        pty: {
          onDidWrite: opened.event,
          open: () => undefined,
          close: () => undefined,
          handleInput: (data: string) => void written.push(data),
        },
      });
      try {
        terminal.show();
        await until('the terminal is active', () => vscode.window.activeTerminal === terminal);
        say('Git push.', 'Scratch that.', 'Git status.');
        await run('dictateToTerminal');
        await until('everything was heard', () => dictation.recognised.includes('Git status.'));
        equal(written.join(''), '');
        await run('dictateToTerminal');
        await until('it was pasted', () => written.length > 0);
        match(written.join(''), /git status/i);
        ok(!written.join('').includes('push'));
      } finally {
        terminal.dispose();
      }
    });
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
    const document = await vscode.workspace.openTextDocument(
      vscode.Uri.parse('vscode://defaultsettings/keybindings.json'),
    );
    await vscode.window.showTextDocument(document);
    const sentence = await dictation
      .start(() => EditorSurface.active())
      .then(
        () => '',
        (error: Error) => error.message,
      );
    match(sentence, /read-only/);
    equal(dictation.state.kind, 'idle');
  });

  it('asks for an editor where there is none', async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    match(
      await dictation
        .start(() => EditorSurface.active())
        .then(
          () => '',
          (error: Error) => error.message,
        ),
      /cursor/,
    );
  });

  it('ends when its document is closed', async () => {
    await editorWith('text|');
    await listen();
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    await until('it ended', () => dictation.state.kind === 'idle');
    ok(!dictation.active);
  });
});
