/**
 * Activation is light, starts nothing, and everything the manifest names is there. Runs first:
 * nothing was used yet.
 */
import { deepEqual, ok } from 'node:assert/strict';
import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import { stateFolder } from '../../../client';
import { daemonProcesses, extension, testApi, until } from './support';

describe('activation', () => {
  it('takes less than 100 ms of its own and starts no daemon', async () => {
    const { activationMs } = await testApi();
    ok(activationMs < 100, `${activationMs} ms`);
    deepEqual([existsSync(stateFolder()), daemonProcesses()], [false, []]);
  });

  it('registers every command of the manifest', async () => {
    const { contributes } = extension().packageJSON as {
      contributes: { commands: { command: string }[] };
    };
    const all = new Set(await vscode.commands.getCommands(true));
    deepEqual(
      contributes.commands.map((c) => c.command).filter((c) => !all.has(c)),
      [],
    );
  });

  it('shows the panel without starting a daemon', async () => {
    await vscode.commands.executeCommand('earmark.panel.focus');
    const { panel } = await (await testApi()).app();
    await until('the panel is visible', () => panel.visible);
    deepEqual([existsSync(stateFolder()), daemonProcesses()], [false, []]);
  });

  it('takes no key that the editor uses in the same place', async () => {
    const document = await vscode.workspace.openTextDocument(
      vscode.Uri.parse('vscode://defaultsettings/keybindings.json'),
    );
    const defaults = JSON.parse(
      document
        .getText()
        .replace(/^\s*\/\/.*$/gm, '')
        .replace(/,(\s*[\]}])/g, '$1'),
    ) as { key: string; command: string }[];
    ok(defaults.length > 500, `${defaults.length} default keybindings`);
    const { contributes } = extension().packageJSON as {
      contributes: { keybindings: { key: string; command: string }[] };
    };
    // Escape is everybody's key; ours holds only while a dictation is on.
    const ours = contributes.keybindings.map((k) => k.key).filter((key) => key !== 'escape');
    const order = (key: string): string => key.split('+').sort().join('+');
    deepEqual(
      defaults.filter(
        (d) => ours.some((key) => order(key) === order(d.key)) && !d.command.startsWith('earmark.'),
      ),
      [],
    );
  });
});
