/**
 * Activation registers the commands, the panel's view and the status bar item only. The first
 * command, the first view of the panel, or a meeting that runs across a reload loads the rest.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { stateFolder } from '../client/local/stateFolder';
import { registerChat } from './agents/chat';
import { registerAgentServer } from './agents/registration';
import type { App } from './app';
import { COMMANDS, type CommandName } from './commands/names';
import { setTranslator } from './l10n';
import { NoteLanguage } from './notes/language/noteLanguage';
import { RUNNING_KEY } from './meeting/runningKey';
import { DECLINED_KEY } from './writing/declinedKey';
import { StatusBar } from './status/statusBar';

/** Same name as in client/local/daemonFile.ts, which is too large to load here. */
const DAEMON_FILE = 'daemon.json';

/** Interface for the extension's own tests; undefined in normal use. */
export interface TestApi {
  readonly activationMs: number;
  app(): Promise<App>;
}

export function activate(context: vscode.ExtensionContext): TestApi | undefined {
  const started = performance.now();
  setTranslator((message, ...args) => vscode.l10n.t(message, ...args));
  const status = new StatusBar();
  const noteLanguage = new NoteLanguage(context.extensionUri);
  noteLanguage.offersWriting = () => context.globalState.get(DECLINED_KEY) !== true;
  context.subscriptions.push(status, noteLanguage);

  let app: Promise<App> | undefined;
  const load = (): Promise<App> => {
    app ??= import('./app').then(({ createApp }) => createApp(context, status, noteLanguage));
    return app;
  };

  for (const name of COMMANDS) {
    context.subscriptions.push(
      vscode.commands.registerCommand(`earmark.${name}`, async (...args: unknown[]) =>
        (await load()).run(name satisfies CommandName, args),
      ),
    );
  }
  context.subscriptions.push(
    vscode.window.registerWebviewViewProvider('earmark.panel', {
      resolveWebviewView: async (view) => (await load()).panel.resolveWebviewView(view),
    }),
  );
  context.subscriptions.push(
    noteLanguage.onDidRename(async (person) => (await load()).renamePerson(person)),
  );
  const { version } = context.extension.packageJSON as { version: string };
  context.subscriptions.push(
    registerAgentServer(version, async () =>
      (await import('./agents/windowServer')).windowServer(context),
    ),
  );
  context.subscriptions.push(registerChat(context, async () => (await load()).agents()));
  context.subscriptions.push(
    vscode.window.registerUriHandler({
      handleUri: async ({ path, query }) => {
        const values = new URLSearchParams(query);
        if (path === '/quote')
          await (await load()).run('openQuote', [values.get('session'), values.get('segment')]);
      },
    }),
  );
  // Every window shows a running meeting, so no microphone is open unseen. The daemon file shows
  // whether a daemon may run.
  setImmediate(() => {
    if (
      context.workspaceState.get(RUNNING_KEY) !== undefined ||
      existsSync(join(stateFolder(), DAEMON_FILE))
    )
      void load();
  });

  const activationMs = performance.now() - started;
  return context.extensionMode === vscode.ExtensionMode.Test
    ? { activationMs, app: load }
    : undefined;
}
