/** Finds the file or the symbol that a name in a prompt means. */
import * as vscode from 'vscode';
import { bareName } from '../../code/documentSymbols';
import { EXCLUDED } from '../../code/excluded';
import type { SymbolIndex } from '../../code/symbolIndex';

/** A name that is not found in this time stays a plain name. The user waits for the text. */
const LIMIT_MS = 300;

export interface Found {
  readonly name: string;
  readonly uri: vscode.Uri;
  /** The symbol's place; absent for a file. */
  readonly range?: vscode.Range;
}

/** A name with several meanings is left out, unless one of them is in the active editor. */
export async function lookUp(names: readonly string[], index: SymbolIndex): Promise<Found[]> {
  const found = new Map<string, Found>();
  const all = Promise.all(
    names.map(async (name) => {
      const one = (await fileOf(name)) ?? symbolOf(name, index) ?? (await workspaceSymbol(name));
      if (one !== undefined) found.set(name, one);
    }),
  );
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((done) => (timer = setTimeout(done, LIMIT_MS)));
  // A language server that fails finds nothing.
  await Promise.race([all.catch(() => undefined), limit]);
  clearTimeout(timer);
  return names.flatMap((name) => found.get(name) ?? []);
}

async function fileOf(name: string): Promise<Found | undefined> {
  if (!name.includes('.')) return undefined;
  const [uri, another] = await vscode.workspace.findFiles(`**/${name}`, EXCLUDED, 2);
  return uri === undefined || another !== undefined ? undefined : { name, uri };
}

function symbolOf(name: string, index: SymbolIndex): Found | undefined {
  const places = index.places(name);
  const here = places.filter(
    ({ uri }) => uri.toString() === vscode.window.activeTextEditor?.document.uri.toString(),
  );
  return only(name, here.length > 0 ? here : places);
}

async function workspaceSymbol(name: string): Promise<Found | undefined> {
  const symbols =
    (await vscode.commands.executeCommand<vscode.SymbolInformation[] | undefined>(
      'vscode.executeWorkspaceSymbolProvider',
      name,
    )) ?? [];
  return only(
    name,
    symbols.filter((symbol) => bareName(symbol) === name).map(({ location }) => location),
  );
}

function only(name: string, places: readonly vscode.Location[]): Found | undefined {
  const [first, ...others] = places;
  const isSame = ({ uri, range }: vscode.Location): boolean =>
    uri.toString() === first?.uri.toString() && range.start.line === first.range.start.line;
  return first === undefined || !others.every(isSame)
    ? undefined
    : { name, uri: first.uri, range: first.range };
}
