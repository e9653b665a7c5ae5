/**
 * Language support for notes in this window. The language server starts with the first opened note,
 * or with a search for workspace symbols in a workspace with notes. Nothing of it loads earlier.
 */
import * as vscode from 'vscode';
import { NOTE_SUFFIX } from '../../../protocol/noteNames';
import type { NoteClient } from './noteClient';
import type { RenamedPerson } from './renamedPerson';

const isNote = ({ uri }: Pick<vscode.TextDocument, 'uri'>): boolean =>
  uri.path.endsWith(NOTE_SUFFIX);

export class NoteLanguage implements vscode.Disposable {
  private startedClient: Promise<NoteClient> | undefined;
  /** The server queries the editor for code names. The editor must not query the server in turn. */
  private asking = 0;
  private hasNotes: Promise<boolean> | undefined;
  private readonly renamed = new vscode.EventEmitter<RenamedPerson>();
  /** Fires when a person is renamed in a session's note. */
  readonly onDidRename = this.renamed.event;
  /** Returns true if a meeting's note offers to be written by a language model. */
  offersWriting: (sessionId: string) => boolean = () => false;
  private readonly subscriptions: vscode.Disposable[];

  constructor(private readonly extensionUri: vscode.Uri) {
    const opened = (document: vscode.TextDocument): void => {
      if (!isNote(document)) return;
      this.hasNotes = undefined;
      void this.client().catch(() => undefined);
    };
    this.subscriptions = [
      vscode.workspace.onDidOpenTextDocument(opened),
      vscode.languages.registerWorkspaceSymbolProvider({
        provideWorkspaceSymbols: (query) => this.symbols(query),
      }),
    ];
    for (const document of vscode.workspace.textDocuments) opened(document);
  }

  /**
   * Starts on first use.
   * @throws Error if the server cannot start; the next call tries again
   */
  client(): Promise<NoteClient> {
    this.startedClient ??= import('./noteClient')
      .then(({ startNoteClient }) =>
        startNoteClient(
          this.extensionUri,
          (asking) => void (this.asking += asking ? 1 : -1),
          (person) => this.renamed.fire(person),
          (sessionId) => this.offersWriting(sessionId),
        ),
      )
      .catch((error: unknown) => {
        this.startedClient = undefined;
        throw error;
      });
    return this.startedClient;
  }

  private async symbols(query: string): Promise<vscode.SymbolInformation[]> {
    // A query without letters does not come from a person. Programs use it to list code names.
    if (this.asking > 0 || query.trim() === '') return [];
    if (this.startedClient === undefined) {
      this.hasNotes ??= Promise.resolve(
        vscode.workspace.findFiles(`**/*${NOTE_SUFFIX}`, undefined, 1),
      ).then((found) => found.length > 0);
      if (!(await this.hasNotes)) return [];
    }
    return (await this.client()).symbols(query);
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
    this.renamed.dispose();
    void this.startedClient?.then((client) => client.dispose()).catch(() => undefined);
  }
}
