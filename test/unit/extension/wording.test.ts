/**
 * The text of the extension and the panel: all of it can be translated, and it keeps the style of
 * the documents.
 */
import { deepEqual, ok } from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import manifest from '../../../package.json';
import nls from '../../../package.nls.json';
import { badWording } from '../../../scripts/lint/wording.mjs';

const root = path.resolve(__dirname, '../../..');
const WORDS_MAX = 20;
/** A setting's description carries units and defaults. */
const SETTING_WORDS_MAX = 25;

interface Text {
  readonly where: string;
  readonly text: string;
}

/** Options of VS Code's API that show their text. */
const SHOWN = new Set(['title', 'placeHolder', 'prompt', 'detail', 'description', 'tooltip']);

const isTranslation = (node: ts.Node): node is ts.CallExpression =>
  ts.isCallExpression(node) && /^(?:t|(?:vscode\.)?l10n\.t)$/.test(node.expression.getText());

/** Both results of a condition, and the text itself. */
function literals(node: ts.Expression): readonly (string | undefined)[] {
  if (ts.isConditionalExpression(node))
    return [...literals(node.whenTrue), ...literals(node.whenFalse)];
  return [ts.isStringLiteralLike(node) ? node.text : undefined];
}

/** Text that is translated, and text that is shown without a translation. */
function textsOf(name: string, source: string): { translated: Text[]; missed: Text[] } {
  const file = ts.createSourceFile(name, source, ts.ScriptTarget.Latest, true);
  const translated: Text[] = [];
  const missed: Text[] = [];
  const visit = (node: ts.Node): void => {
    const where = `${name}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
    if (isTranslation(node) && node.arguments[0] && !node.arguments.some(ts.isSpreadElement))
      for (const text of literals(node.arguments[0]))
        if (text === undefined) missed.push({ where, text: node.getText() });
        else translated.push({ where, text });
    if (
      ts.isPropertyAssignment(node) &&
      SHOWN.has(node.name.getText()) &&
      ts.isStringLiteralLike(node.initializer) &&
      /\w \w/.test(node.initializer.text)
    )
      missed.push({ where, text: node.initializer.text });
    if (
      ts.isCallExpression(node) &&
      /\.show(?:Information|Warning|Error)Message$/.test(node.expression.getText()) &&
      node.arguments.some(ts.isStringLiteralLike)
    )
      missed.push({ where, text: node.getText() });
    ts.forEachChild(node, visit);
  };
  visit(file);
  return { translated, missed };
}

function sources(folder: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));
}

const code = [...sources('extension'), ...sources('media')].map((name) =>
  textsOf(name, readFileSync(path.join(root, name), 'utf8')),
);
const settings: Text[] = [];
const commands: Text[] = [];
const texts: Text[] = code.flatMap(({ translated }) => translated);
for (const [where, text] of Object.entries(nls))
  (where.startsWith('setting.') ? settings : where.startsWith('command.') ? commands : texts).push({
    where,
    text,
  });

const walkthrough: Text[] = readdirSync(path.join(root, 'walkthrough')).map((name) => ({
  where: `walkthrough/${name}`,
  text: readFileSync(path.join(root, 'walkthrough', name), 'utf8'),
}));

/** Text without code, quotations, names of commands and addresses of links. */
const prose = (text: string): string =>
  text
    .replace(/`[^`]*`|"[^"]*"|“[^”]*”/g, 'code')
    .replace(/(?<!\*)\*([^*]+)\*(?!\*)/g, (whole, inner: string) =>
      /^Earmark/.test(inner) ? 'code' : whole,
    )
    .replace(/\[([^\]]*)\]\([^)]*\)/g, 'code.');

const sentences = (text: string): string[] =>
  prose(text)
    .split(/(?<=[.?!])\**\s+|\n/)
    .filter((sentence) => sentence.trim() !== '');

const tooLong = (all: readonly Text[], max: number): string[] =>
  all.flatMap(({ where, text }) =>
    sentences(text)
      .map((sentence) => ({ sentence, count: sentence.split(/\s+/).filter(Boolean).length }))
      .filter(({ count }) => count > max)
      .map(({ sentence, count }) => `${where}: ${count} words: ${sentence}`),
  );

/** Names of products, keys, views and formats. */
const NAMES =
  /^(?:Earmark|VS|Code|GitHub|Copilot|Git|Doctor|Markdown|TODO|ADR|Escape|Enter|Moonshine|Whisper|English|Settings|Storage|Privacy|Past|Meetings|SHA-256|MCP|BCP|API|OpenAI|OpenAI-compatible|OpenID|Connect|Ollama|Node\.js|GB|MB|ID|GPU|EARMARK_\w+|Source|Control|CSV|JSON)$/;

/** Sentences that do not begin with a capital, or have one in the middle. */
const notSentenceCase = (all: readonly Text[]): string[] =>
  all.flatMap(({ where, text }) =>
    sentences(text)
      .filter((sentence) => /[.?]\**$/.test(sentence))
      .filter((sentence) => {
        const [first = '', ...rest] = sentence
          .replace(/[*()]/g, '')
          .split(/\s+/)
          .map((word) => word.replace(/[.,;:?]+$/, '').replace(/'s$/, ''));
        return (
          (/^[a-z]/.test(first) && !['code', 'npm'].includes(first)) ||
          rest.some((word) => /^[A-Z]/.test(word) && !NAMES.test(word))
        );
      })
      .map((sentence) => `${where}: ${sentence}`),
  );

const SMALL_WORD = /^(?:a|an|and|at|by|for|from|in|of|on|or|the|to|with)$/;
const VERB =
  /^(?:Cancel|Convert|Create|Delete|Dictate|Download|Export|Group|Hand|Import|Manage|Open|Pause|Play|Refresh|Rename|Resume|Run|Search|Select|Set|Show|Sign|Start|Stop|Toggle|Use|Write)$/;

const notTitleCase = (all: readonly Text[]): string[] =>
  all
    .filter(({ text }) => {
      const words = text.replace(/[()…]/g, '').split(' ');
      return (
        !VERB.test(words[0] ?? '') ||
        words.some((word) => !/^[A-Z]/.test(word) && !SMALL_WORD.test(word))
      );
    })
    .map(({ where, text }) => `${where}: ${text}`);

const badWords = (all: readonly Text[]): string[] =>
  all.flatMap(({ where, text }) =>
    badWording(text).map(({ word, instead }) => `${where}: "${word}", write: ${instead}`),
  );

describe('text of the extension and the panel', () => {
  const all = [...texts, ...settings, ...commands];

  it('is found in the code and in package.nls.json', () => {
    ok(code.flatMap(({ translated }) => translated).length > 300);
    ok(settings.length > 30 && commands.length > 30);
  });

  it('goes through the translation', () =>
    deepEqual(
      code.flatMap(({ missed }) => missed),
      [],
    ));

  it('has no banned word or opening', () => deepEqual(badWords([...all, ...walkthrough]), []));

  it('has short sentences', () =>
    deepEqual(
      [
        ...tooLong([...texts, ...commands, ...walkthrough], WORDS_MAX),
        ...tooLong(settings, SETTING_WORDS_MAX),
      ],
      [],
    ));

  it('has sentences in sentence case', () =>
    deepEqual(notSentenceCase([...texts, ...settings]), []));

  it('has command titles that begin with a verb, in title case', () =>
    deepEqual(notTitleCase(commands), []));

  it('of package.json lies in package.nls.json, where every text is used', () => {
    const used = new Set(
      [...JSON.stringify(manifest).matchAll(/"%([\w.]+)%"/g)].map(([, key]) => key),
    );
    const known = new Set(Object.keys(nls));
    deepEqual(
      [[...used].filter((key) => !known.has(key!)), [...known].filter((key) => !used.has(key))],
      [[], []],
    );
    // Language models read the schemas of tools.
    const shown = JSON.stringify(manifest.contributes, (name, value: unknown) =>
      name === 'inputSchema' ? undefined : value,
    );
    const plain = shown.match(
      /"(?:title|markdownDescription|description|contextualTitle|contents|patternErrorMessage)":"[^%"][^"]*"/g,
    );
    deepEqual(plain ?? [], []);
  });

  it('is rejected where it breaks a rule', () => {
    const of = (text: string): Text[] => [{ where: 'here', text }];
    const words = (n: number): string => `${Array.from({ length: n }, () => 'word').join(' ')}.`;
    deepEqual(
      [
        badWords(of('Nothing was heard.')).length,
        badWords(of('What is older is deleted.')).length,
        tooLong(of(words(WORDS_MAX + 1)), WORDS_MAX).length,
        tooLong(of(`Short. ${words(WORDS_MAX)}`), WORDS_MAX).length,
        notSentenceCase(of('the note is open.')).length,
        notSentenceCase(of('The Note is open.')).length,
        notTitleCase(of('Meeting start')).length,
        textsOf('a.ts', "vscode.window.showErrorMessage('It failed')").missed.length,
        textsOf('a.ts', 't(`It failed ${n}`)').missed.length,
        textsOf('a.ts', "const o = { placeHolder: 'Select one' }").missed.length,
      ],
      [1, 1, 1, 0, 1, 1, 1, 1, 1, 1],
    );
  });
});
