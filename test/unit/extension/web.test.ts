/**
 * Earmark in a web page: every command and the panel say that it cannot record, and nothing of Node
 * is needed for it.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { COMMANDS } from '../../../extension/commands/names';

const root = resolve(__dirname, '../../..');

describe('in a browser', () => {
  const commands = new Map<string, () => void>();
  const said: string[] = [];
  const webview = { html: '' };

  before(async () => {
    const esbuild = await import('esbuild');
    const { outputFiles } = await esbuild.build({
      absWorkingDir: root,
      entryPoints: ['extension/web.ts'],
      bundle: true,
      write: false,
      platform: 'browser',
      format: 'cjs',
      external: ['vscode'],
    });
    const vscode = {
      l10n: { t: (text: string) => text },
      env: { language: 'en' },
      commands: { registerCommand: (name: string, run: () => void) => commands.set(name, run) },
      window: {
        showWarningMessage: (text: string) => void said.push(text),
        registerWebviewViewProvider: (
          _: string,
          provider: { resolveWebviewView(view: unknown): void },
        ) => provider.resolveWebviewView({ webview }),
      },
    };
    const module = { exports: {} as { activate(context: unknown): void } };
    // A worker has no process, no Buffer and no modules but the editor's own.
    runInContext(
      outputFiles[0]!.text,
      createContext({
        module,
        exports: module.exports,
        require: (name: string) => (name === 'vscode' ? vscode : equal(name, 'vscode')),
      }),
    );
    module.exports.activate({ subscriptions: [] });
  });

  it('answers every command with one plain sentence', () => {
    deepEqual([...commands.keys()].sort(), COMMANDS.map((name) => `earmark.${name}`).sort());
    commands.get('earmark.startMeeting')?.();
    commands.get('earmark.toggleDictation')?.();
    deepEqual([said.length, new Set(said).size], [2, 1]);
    match(said[0] ?? '', /cannot record in a browser.*VS Code on the desktop/);
  });

  it('says so in the panel, where no script may run', () =>
    match(webview.html, /default-src 'none'[^]*cannot record in a browser/));

  it('has a manifest without a main program', async () => {
    const { stageWeb } = (await import(
      pathToFileURL(join(root, 'scripts/packageWeb.mjs')).href
    )) as { stageWeb(stage: string): unknown };
    const stage = mkdtempSync(join(tmpdir(), 'earmark-web-'));
    try {
      stageWeb(stage);
      const { main, browser, bin, dependencies } = JSON.parse(
        readFileSync(join(stage, 'package.json'), 'utf8'),
      ) as Record<string, unknown>;
      deepEqual(
        [main, browser, bin, dependencies],
        [undefined, './dist/web.js', undefined, undefined],
      );
    } finally {
      rmSync(stage, { recursive: true, force: true });
    }
  });
});
