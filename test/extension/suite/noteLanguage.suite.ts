/**
 * Notes as a language in a real editor: everything that the editor asks its providers for, without
 * a daemon.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import * as vscode from 'vscode';
import { closeEditors, editorWith, until } from './support';

const NOTE = `---
session: nosuchsession
date: 2026-11-20T14:00:00+01:00
participants: [Ben, Lea]
---

# Sync design

## Decisions

- Use \`SessionStore\` for all of it [00:00:12]

## Action items

- [ ] Fix the cache — @Ben, by Friday (2020-11-27) [00:00:05]
- [ ] Write the test [00:59:00]

## Transcript

**Ben** [00:00:05] I will fix the cache by Friday.

**Lea** [00:00:12] We use the session store.
`;

describe('notes as a language', () => {
  let uri: vscode.Uri;
  let document: vscode.TextDocument;
  const lineOf = (text: string): number =>
    document.getText().slice(0, document.getText().indexOf(text)).split('\n').length - 1;
  const at = (text: string, into = 1): vscode.Position =>
    document.positionAt(document.getText().indexOf(text) + into);
  const run = <T>(command: string, ...args: unknown[]): Thenable<T> =>
    vscode.commands.executeCommand<T>(command, ...args);

  before(async () => {
    uri = vscode.Uri.joinPath(vscode.workspace.workspaceFolders![0]!.uri, 'language.earmark.md');
    await vscode.workspace.fs.writeFile(uri, Buffer.from(NOTE));
    document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document);
    await until('the language server answers', async () =>
      (await outline()).includes('Fix the cache'),
    );
  });
  after(async () => {
    await closeEditors();
    await vscode.workspace.fs.delete(uri);
  });

  async function outline(): Promise<string[]> {
    const names = (symbols: readonly vscode.DocumentSymbol[]): string[] =>
      symbols.flatMap(({ name, children }) => [name, ...names(children)]);
    return names(
      (await run<vscode.DocumentSymbol[] | undefined>(
        'vscode.executeDocumentSymbolProvider',
        uri,
      )) ?? [],
    );
  }

  it('outline, folding and lenses', async () => {
    const names = await outline();
    deepEqual(
      ['Sync design', 'Decisions', 'Fix the cache', 'Transcript', '[00:00:05]'].filter(
        (name) => !names.includes(name),
      ),
      [],
    );
    const folds = await run<vscode.FoldingRange[]>('vscode.executeFoldingRangeProvider', uri);
    ok(folds.some(({ start, end }) => start === 0 && end === 4));
    const lenses = await run<vscode.CodeLens[]>('vscode.executeCodeLensProvider', uri);
    deepEqual(
      lenses
        .filter(({ command }) => command?.command === 'earmark.useNoteItem')
        .map(({ range }) => document.lineAt(range.start.line).text),
      ['## Decisions', '## Action items'],
    );
    const actions = await run<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      uri,
      document.lineAt(lineOf('- Use')).range,
    );
    const titles = actions.map(({ title }) => title);
    deepEqual(
      ['Hand to Agent', 'Create GitHub Issue…', 'Play', 'Draft Decision Record'].filter(
        (title) => !titles.includes(title),
      ),
      [],
    );
  });

  it('problems as information, with quick fixes', async () => {
    const found = await until('the problems are there', () => {
      const list = vscode.languages
        .getDiagnostics(uri)
        .filter(({ source }) => source === 'earmark');
      return list.length === 3 && list;
    });
    deepEqual(
      found.map(({ code, severity }) => [code, severity]),
      [
        ['overdue', vscode.DiagnosticSeverity.Information],
        ['owner', vscode.DiagnosticSeverity.Information],
        ['time', vscode.DiagnosticSeverity.Information],
      ],
    );
    const fixes = await run<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      uri,
      new vscode.Range(at('Write the'), at('Write the')),
    );
    const titles = fixes.map(({ title }) => title);
    deepEqual(
      [
        'Assign to @Ben',
        'Assign to @Lea',
        'Use the Nearest Time [00:00:12]',
        'Remove the Time',
      ].filter((title) => !titles.includes(title)),
      [],
    );
  });

  it('hover, definition, completion, rename', async () => {
    const hovers = await run<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      uri,
      at('[00:00:12]', 3),
    );
    ok(
      hovers.some(({ contents }) =>
        contents.some((part) =>
          (part as vscode.MarkdownString).value.includes('We use the session store'),
        ),
      ),
    );
    // The link runs this command and no other.
    deepEqual(
      hovers
        .flatMap(({ contents }) =>
          contents.map((part) => (part as vscode.MarkdownString).isTrusted),
        )
        .filter((trusted) => trusted !== undefined),
      [{ enabledCommands: ['earmark.playFromNote'] }],
    );
    const [place] = await run<(vscode.Location | vscode.LocationLink)[]>(
      'vscode.executeDefinitionProvider',
      uri,
      at('[00:00:12]', 3),
    );
    equal(
      'range' in place! ? place.range.start.line : place?.targetRange.start.line,
      lineOf('**Lea**'),
    );
    const { items } = await run<vscode.CompletionList>(
      'vscode.executeCompletionItemProvider',
      uri,
      at('@Ben', 1),
      '@',
    );
    ok(['@Ben', '@Lea'].every((name) => items.some(({ label }) => label === name)));
    const edit = await run<vscode.WorkspaceEdit>(
      'vscode.executeDocumentRenameProvider',
      uri,
      at('**Ben', 3),
      'Benno',
    );
    deepEqual(
      edit.get(uri).map(({ range, newText }) => [range.start.line, newText]),
      [
        [3, '[Benno, Lea]'],
        [lineOf('- [ ] Fix'), 'Benno'],
        [lineOf('**Ben'), 'Benno'],
      ],
    );
  });

  it('symbols of the workspace, of notes that are not open too', async () => {
    const other = vscode.Uri.joinPath(uri, '../other.earmark.md');
    await vscode.workspace.fs.writeFile(
      other,
      Buffer.from('# Other\n\n## Decisions\n\n- Paint the shed\n'),
    );
    try {
      const names = async (query: string) =>
        (await run<vscode.SymbolInformation[]>('vscode.executeWorkspaceSymbolProvider', query)).map(
          ({ name }) => name,
        );
      deepEqual(
        (await names('fix the cache')).filter((name) => name === 'Fix the cache'),
        ['Fix the cache'],
      );
      await until('the other note is found', async () =>
        (await names('paint')).includes('Paint the shed'),
      );
    } finally {
      await vscode.workspace.fs.delete(other);
    }
  });

  it('the commands of items tick a box, and make a comment of an action in the code beside', async () => {
    const code = await editorWith('one|\ntwo\n');
    await vscode.window.showTextDocument(document, vscode.ViewColumn.Beside);
    await run('earmark.toggleNoteItem', uri.toString(), lineOf('- [ ] Fix'));
    equal(document.lineAt(lineOf('Fix the cache')).text.slice(0, 6), '- [x] ');
    await run('earmark.toggleNoteItem', uri.toString(), lineOf('- [x] Fix'));
    await run('earmark.deriveFromNote', uri.toString(), lineOf('- [ ] Fix'), 'todo');
    equal(
      code.document.getText(),
      '<!-- TODO(Ben): Fix the cache (Sync design [00:00:05], 2020-11-27) -->\none\ntwo\n',
    );
  });
});
