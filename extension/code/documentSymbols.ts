/** Names of a document's code, from its language server. */
import * as vscode from 'vscode';

export interface RangedSymbol {
  readonly name: string;
  readonly range: vscode.Range;
}

/** Symbol kinds that people name in speech. Strings, numbers and keys are left out. */
const SPOKEN = new Set([
  vscode.SymbolKind.Class,
  vscode.SymbolKind.Method,
  vscode.SymbolKind.Function,
  vscode.SymbolKind.Interface,
  vscode.SymbolKind.Enum,
  vscode.SymbolKind.EnumMember,
  vscode.SymbolKind.Constant,
  vscode.SymbolKind.Struct,
  vscode.SymbolKind.Variable,
  vscode.SymbolKind.Field,
  vscode.SymbolKind.Property,
  vscode.SymbolKind.Module,
  vscode.SymbolKind.Namespace,
  vscode.SymbolKind.TypeParameter,
]);

/** Outer symbols come before inner ones. Empty if no language server answers. */
export async function symbolsOf(document: vscode.TextDocument): Promise<RangedSymbol[]> {
  const found =
    (await vscode.commands.executeCommand<
      (vscode.DocumentSymbol | vscode.SymbolInformation)[] | undefined
    >('vscode.executeDocumentSymbolProvider', document.uri)) ?? [];
  const flat: RangedSymbol[] = [];
  const walk = (symbols: readonly (vscode.DocumentSymbol | vscode.SymbolInformation)[]): void => {
    for (const symbol of symbols) {
      const name = bareName(symbol);
      if (name !== undefined)
        flat.push({ name, range: 'range' in symbol ? symbol.range : symbol.location.range });
      if ('children' in symbol) walk(symbol.children);
    }
  };
  walk(found);
  return flat;
}

/**
 * The name without the signature that some servers append; undefined for a name that cannot be
 * spoken.
 */
export function bareName({
  name,
  kind,
}: Pick<vscode.SymbolInformation, 'name' | 'kind'>): string | undefined {
  return SPOKEN.has(kind) ? /^[\w$.#-]{2,100}/.exec(name)?.[0] : undefined;
}
