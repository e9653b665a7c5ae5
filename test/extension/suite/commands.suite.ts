/** Commands that no other suite runs, each once; and none of the manifest is forgotten. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { Parts } from '../../../extension/parts';
import { answering, app, closeEditors, editorWith, extension, quiet, run, until } from './support';

/**
 * `openNote` needs a meeting that writes its note: test/extension/meeting.test.ts. `searchSessions`
 * is typed into: views.suite.ts. `dictatePrompt` and `showRecognised` have their keys pressed in
 * test/extension/prompt.test.ts. `writeWithTemplate` asks a model in test/extension/betterNotes.test.ts.
 * `handToAgent`, `createIssue` and `openQuote`: agents.test.ts beside it.
 */
const ELSEWHERE = [
  ...['openNote', 'searchSessions', 'dictatePrompt', 'showRecognised', 'writeWithTemplate'],
  ...['handToAgent', 'createIssue', 'openQuote'],
];

describe('commands', function () {
  this.timeout(60_000);
  let parts: Parts;
  const setting = (key: string): unknown => vscode.workspace.getConfiguration('earmark').get(key);
  const shown = (): vscode.TextDocument | undefined => vscode.window.activeTextEditor?.document;

  before(async () => {
    ({ parts } = await app());
  });
  after(quiet);
  afterEach(closeEditors);

  it('of the manifest are all there, and run by a suite or known to be missed', async () => {
    const { contributes } = extension().packageJSON as {
      contributes: { commands: { command: string }[] };
    };
    const names = contributes.commands.map(({ command }) => command.replace('earmark.', ''));
    const known = new Set(await vscode.commands.getCommands(true));
    deepEqual(
      names.filter((name) => !known.has(`earmark.${name}`)),
      [],
    );
    const folder = join(extension().extensionPath, 'test', 'extension', 'suite');
    const suites = readdirSync(folder)
      .map((file) => readFileSync(join(folder, file), 'utf8'))
      .join('\n');
    deepEqual(
      names.filter((name) => !ELSEWHERE.includes(name) && !new RegExp(`['.]${name}'`).test(suites)),
      [],
    );
  });

  it('choose what is recorded', async () => {
    for (const [command, key, id] of [
      ['selectMicrophone', 'audio.microphone', 'tone'],
      ['selectSystemAudio', 'audio.systemAudio', 'tone.monitor'],
    ] as const) {
      for (const chosen of [id, '']) {
        const asked = answering('showQuickPick', (items) =>
          (items as { id: string }[]).find((item) => item.id === chosen),
        );
        await (command === 'selectMicrophone' ? run('selectMicrophone') : run('selectSystemAudio'));
        asked.dispose();
        await until(`${key} is “${chosen}”`, () => setting(key) === chosen);
      }
      await vscode.workspace
        .getConfiguration('earmark')
        .update(key, undefined, vscode.ConfigurationTarget.Global);
    }
  });

  it('write a report, list the dictation commands, and show the log and the settings', async () => {
    await run('doctor');
    match((await until('the report is shown', shown)).getText(), /Earmark[^]*Tone/);
    await closeEditors();
    await run('dictationCommands');
    const listed = await until('the dictation commands are listed', () =>
      vscode.workspace.textDocuments.find(
        (document) => document.isUntitled && document.getText().startsWith('# Dictation commands'),
      ),
    );
    match(listed.getText(), /scratch that/);
    await closeEditors();
    await run('showLogs');
    await until('the log is shown', () => shown()?.uri.path.endsWith('/logs/daemon.log'));
    await closeEditors();
    await run('openSettings');
    await until(
      'the settings are shown',
      () => vscode.window.tabGroups.activeTabGroup.activeTab?.label === 'Settings',
    );
  });

  // With a meeting and a model: test/extension/betterNotes.test.ts.
  it('say that better notes need an ended meeting', async () => {
    const asked = answering('showWarningMessage', () => undefined);
    await run('writeNotes');
    asked.dispose();
    match(String(asked.asked[0]), /^Show an ended meeting/);
  });

  it('offer what can be done now, and do what was picked', async () => {
    await editorWith('|');
    const asked = answering('showQuickPick', (items) =>
      (items as { command?: string }[]).find(({ command }) => command === 'earmark.openPanel'),
    );
    await run('showMenu');
    asked.dispose();
    const commands = (asked.asked[0] as { command?: string }[]).flatMap(
      ({ command }) => command ?? [],
    );
    const known = new Set(await vscode.commands.getCommands(true));
    deepEqual(
      commands.filter((command) => !known.has(command)),
      [],
    );
    ok(
      commands.includes('earmark.startMeeting') &&
        commands.includes('earmark.toggleDictation') &&
        !commands.includes('earmark.stopMeeting'),
    );
    await until('the panel is open', () => parts.panel.visible);
    await vscode.commands.executeCommand('workbench.view.explorer');
    await until('the panel is hidden', () => !parts.panel.visible);
    await run('openPanel');
    await until('the panel is open again', () => parts.panel.visible);
  });

  it('ask before they change anything that is secret or large, and change nothing without an answer', async () => {
    const asked = [
      answering('showQuickPick', () => undefined),
      answering('showInputBox', () => undefined),
      answering('showWarningMessage', () => undefined),
    ];
    try {
      await run('downloadModel');
      await run('setRemoteToken');
      await run('encryptionKey');
    } finally {
      for (const one of asked) one.dispose();
    }
    deepEqual(
      asked.map((one) => one.asked.length),
      [1, 1, 1],
    );
    match(String(asked[2]?.asked[0]), /earmark\.privacy\.encrypt/);
    equal(await parts.context.secrets.get('earmark.remote.token'), undefined);
  });

  it('sign nobody in without a provider, and nobody out who is not in', async () => {
    const asked = [
      answering('showWarningMessage', () => undefined),
      answering('showInformationMessage', () => undefined),
    ];
    try {
      await run('signIn');
      await run('signOut');
    } finally {
      for (const one of asked) one.dispose();
    }
    deepEqual(
      asked.map((one) => one.asked.length),
      [1, 1],
    );
    match(String(asked[0]?.asked[0]), /"issuer" and "clientId" of "earmark\.remote"/);
    match(String(asked[1]?.asked[0]), /You are not signed in/);
  });
});
