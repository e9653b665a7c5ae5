/**
 * What the suites inside the extension host share: the extension, a daemon whose engine hears
 * loudness, waiting.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import { ensureDaemon, readDaemonFile, stateFolder } from '../../../client';
import type { App } from '../../../extension/app';
import type { TestApi } from '../../../extension/extension';

const ID = 'earmark.earmark';

export function extension(): vscode.Extension<TestApi | undefined> {
  const found = vscode.extensions.getExtension<TestApi | undefined>(ID);
  if (found === undefined) throw new Error(`${ID} is not installed in this window.`);
  return found;
}

export async function testApi(): Promise<TestApi> {
  const api = await extension().activate();
  if (api === undefined) throw new Error('The extension does not run in a test.');
  return api;
}

/**
 * The extension with a daemon behind it that records a tone and calls it a word: `w7` from the
 * microphone, `w9` from the speakers, one a second. Everything but audio and model is real.
 * @param env of a daemon that does not run yet
 */
export async function app(env: Readonly<Record<string, string>> = {}): Promise<App> {
  await startDaemon(env);
  return (await testApi()).app();
}

async function startDaemon(env: Readonly<Record<string, string>>): Promise<void> {
  if (readDaemonFile(stateFolder()) !== undefined) return;
  const root = extension().extensionPath;
  const script = join(root, 'testing', 'fakes', 'scripted', 'scriptedDaemon.ts');
  if (!existsSync(script))
    throw new Error(
      'The suites run from the repository: testing/fakes/scripted/scriptedDaemon.ts is not there.',
    );
  const client = await ensureDaemon({
    stateDir: stateFolder(),
    client: { name: 'tests', version: '0' },
    daemon: {
      command: process.execPath,
      args: [
        '--require',
        join(root, 'node_modules', 'tsx', 'dist', 'cjs', 'index.cjs'),
        script,
        '--idle-ms',
        '15000',
      ],
      env: { ELECTRON_RUN_AS_NODE: '1', ...env },
    },
  });
  client.dispose();
}

export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = 15_000,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`Not within ${timeoutMs / 1000} s: ${what}.`);
    await new Promise((done) => setTimeout(done, 25));
  }
}

/**
 * What each recording hears from now on, phrase by phrase; without phrases the word of the tone
 * again.
 */
export function say(...phrases: string[]): void {
  const file = join(stateFolder(), 'says.json');
  if (phrases.length === 0) rmSync(file, { force: true });
  else writeFileSync(file, JSON.stringify(phrases));
}

export const text = (document: vscode.TextDocument): string => document.getText();

/** Answers the next questions of a kind; what was asked comes back. */
export function answering<
  K extends
    | 'showQuickPick'
    | 'showSaveDialog'
    | 'showErrorMessage'
    | 'showWarningMessage'
    | 'showInformationMessage'
    | 'showInputBox',
>(kind: K, answer: (asked: unknown) => unknown): { readonly asked: unknown[]; dispose(): void } {
  const asked: unknown[] = [];
  const window = vscode.window as unknown as Record<string, unknown>;
  const real = window[kind];
  window[kind] = (first: unknown) => (asked.push(first), Promise.resolve(answer(first)));
  return { asked, dispose: () => (window[kind] = real) };
}

/** A command of the extension, by its name without `earmark.`. */
export const run = (command: string, ...args: unknown[]): Thenable<void> =>
  vscode.commands.executeCommand<void>(`earmark.${command}`, ...args);

/** An editor on a new file of the workspace, with `|` where the cursors are. */
export async function editorWith(content: string, ending = 'md'): Promise<vscode.TextEditor> {
  const parts = content.split('|');
  // Not an untitled document, and no name twice: the editor may show the text of an earlier one of
  // that name first.
  const uri = vscode.Uri.joinPath(
    vscode.workspace.workspaceFolders![0]!.uri,
    `scratch-${randomUUID()}.${ending}`,
  );
  await vscode.workspace.fs.writeFile(uri, Buffer.from(parts.join('')));
  const document = await vscode.workspace.openTextDocument(uri);
  const editor = await vscode.window.showTextDocument(document);
  let offset = 0;
  const cursors = parts.slice(0, -1).map((part) => document.positionAt((offset += part.length)));
  editor.selections = cursors.map((at) => new vscode.Selection(at, at));
  return editor;
}

/** Closes every editor, saves nothing. */
export async function closeEditors(): Promise<void> {
  while (vscode.window.tabGroups.all.some((group) => group.tabs.length > 0)) {
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** Ends what a test left running, so that the next one starts from nothing. */
export async function quiet(): Promise<void> {
  const { parts } = await (await testApi()).app();
  await parts.dictation.cancel();
  await parts.meeting.stop();
  await until('the meeting ended', () => parts.meeting.running === undefined);
  parts.meeting.close();
  await closeEditors();
}

/** Processes whose command line names the daemon of this state folder. */
export function daemonProcesses(): string[] {
  if (process.platform === 'win32') return [];
  return execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes('daemon') && line.includes(stateFolder()));
}
