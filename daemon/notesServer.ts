/**
 * Process entry: the language server of notes (`*.earmark.md`), started by the editor when the
 * first note is opened. It needs no daemon, no session and no file: everything comes over its
 * connection.
 */
import {
  createConnection,
  LSPErrorCodes,
  ProposedFeatures,
  ResponseError,
  TextDocumentSyncKind,
  DocumentDiagnosticReportKind,
  type Location,
} from 'vscode-languageserver/node';
import type { z } from 'zod';
import { version } from '../package.json';
import { isEarmarkError } from '../protocol/errors';
import {
  NoteCodeNames,
  NoteCodeLocations,
  NoteDerive,
  NoteFiles,
  NoteRead,
  NoteSymbols,
} from '../protocol/noteServer';
import { complete, wantedAt } from './lsp/completion';
import { deriveItem } from './lsp/deriveItem';
import { lenses } from './lsp/lenses';
import { definition, hover } from './lsp/lookUp';
import { Note, type Position } from './lsp/note';
import { folding, lines, outline } from './lsp/outline';
import { personAt, rename, type Edit } from './lsp/people';
import { itemActions } from './lsp/itemActions';
import { fixes, problems } from './lsp/problems';
import { NoteSymbolIndex } from './lsp/symbols';

const connection = createConnection(ProposedFeatures.all);
const notes = new Map<string, Note>();

/** Asks the editor. An answer that does not fit, or none, counts as nothing found. */
async function ask<P extends z.ZodType, R extends z.ZodType>(
  { method, result }: { readonly method: string; readonly params: P; readonly result: R },
  params: z.infer<P>,
): Promise<z.infer<R> | undefined> {
  const answer = result.safeParse(
    await connection.sendRequest<unknown>(method, params).catch(() => undefined),
  );
  return answer.success ? answer.data : undefined;
}

const symbols = new NoteSymbolIndex(
  {
    list: async () => (await ask(NoteFiles, {})) ?? [],
    read: async (uri) => (await ask(NoteRead, { uri })) ?? undefined,
  },
  notes,
);

/** Where the person is. */
function today(): string {
  const now = new Date();
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
}

/** Nothing is known of a note that was closed meanwhile. */
function on<P extends { readonly textDocument: { readonly uri: string } }, T>(
  answer: (note: Note, params: P) => T,
): (params: P) => T | null {
  return (params) => {
    const note = notes.get(params.textDocument.uri);
    return note === undefined ? null : answer(note, params);
  };
}

const textEdit = ({ line, span, newText }: Edit) => ({
  range: { start: { line, character: span.start }, end: { line, character: span.end } },
  newText,
});

connection.onInitialize(() => ({
  serverInfo: { name: 'earmark-notes', version },
  capabilities: {
    textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
    documentSymbolProvider: { label: 'Earmark' },
    foldingRangeProvider: true,
    codeLensProvider: {},
    codeActionProvider: { codeActionKinds: ['quickfix', 'refactor'] },
    completionProvider: { triggerCharacters: ['@', '`'] },
    hoverProvider: true,
    definitionProvider: true,
    renameProvider: { prepareProvider: true },
    diagnosticProvider: { interFileDependencies: false, workspaceDiagnostics: false },
  },
}));

connection.onDidOpenTextDocument(({ textDocument: { uri, text } }) => {
  notes.set(uri, new Note(text));
  symbols.changed(uri, true);
});
connection.onDidChangeTextDocument(({ textDocument: { uri }, contentChanges }) =>
  notes.get(uri)?.change(contentChanges),
);
connection.onDidCloseTextDocument(({ textDocument: { uri } }) => void notes.delete(uri));
connection.onDidChangeWatchedFiles(({ changes }) => {
  // 2: the text changed; else the list of files did.
  for (const { uri, type } of changes) symbols.changed(uri, type === 2);
});

connection.onDocumentSymbol(on((note) => outline(note)));
connection.onFoldingRanges(on((note) => folding(note)));
connection.onCodeLens(on((note, { textDocument: { uri } }) => lenses(note, uri)));
connection.onCodeAction(
  on((note, { textDocument: { uri }, range }) => [
    ...fixes(note, uri, range, today()),
    ...itemActions(note, uri, range),
  ]),
);
connection.onHover(
  on((note, { textDocument: { uri }, position }) => hover(note, uri, position) ?? null),
);
connection.languages.diagnostics.on(({ textDocument: { uri } }) => {
  const note = notes.get(uri);
  return {
    kind: DocumentDiagnosticReportKind.Full,
    items: note === undefined ? [] : problems(note, today()),
  };
});

connection.onCompletion(async ({ textDocument: { uri }, position }) => {
  const note = notes.get(uri);
  const wanted = note && wantedAt(note, position);
  if (note === undefined || wanted === undefined) return [];
  const names =
    wanted.kind === 'code' && wanted.prefix.length > 1
      ? await ask(NoteCodeNames, { prefix: wanted.prefix })
      : [];
  return {
    isIncomplete: wanted.kind === 'code',
    items: complete(note, position, wanted, names ?? []),
  };
});

connection.onDefinition(async ({ textDocument: { uri }, position }): Promise<Location[]> => {
  const note = notes.get(uri);
  const target = note && definition(note, position);
  if (note === undefined || target === undefined) return [];
  if ('line' in target) return [{ uri, range: lines(note, target.line) }];
  const locations = (await ask(NoteCodeLocations, { name: target.code })) ?? [];
  return locations.map(({ uri: file, line, character }) => ({
    uri: file,
    range: { start: { line, character }, end: { line, character } },
  }));
});

connection.onPrepareRename(
  on((note, { position }: { position: Position; textDocument: { uri: string } }) => {
    const person = personAt(note, position);
    return person
      ? {
          range: {
            start: { line: position.line, character: person.start },
            end: { line: position.line, character: person.end },
          },
          placeholder: person.name,
        }
      : null;
  }),
);
connection.onRenameRequest(
  on((note, { textDocument: { uri }, position, newName }) => {
    const person = personAt(note, position);
    if (person === undefined) return null;
    try {
      return { changes: { [uri]: rename(note, person.name, newName).map(textEdit) } };
    } catch (error) {
      throw new ResponseError(
        LSPErrorCodes.RequestFailed,
        isEarmarkError(error) ? error.message : 'Could not change the name.',
      );
    }
  }),
);

connection.onRequest(NoteSymbols.method, async (params: unknown) => {
  const checked = NoteSymbols.params.safeParse(params);
  return checked.success ? await symbols.find(checked.data.query) : [];
});
connection.onRequest(NoteDerive.method, (params: unknown): z.infer<typeof NoteDerive.result> => {
  const checked = NoteDerive.params.safeParse(params);
  const note = checked.success ? notes.get(checked.data.uri) : undefined;
  return (
    (note && checked.success
      ? deriveItem(note, checked.data.line, checked.data.as, today(), checked.data.languageId)?.text
      : undefined) ?? null
  );
});

connection.listen();
