// Lists every export of the product without an import, including imports in tests. Such an export
// may be dead code. A type may be exported for a signature in its own file.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { root } from '../build.mjs';

const CHECKED = ['agents', 'client', 'daemon', 'extension', 'media'];
const READ = [...CHECKED, 'protocol', 'test', 'testing', 'bench', 'scripts'];

/** Modules that are opened without an import: process entries, recorder modules, bundles. */
const ENTRIES = [
  /^daemon\/(main|worker|notesServer|cli\/main)\.ts$/,
  /^extension\/(extension|web)\.ts$/,
  /^media\/panel\.ts$/,
  /^daemon\/adapters\/capture\/recorders\//,
];

function* sources(dir) {
  if (!existsSync(dir)) return;
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const file = path.join(dir, entry.name);
    if (entry.isDirectory() && entry.name !== 'node_modules') yield* sources(file);
    else if (/\.(ts|mjs)$/.test(entry.name) && !entry.name.endsWith('.d.ts')) yield file;
  }
}

/** File of a relative import; undefined for a package. */
function target(from, specifier, files) {
  if (!specifier.startsWith('.')) return undefined;
  const base = path.resolve(path.dirname(from), specifier);
  return [base, `${base}.ts`, path.join(base, 'index.ts'), base.replace(/\.js$/, '.ts')].find((f) =>
    files.has(f),
  );
}

/** Exports of a file, and the names that it imports from others: `*` for the whole module. */
function read(file) {
  const source = ts.createSourceFile(
    file,
    readFileSync(file, 'utf8'),
    ts.ScriptTarget.Latest,
    true,
  );
  const exported = new Map();
  const uses = [];
  const add = (node, name) =>
    exported.set(name, source.getLineAndCharacterOfPosition(node.getStart()).line + 1);
  const mentions = (name) => source.text.split(new RegExp(`\\b${name}\\b`)).length - 1;
  const visit = (node) => {
    if (ts.isImportDeclaration(node)) {
      const from = node.moduleSpecifier.text;
      const bindings = node.importClause?.namedBindings;
      if (node.importClause?.name) uses.push([from, 'default']);
      if (bindings && ts.isNamespaceImport(bindings)) uses.push([from, '*']);
      if (bindings && ts.isNamedImports(bindings))
        for (const e of bindings.elements) uses.push([from, (e.propertyName ?? e.name).text]);
    } else if (ts.isExportDeclaration(node)) {
      const from = node.moduleSpecifier?.text;
      if (from && !node.exportClause) uses.push([from, '*']);
      for (const e of node.exportClause && ts.isNamedExports(node.exportClause)
        ? node.exportClause.elements
        : []) {
        if (from) uses.push([from, (e.propertyName ?? e.name).text]);
        add(e, e.name.text);
      }
    } else if (
      ts.isCallExpression(node) &&
      (node.expression.kind === ts.SyntaxKind.ImportKeyword ||
        node.expression.getText() === 'require')
    ) {
      const [argument] = node.arguments;
      if (argument && ts.isStringLiteralLike(argument)) uses.push([argument.text, '*']);
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      uses.push([node.argument.literal.text, node.qualifier?.getText().split('.')[0] ?? '*']);
    } else if (
      ts.canHaveModifiers(node) &&
      ts.getModifiers(node)?.some((m) => m.kind === ts.SyntaxKind.ExportKeyword)
    ) {
      if (ts.isVariableStatement(node)) {
        for (const d of node.declarationList.declarations)
          if (ts.isIdentifier(d.name)) add(d, d.name.text);
      } else if (
        (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) &&
        mentions(node.name.text) > 1
      ) {
        // Used in this file, as part of another export's signature.
      } else if (node.name)
        add(
          node,
          ts.getModifiers(node).some((m) => m.kind === ts.SyntaxKind.DefaultKeyword)
            ? 'default'
            : node.name.text,
        );
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { exported, uses };
}

/** @returns {string[]} one line for each export without an import */
export function unusedExports(folder = root) {
  const files = new Set(READ.flatMap((dir) => [...sources(path.join(folder, dir))]));
  const all = new Map([...files].map((file) => [file, read(file)]));
  const used = new Map([...files].map((file) => [file, new Set()]));
  for (const [file, { uses }] of all) {
    for (const [specifier, name] of uses) used.get(target(file, specifier, files) ?? '')?.add(name);
  }
  const lines = [];
  for (const [file, { exported }] of all) {
    const name = path.relative(folder, file).split(path.sep).join('/');
    if (
      !CHECKED.some((dir) => name.startsWith(`${dir}/`)) ||
      ENTRIES.some((e) => e.test(name)) ||
      used.get(file).has('*')
    )
      continue;
    for (const [symbol, line] of exported)
      if (!used.get(file).has(symbol))
        lines.push(`${name}:${line}  ${symbol} is exported and nobody imports it`);
  }
  return lines;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const lines = unusedExports();
  for (const line of lines) console.error(line);
  process.exitCode = lines.length === 0 ? 0 : 1;
}
