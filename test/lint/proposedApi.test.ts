/**
 * The extension uses no proposed API of VS Code. The test host allows every proposal, so a hosted
 * test does not show this: the type check against the oldest supported VS Code does.
 */
import { deepEqual, equal } from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

const root = resolve(__dirname, '../..');
const json = (path: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(root, path), 'utf8')) as Record<string, unknown>;

/** Stable APIs newer than the oldest VS Code, used where they exist: file and version. */
const NEWER: Readonly<Record<string, string>> = {
  'extension/agents/registration.ts': 'MCP server definitions, 1.101',
};

/** The `vscode` namespace as another type, or types of proposals: past the type check. */
const PAST_THE_TYPES =
  /\bvscode(?:\.\w+)? as (?:unknown|any|never)\b|declare module 'vscode'|vscode\.proposed/;

describe('proposed APIs of VS Code', () => {
  it('are not enabled in the manifest', () => {
    const { enabledApiProposals } = json('package.json');
    equal(enabledApiProposals, undefined);
  });

  it('are not in the types: they are those of the oldest VS Code', () => {
    const { engines, devDependencies } = json('package.json') as {
      engines: { vscode: string };
      devDependencies: Record<string, string>;
    };
    equal(`^${devDependencies['@types/vscode'] ?? ''}`, engines.vscode);
    equal(`^${String(json('node_modules/@types/vscode/package.json')['version'])}`, engines.vscode);
  });

  it('are not reached past the types', () => {
    const found = readdirSync(join(root, 'extension'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => PAST_THE_TYPES.test(readFileSync(file, 'utf8')))
      .map((file) => relative(root, file));
    deepEqual(found, Object.keys(NEWER));
  });

  it('are found by this check', () => {
    const planted = ['vscode as unknown as Api', 'vscode.chat as any', "declare module 'vscode' {"];
    deepEqual(
      planted.map((code) => PAST_THE_TYPES.test(code)),
      [true, true, true],
    );
  });
});
