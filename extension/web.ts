/**
 * Earmark in a browser, where it has no daemon and no microphone. Every command and the panel say
 * so. This bundle contains nothing else.
 */
import * as vscode from 'vscode';
import { COMMANDS } from './commands/names';

export function activate(context: vscode.ExtensionContext): void {
  const said = vscode.l10n.t(
    'Earmark cannot record in a browser. Open this folder in VS Code on the desktop.',
  );
  const say = (): void => void vscode.window.showWarningMessage(said);
  context.subscriptions.push(
    ...COMMANDS.map((name) => vscode.commands.registerCommand(`earmark.${name}`, say)),
    vscode.window.registerWebviewViewProvider('earmark.panel', {
      resolveWebviewView: ({ webview }) => {
        const text = said.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
        webview.html = `<!DOCTYPE html>
<html lang="${vscode.env.language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'">
<title>Earmark</title>
</head>
<body><main><p>${text}</p></main></body>
</html>`;
      },
    }),
  );
}
