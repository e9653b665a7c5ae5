/**
 * Dictation in each kind of place: comments, strings, lists, commit messages, untitled files,
 * cells, source control, a terminal.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import * as vscode from 'vscode';
import type { Dictation } from '../../../extension/dictation/dictation';
import { app, closeEditors, editorWith, quiet, run, say, text, until } from './support';

describe('places of dictation', function () {
  this.timeout(60_000);
  let dictation: Dictation;

  before(async () => {
    const { parts } = await app();
    dictation = parts.dictation;
    await parts.consent.give('dictation');
  });
  after(async () => {
    say();
    await vscode.workspace
      .getConfiguration('editor')
      .update('rulers', undefined, vscode.ConfigurationTarget.Global);
    await quiet();
  });
  afterEach(async () => {
    await dictation.cancel();
    await closeEditors();
  });

  /** Speaks the phrases and waits until their text is in. */
  async function dictate(command: string, ...phrases: string[]): Promise<void> {
    say(...phrases);
    await run(command);
    await until('it listens', () => dictation.state.kind === 'listening');
    await until('everything was heard', () => dictation.recognised.includes(phrases.at(-1) ?? ''));
    // Another phrase would be none; the last may still be open.
    await run(command);
    await until('it is over', () => dictation.state.kind === 'idle');
  }
  async function check(
    ending: string,
    content: string,
    phrases: readonly string[],
    expected: string,
  ): Promise<void> {
    const editor = await editorWith(content, ending);
    await dictate('toggleDictation', ...phrases);
    equal(text(editor.document), expected);
  }

  it('continues a comment with its marker where a line gets too long, and undo takes it back', async () => {
    await vscode.workspace
      .getConfiguration('editor')
      .update('rulers', [40], vscode.ConfigurationTarget.Global);
    const editor = await editorWith('a();\n  //|\nb();\n', 'ts');
    await dictate(
      'toggleDictation',
      'Reads the whole file before it answers.',
      'New line.',
      'So it is slow.',
    );
    equal(
      text(editor.document),
      'a();\n  // Reads the whole file before it\n  // answers.\n  // So it is slow.\nb();\n',
    );
    // Phrases that ended before the stop have a step each.
    for (let step = 0; step < 3 && text(editor.document) !== 'a();\n  //\nb();\n'; step++)
      await vscode.commands.executeCommand('undo');
    equal(text(editor.document), 'a();\n  //\nb();\n');
  });

  it('continues a docstring with its indentation', () =>
    check(
      'py',
      'def a():\n    """|\n    """\n',
      ['Reads the file.', 'New paragraph.', 'Then it answers.'],
      'def a():\n    """Reads the file.\n\n    Then it answers.\n    """\n',
    ));

  it('escapes quotes in a string', () =>
    check(
      'ts',
      'const a = "|";\n',
      ['Say open quote hi close quote.'],
      'const a = "say \\"hi\\"";\n',
    ));

  it('writes items of a Markdown list', () =>
    check(
      'md',
      '- Read it.\n- |',
      ['Write it.', 'New line.', 'Send it.'],
      '- Read it.\n- Write it.\n- Send it.',
    ));

  it('writes for each of several cursors what stands there', async () => {
    const editor = await editorWith("// |\nconst a = '|';\n", 'ts');
    await dictate('toggleDictation', "It's late.");
    equal(text(editor.document), "// It's late.\nconst a = 'it\\'s late.';\n");
  });

  it('goes to an untitled file', async () => {
    const document = await vscode.workspace.openTextDocument({
      language: 'plaintext',
      content: '',
    });
    await vscode.window.showTextDocument(document);
    await dictate('toggleDictation', 'Hello there.');
    equal(text(document), 'Hello there.');
  });

  it('goes to where it was meant when another editor has the focus', async () => {
    const editor = await editorWith('One.|');
    say('Two.');
    await run('toggleDictation');
    await until('it was heard', () => dictation.recognised.includes('Two'));
    const other = await vscode.workspace.openTextDocument({
      language: 'plaintext',
      content: 'Other',
    });
    await vscode.window.showTextDocument(other, { viewColumn: vscode.ViewColumn.Active });
    await run('toggleDictation');
    await until('it is over', () => dictation.state.kind === 'idle');
    deepEqual([text(editor.document), text(other)], ['One. Two.', 'Other']);
  });

  it('goes to a cell of a notebook', async () => {
    const cell = new vscode.NotebookCellData(vscode.NotebookCellKind.Markup, '', 'markdown');
    const notebook = await vscode.workspace.openNotebookDocument(
      'jupyter-notebook',
      new vscode.NotebookData([cell]),
    );
    await vscode.window.showNotebookDocument(notebook);
    await vscode.commands.executeCommand('notebook.cell.edit');
    const { document } = notebook.cellAt(0);
    await until(
      'the cell has the cursor',
      () => vscode.window.activeTextEditor?.document === document,
    );
    await dictate('toggleDictation', 'What the data says.');
    equal(text(document), 'What the data says.');
  });

  it('goes to the message box of source control, as a commit message', async () => {
    await vscode.commands.executeCommand('workbench.view.scm');
    const control = vscode.scm.createSourceControl(
      'earmark-test',
      'Test',
      vscode.workspace.workspaceFolders![0]!.uri,
    );
    try {
      const box = await until('the box is there', () =>
        vscode.workspace.textDocuments.find(({ uri }) => uri.scheme === 'vscode-scm'),
      );
      await dictate(
        'dictateCommitMessage',
        'Read the file in pieces.',
        'New paragraph.',
        'A large file ran into the time limit of the gateway before the first byte was there.',
      );
      const lines = text(box).split('\n');
      deepEqual(
        [lines[0], lines[1], lines.every((line) => line.length <= 72), lines.slice(2).join(' ')],
        [
          'Read the file in pieces',
          '',
          true,
          'A large file ran into the time limit of the gateway before the first byte was there.',
        ],
      );
      equal(control.inputBox.value, text(box));
    } finally {
      control.dispose();
    }
  });

  it('has its keys in a terminal, which keeps others to itself', () => {
    const skipped =
      vscode.workspace
        .getConfiguration('terminal.integrated')
        .get<string[]>('commandsToSkipShell') ?? [];
    deepEqual(
      ['earmark.dictateToTerminal', 'earmark.cancelDictation'].filter(
        (command) => !skipped.includes(command),
      ),
      [],
    );
  });

  it('is pasted into a terminal, not run', async () => {
    const written: string[] = [];
    const opened = new vscode.EventEmitter<string>();
    const terminal = vscode.window.createTerminal({
      name: 'paste',
      pty: {
        onDidWrite: opened.event,
        open: () => undefined,
        close: () => undefined,
        handleInput: (data: string) => void written.push(data),
      },
    });
    terminal.show();
    await until('the terminal is active', () => vscode.window.activeTerminal === terminal);
    await dictate('dictateToTerminal', 'Git status.', 'New line.', 'Git push.');
    await until('it was pasted', () => written.length > 0);
    terminal.dispose();
    const all = written.join('');
    ok(!/[\r\n]/.test(all), JSON.stringify(all));
    match(all, /git status.*git push/i);
  });

  it('takes the last dictation back by "scratch that", also where the document changed elsewhere', async () => {
    const editor = await editorWith('Keep.|\nEnd.\n');
    await dictate('toggleDictation', 'This goes.');
    equal(text(editor.document), 'Keep. This goes.\nEnd.\n');
    await editor.edit((edit) => edit.insert(new vscode.Position(1, 0), 'More. '));
    await dictate('toggleDictation', 'Scratch that.');
    equal(text(editor.document), 'Keep.\nMore. End.\n');
  });

  it('tells on hover what was heard', async () => {
    const editor = await editorWith('|');
    await dictate('toggleDictation', 'Call camel case past config.');
    equal(text(editor.document), 'Call pastConfig.');
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      editor.document.uri,
      new vscode.Position(0, 7),
    );
    const reported = hovers
      .flatMap(({ contents }) => contents.map((one) => (typeof one === 'string' ? one : one.value)))
      .join('\n')
      .replace(/&nbsp;|\\/g, (found) => (found === '\\' ? '' : ' '));
    match(
      reported,
      /Recognised: “Call camel case past config\.”[^]*“past config” was replaced with pastConfig/,
    );
  });

  it('learns a name that was corrected within a minute, once the person agrees', async () => {
    const editor = await editorWith('|');
    const setting = (): unknown =>
      vscode.workspace.getConfiguration('earmark').inspect('speech.vocabulary')?.globalValue;
    const asked: string[] = [];
    const real = vscode.window.showInformationMessage;
    const answers = [undefined, 'Add'];
    (vscode.window as { showInformationMessage: unknown }).showInformationMessage = (
      message: string,
    ) => (asked.push(message), Promise.resolve(answers.shift()));
    try {
      await dictate('toggleDictation', 'Ask past config first.');
      const correct = (from: number, to: number, name: string): Thenable<boolean> =>
        editor.edit((edit) => edit.replace(new vscode.Range(0, from, 0, to), name));
      await correct(4, 15, 'parseConfig');
      await until('it asks', () => asked.length === 1);
      equal(setting(), undefined);
      await correct(4, 15, 'loadConfig');
      await until('it asks again', () => asked.length === 2);
      await until('it is remembered', () => Array.isArray(setting()));
      deepEqual(
        [asked.map((one) => /“(.*)”/.exec(one)?.[1]), setting()],
        [['parseConfig', 'loadConfig'], ['loadConfig']],
      );
    } finally {
      (vscode.window as { showInformationMessage: unknown }).showInformationMessage = real;
      await vscode.workspace
        .getConfiguration('earmark')
        .update('speech.vocabulary', undefined, vscode.ConfigurationTarget.Global);
    }
  });
});
