/**
 * Looks up code names with the workspace's language servers: the declaration of a name, and names
 * with a given prefix.
 */
import * as vscode from 'vscode';
import { NOTE_SUFFIX } from '../../../protocol/noteNames';

const LOCATIONS_MAX = 20;
const NAMES_MAX = 50;
/** Maximum wait for a language server. */
const WAIT_MS = 2_000;
/** `session-store.ts`, `src/session-store.ts` */
const FILE = /^[\w./-]*[\w-]\.\w{1,8}$/;

interface CodeLocation {
  readonly uri: string;
  readonly line: number;
  readonly character: number;
}

export async function codeLocations(name: string): Promise<CodeLocation[]> {
  const last = name.split('.').at(-1) ?? name;
  const found = await symbols(last);
  const same = found.filter((symbol) => [name, last].includes(bare(symbol.name)));
  // For `Repository.find`, prefers the `find` in Repository.
  const holder = name.includes('.') ? name.split('.').at(-2) : undefined;
  const inside = same.filter(
    ({ containerName }) => holder !== undefined && containerName.split(/[.:]+/).at(-1) === holder,
  );
  const locations = (inside.length > 0 ? inside : same)
    .slice(0, LOCATIONS_MAX)
    .map(({ location: { uri, range } }) => ({
      uri: uri.toString(),
      line: range.start.line,
      character: range.start.character,
    }));
  if (locations.length > 0 || !FILE.test(name)) return locations;
  const files = await vscode.workspace.findFiles(`**/${name}`, undefined, LOCATIONS_MAX);
  return files.map((uri) => ({ uri: uri.toString(), line: 0, character: 0 }));
}

export async function codeNames(prefix: string): Promise<string[]> {
  const names = (await symbols(prefix))
    .map(({ name }) => bare(name))
    .filter((name) => name.toLowerCase().startsWith(prefix.toLowerCase()));
  return [...new Set(names)].slice(0, NAMES_MAX);
}

/** The name without the signature that some servers append. */
const bare = (name: string): string => /^[\w$.#-]+/.exec(name)?.[0] ?? name;

async function symbols(query: string): Promise<readonly vscode.SymbolInformation[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>(
    (resolve) => (timer = setTimeout(() => resolve(undefined), WAIT_MS)),
  );
  const found = await Promise.race([
    vscode.commands.executeCommand<vscode.SymbolInformation[] | undefined>(
      'vscode.executeWorkspaceSymbolProvider',
      query,
    ),
    late,
  ]);
  clearTimeout(timer);
  return (found ?? []).filter(({ location }) => !location.uri.path.endsWith(NOTE_SUFFIX));
}
