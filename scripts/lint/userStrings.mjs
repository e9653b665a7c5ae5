// Collects the user-visible strings of daemon/, client/, protocol/ and scripts/: messages of
// errors, texts of the command line and its output, warnings, alerts, descriptions of settings.
// test/unit/docs/userStrings.test.ts checks their wording; run alone, it prints them.
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { root } from '../build.mjs';

const READ = ['agents', 'client', 'daemon', 'protocol', 'scripts'];

/** Word lists, prompts for a language model, and rules. Their strings are data. */
const DATA = [
  /^daemon\/(insights|dictation|degrade\/fixtures)\//,
  /^daemon\/adapters\/capture\/recorders\//,
  /^scripts\/(lint\/wording|evaluation\/|protocolPage)/,
];

/** Calls whose arguments are shown to the user, with the index of the first such argument. */
const SHOWN = new Map([
  ['summary', 0],
  ['description', 0],
  ['describe', 0],
  ['option', 1],
  ['requiredOption', 1],
  ['argument', 1],
  ['addHelpText', 1],
  ['Option', 1],
  ['Argument', 1],
  ['write', 0],
  ['notice', 0],
  ['warn', 0],
  ['log', 0],
  ['error', 0],
]);

const isText = (node) =>
  ts.isStringLiteral(node) ||
  ts.isNoSubstitutionTemplateLiteral(node) ||
  ts.isTemplateExpression(node);

const isSum = (node) =>
  ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken;

/** Text of a literal, a template or a sum of them. A computed part becomes `{}`. */
function textOf(node) {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (ts.isTemplateExpression(node))
    return node.head.text + node.templateSpans.map((span) => `{}${span.literal.text}`).join('');
  if (ts.isParenthesizedExpression(node)) return textOf(node.expression);
  return isSum(node) ? textOf(node.left) + textOf(node.right) : '{}';
}

const nameOf = (node) =>
  ts.isPropertyAccessExpression(node) ? node.name.text : ts.isIdentifier(node) ? node.text : '';

/** The first call with this string as an argument, through conditions, sums and objects. */
function callOf(node) {
  let inner = node;
  for (let outer = node.parent; outer; inner = outer, outer = outer.parent) {
    if (ts.isCallExpression(outer) || ts.isNewExpression(outer)) {
      const at = (outer.arguments ?? []).indexOf(inner);
      return at < 0 ? undefined : { name: nameOf(outer.expression), at };
    }
    if (ts.isBlock(outer) || ts.isFunctionLike(outer) || ts.isSourceFile(outer)) return undefined;
  }
  return undefined;
}

const isSentence = (text) => /^[A-Z{"“][^\n]*\s\S[^\n]*[.!?…:]"?\n?$/.test(text) && words(text) > 3;

const words = (text) => text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;

/** True if the string is shown: because of its call, or because it is a sentence. */
function isShown(node, text) {
  if (!/[a-z]{2,}/.test(text) || !/\s/.test(text.trim())) return false;
  const call = callOf(node);
  if (call && /Error$/.test(call.name)) return call.at > 0 || !call.name.startsWith('Earmark');
  if (call && call.at >= (SHOWN.get(call.name) ?? Infinity)) return true;
  return isSentence(text);
}

const isQuoted = (node) =>
  ts.isImportDeclaration(node) ||
  ts.isExportDeclaration(node) ||
  ts.isTypeNode(node) ||
  ts.isTaggedTemplateExpression(node);

/**
 * User-visible strings of one source.
 * @param {string} file its path, for the result and for the kind of source
 * @param {string} source
 * @returns {{file: string, line: number, text: string}[]}
 */
export function userStringsOf(file, source) {
  const parsed = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const found = [];
  const add = (node) => {
    const text = textOf(node);
    if (!isShown(node, text)) return;
    const { line } = parsed.getLineAndCharacterOfPosition(node.getStart(parsed));
    found.push({ file, line: line + 1, text });
  };
  const visit = (node, inSum) => {
    if (isQuoted(node)) return;
    const isWhole = isText(node) || isSum(node);
    if (isWhole && !inSum) add(node);
    // The parts of a sum are one text. A computed part of a template may be a separate text.
    ts.forEachChild(node, (child) => visit(child, isSum(node) && (isText(child) || isSum(child))));
  };
  visit(parsed, false);
  return found;
}

function* sources(dir) {
  for (const entry of readdirSync(path.join(root, dir), { withFileTypes: true })) {
    const file = `${dir}/${entry.name}`;
    if (entry.isDirectory() && entry.name !== 'node_modules') yield* sources(file);
    else if (/(?<!\.d)\.(ts|mjs)$/.test(entry.name)) yield file;
  }
}

/** Every user-visible string of the product outside the extension and the panel. */
export function userStrings() {
  return READ.flatMap((dir) => [...sources(dir)])
    .filter((file) => !DATA.some((pattern) => pattern.test(file)))
    .flatMap((file) => userStringsOf(file, readFileSync(path.join(root, file), 'utf8')));
}

/**
 * Sentences of a text with too many words. Code in backticks and a quoted command count as one word
 * each.
 * @param {string} text
 * @param {number} most
 */
export function longSentences(text, most) {
  return text
    .replace(/`[^`]*`|"[^"]*"|\{\}/g, 'X')
    .split(/(?<=[.!?])\s+|\n/)
    .filter((sentence) => words(sentence) > most);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  for (const { file, line, text } of userStrings())
    process.stdout.write(`${file}:${line}\t${text.replace(/\n/g, '\\n')}\n`);
