/**
 * Actions and decisions of all notes, for the workspace symbol list. Closed notes are read once,
 * and again after a change.
 */
import type { SymbolInformation } from 'vscode-languageserver';
import { Note } from './note';
import { KINDS, lines } from './outline';

const FILES_MAX = 2_000;
const SYMBOLS_MAX = 500;
/** Maximum number of symbols, so a folder with thousands of notes stays searchable. */
const KEPT_MAX = 50_000;

/** File access of the editor. */
export interface NoteFilesPort {
  list(): Promise<readonly string[]>;
  read(uri: string): Promise<string | undefined>;
}

export class NoteSymbolIndex {
  /** Symbols of closed notes. */
  private readonly kept = new Map<string, readonly SymbolInformation[]>();
  private files: readonly string[] | undefined;

  /** @param open open notes, as they are in the editor */
  constructor(
    private readonly port: NoteFilesPort,
    private readonly open: ReadonlyMap<string, Note>,
  ) {}

  /** Reports that a file was written, created or deleted. */
  changed(uri: string, listed: boolean): void {
    this.kept.delete(uri);
    if (!listed) this.files = undefined;
  }

  /** @param query letters that must occur in this order, as in the editor's own lists */
  async find(query: string): Promise<SymbolInformation[]> {
    this.files ??= (await this.port.list()).slice(0, FILES_MAX);
    let size = 0;
    const found: SymbolInformation[] = [];
    for (const uri of new Set([...this.open.keys(), ...this.files])) {
      const symbols = await this.of(uri);
      if ((size += symbols.length) > KEPT_MAX) break;
      for (const symbol of symbols)
        if (inOrder(query, symbol.name) && found.push(symbol) >= SYMBOLS_MAX) return found;
    }
    return found;
  }

  private async of(uri: string): Promise<readonly SymbolInformation[]> {
    const open = this.open.get(uri);
    if (open) return symbolsOf(uri, open);
    let symbols = this.kept.get(uri);
    if (symbols === undefined) {
      const text = await this.port.read(uri);
      symbols = text === undefined ? [] : symbolsOf(uri, new Note(text));
      this.kept.set(uri, symbols);
    }
    return symbols;
  }
}

function symbolsOf(uri: string, note: Note): SymbolInformation[] {
  return note.structure.items
    .filter(({ kind }) => kind === 'action' || kind === 'decision')
    .map(({ line, kind, item }) => ({
      name: item.text.slice(item.words.start, item.words.end).trim().slice(0, 200) || '–',
      kind: KINDS[kind],
      containerName: [note.title, item.owner && `@${item.owner.name}`, item.due?.date]
        .filter(Boolean)
        .join(' · '),
      location: { uri, range: lines(note, line) },
    }));
}

function inOrder(query: string, text: string): boolean {
  const [wanted, name] = [query.toLowerCase().replace(/\s+/g, ''), text.toLowerCase()];
  let at = 0;
  for (const letter of wanted) {
    at = name.indexOf(letter, at) + 1;
    if (at === 0) return false;
  }
  return true;
}
