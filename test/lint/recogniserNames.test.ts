/** Nothing outside the registry and the recognisers' adapters compares a recogniser's name. */
import { deepEqual } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as ts from 'typescript';
import { RECOGNISERS, WORKER_RECOGNISERS } from '../../daemon/asr/registry';
import { IN_WORKERS } from '../../daemon/adapters/inference/runtime/recognisers';

const root = resolve(__dirname, '../..');
const NAMES = new Set(RECOGNISERS.map(({ info }) => info.id));
/** The registry, the infos, and the recognisers' own folder. */
const ALLOWED = /^daemon\/(?:asr\/(?:registry|providerInfos)\.ts$|adapters\/inference\/)/;
const COMPARES = new Set([
  ts.SyntaxKind.EqualsEqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsEqualsToken,
  ts.SyntaxKind.EqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsToken,
]);

/** A recogniser's name as a literal, or `nemoInfo.id`. */
function isName(node: ts.Node): boolean {
  if (ts.isStringLiteralLike(node)) return NAMES.has(node.text);
  return (
    ts.isPropertyAccessExpression(node) &&
    node.name.text === 'id' &&
    ts.isIdentifier(node.expression) &&
    node.expression.text.endsWith('Info')
  );
}

function comparisons(name: string, text: string): string[] {
  const source = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const compares =
      (ts.isBinaryExpression(node) &&
        COMPARES.has(node.operatorToken.kind) &&
        (isName(node.left) || isName(node.right))) ||
      (ts.isCaseClause(node) && isName(node.expression)) ||
      (ts.isCallExpression(node) &&
        ts.isPropertyAccessExpression(node.expression) &&
        ['includes', 'has', 'startsWith'].includes(node.expression.name.text) &&
        node.arguments.some(isName));
    if (compares)
      found.push(`${name}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

describe("recognisers' names", () => {
  it('are compared by the registry and the adapters alone', function () {
    this.timeout(60_000);
    const files = execFileSync('git', ['ls-files', 'daemon/**/*.ts', 'daemon/*.ts'], {
      cwd: root,
      encoding: 'utf8',
    })
      .trim()
      .split('\n')
      .filter((file) => !ALLOWED.test(file));
    deepEqual(
      files.flatMap((file) => comparisons(file, readFileSync(resolve(root, file), 'utf8'))),
      [],
    );
  });

  for (const planted of [
    "if (target.provider === 'nemo') go();",
    "if ('whisper' !== provider) go();",
    "switch (provider) { case 'voxtral': go(); }",
    "const slow = ['a'].includes('openai');",
    'if (provider === moonshineInfo.id) go();',
  ])
    it(`are refused in "${planted}"`, () => deepEqual(comparisons('a.ts', planted), ['a.ts:1']));

  it('of the registry that run in workers are those that a worker creates', () =>
    deepEqual(WORKER_RECOGNISERS.map(({ info }) => info.id).sort(), [...IN_WORKERS].sort()));
});
