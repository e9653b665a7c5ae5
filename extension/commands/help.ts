/** Doctor, dictation commands, logs, settings. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { AudioDevices } from '../../protocol/audio';
import { DaemonHealth } from '../../protocol/health';
import { ModelsList } from '../../protocol/models';
import type { Handlers, Parts } from '../parts';
import { t } from '../l10n';

/** Their bundle has a translator of its own. */
async function helpPages() {
  const pages = await import('./helpPages');
  pages.setTranslator(t);
  return pages;
}

export function helpCommands(parts: Parts): Handlers {
  const { daemon, log, context } = parts;
  return {
    doctor: async () => {
      const connection = await daemon.ready();
      const [health, devices, { models }] = await Promise.all([
        connection.request(DaemonHealth, {}),
        connection.request(AudioDevices, {}),
        connection.request(ModelsList, {}),
      ]);
      const { doctorReport } = await helpPages();
      const document = await vscode.workspace.openTextDocument({
        language: 'markdown',
        content: doctorReport({
          health,
          devices,
          models,
          editor: `${vscode.env.appName} ${vscode.version}`,
          remote: vscode.env.remoteName,
        }),
      });
      await vscode.window.showTextDocument(document, { preview: true });
    },
    dictationCommands: async () => {
      const { DICTATION_COMMANDS } = await import('../../protocol/dictationCommands');
      const { cheatSheet } = await helpPages();
      const document = await vscode.workspace.openTextDocument({
        language: 'markdown',
        content: cheatSheet(DICTATION_COMMANDS),
      });
      await vscode.window.showTextDocument(document, { preview: true });
      await vscode.commands.executeCommand('markdown.showPreview', document.uri);
    },
    showLogs: async () => {
      log.show(true);
      const file = join(daemon.stateFolder, 'logs', 'daemon.log');
      if (existsSync(file))
        await vscode.window.showTextDocument(vscode.Uri.file(file), { preview: true });
    },
    openSettings: async () => {
      await vscode.commands.executeCommand(
        'workbench.action.openSettings',
        `@ext:${context.extension.id}`,
      );
    },
  };
}
