/**
 * The language client of notes. It starts the server, answers its requests about files and code,
 * and requests derived texts and symbols.
 */
import * as vscode from 'vscode';
import { LanguageClient, RevealOutputChannelOn, TransportKind } from 'vscode-languageclient/node';
import type { z } from 'zod';
import { NOTE_COMMANDS, NOTE_SUFFIX } from '../../../protocol/noteNames';
import {
  NoteCodeNames,
  NoteCodeLocations,
  NoteDerive,
  NoteFiles,
  NoteRead,
  NoteSymbols,
  type DeriveForm,
} from '../../../protocol/noteServer';
import { codeNames, codeLocations } from './codeLookUp';
import { type RenamedPerson, renamedPerson, sessionOf } from './renamedPerson';

const FILES_MAX = 2_000;
/** Bytes; a note has at most 4 million letters. */
const NOTE_MAX = 16_000_000;
/** Maximum time between the preview of a rename and its execution. */
const PREVIEW_MS = 300_000;

export class NoteClient {
  constructor(
    private readonly client: LanguageClient,
    private readonly watcher: vscode.Disposable,
  ) {}

  /** Undefined if the line is no longer an item. */
  async derive(
    uri: vscode.Uri,
    line: number,
    as: DeriveForm,
    languageId?: string,
  ): Promise<string | undefined> {
    return (
      (await this.ask(NoteDerive, {
        uri: uri.toString(),
        line,
        as,
        ...(languageId === undefined ? {} : { languageId }),
      })) ?? undefined
    );
  }

  async symbols(query: string): Promise<vscode.SymbolInformation[]> {
    const found = (await this.ask(NoteSymbols, { query })) ?? [];
    return (
      this.client.protocol2CodeConverter.asSymbolInformations(
        found as Parameters<typeof this.client.protocol2CodeConverter.asSymbolInformations>[0] &
          object[],
      ) ?? []
    );
  }

  private async ask<P extends z.ZodType, R extends z.ZodType>(
    { method, result }: { readonly method: string; readonly params: P; readonly result: R },
    params: z.infer<P>,
  ): Promise<z.infer<R> | undefined> {
    const answer = result.safeParse(await this.client.sendRequest(method, params));
    return answer.success ? answer.data : undefined;
  }

  async dispose(): Promise<void> {
    this.watcher.dispose();
    await this.client.dispose();
  }
}

/**
 * @param asking called before and after a query for the editor's workspace symbols
 * @param renamed called after the rename of a person
 * @param offersWriting returns true if a note offers to be written by a language model
 */
export async function startNoteClient(
  extensionUri: vscode.Uri,
  asking: (on: boolean) => void,
  renamed: (person: RenamedPerson) => void,
  offersWriting: (sessionId: string) => boolean,
): Promise<NoteClient> {
  const module = vscode.Uri.joinPath(extensionUri, 'dist', 'notesServer.js').fsPath;
  const watcher = vscode.workspace.createFileSystemWatcher(`**/*${NOTE_SUFFIX}`);
  const client = new LanguageClient(
    'earmark.notes',
    vscode.l10n.t('Earmark Notes'),
    { module, transport: TransportKind.ipc },
    {
      documentSelector: [{ pattern: `**/*${NOTE_SUFFIX}` }],
      synchronize: { fileEvents: watcher },
      diagnosticPullOptions: { onChange: true },
      // Hovers contain spoken text, so no other command may run from them.
      markdown: { isTrusted: { enabledCommands: [NOTE_COMMANDS.play] } },
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      middleware: {
        provideCodeLenses: async (document, token, next) => [
          ...writeLens(document, offersWriting),
          ...((await next(document, token)) ?? []),
        ],
        provideRenameEdits: async (document, position, newName, token, next) => {
          const edit = await next(document, position, newName, token);
          const person =
            edit &&
            renamedPerson(
              document.getText(),
              edit
                .get(document.uri)
                .map(({ range, newText }) => ({ before: document.getText(range), after: newText })),
            );
          if (person) whenMade(document, person.to, () => renamed(person));
          return edit;
        },
      },
    },
  );
  const quietly = async <T>(work: () => Promise<T>): Promise<T> => {
    asking(true);
    try {
      return await work();
    } finally {
      asking(false);
    }
  };
  const answer = <P extends z.ZodType, T>(
    { method, params }: { readonly method: string; readonly params: P },
    work: (given: z.infer<P>) => Promise<T>,
    nothing: T,
  ): void => {
    client.onRequest(method, async (given: unknown) => {
      const checked = params.safeParse(given);
      return checked.success ? await work(checked.data).catch(() => nothing) : nothing;
    });
  };
  answer(
    NoteFiles,
    async () =>
      (await vscode.workspace.findFiles(`**/*${NOTE_SUFFIX}`, undefined, FILES_MAX)).map(String),
    [],
  );
  answer(NoteRead, ({ uri }) => readNote(vscode.Uri.parse(uri)), null);
  answer(NoteCodeLocations, ({ name }) => quietly(() => codeLocations(name)), []);
  answer(NoteCodeNames, ({ prefix }) => quietly(() => codeNames(prefix)), []);
  try {
    await client.start();
  } catch (error) {
    watcher.dispose();
    throw error;
  }
  return new NoteClient(client, watcher);
}

/**
 * The editor requests the edits of a rename and may preview them. It does not report whether it
 * applies them.
 */
function whenMade(document: vscode.TextDocument, name: string, then: () => void): void {
  const changed = vscode.workspace.onDidChangeTextDocument((event) => {
    if (event.document !== document || !event.contentChanges.some(({ text }) => text === name))
      return;
    stop();
    then();
  });
  const timer = setTimeout(() => changed.dispose(), PREVIEW_MS);
  const stop = (): void => {
    clearTimeout(timer);
    changed.dispose();
  };
}

/** Above the summary, because the note's text is the user's. */
function writeLens(
  document: vscode.TextDocument,
  offers: (sessionId: string) => boolean,
): vscode.CodeLens[] {
  const text = document.getText();
  const sessionId = sessionOf(text);
  const at = /^## Summary\b/m.exec(text)?.index;
  if (sessionId === undefined || at === undefined || !offers(sessionId)) return [];
  const line = document.positionAt(at).line;
  return [
    new vscode.CodeLens(new vscode.Range(line, 0, line, 0), {
      title: vscode.l10n.t('Write Better Notes…'),
      command: NOTE_COMMANDS.write,
      arguments: [document.uri.toString()],
    }),
  ];
}

async function readNote(uri: vscode.Uri): Promise<string | null> {
  if (!uri.path.endsWith(NOTE_SUFFIX)) return null;
  const { size } = await vscode.workspace.fs.stat(uri);
  return size > NOTE_MAX
    ? null
    : Buffer.from(await vscode.workspace.fs.readFile(uri)).toString('utf8');
}
