/**
 * A folder that nobody trusts: dictation and notes work, nothing of the folder is run or believed.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import * as vscode from 'vscode';
import { settings } from '../../../extension/settings/settings';
import { app, editorWith, quiet, say, text, until } from '../suite/support';

const run = (command: string): Thenable<void> =>
  vscode.commands.executeCommand<void>(`earmark.${command}`);

describe('a folder without trust', function () {
  this.timeout(90_000);
  after(async () => {
    say();
    await quiet();
  });

  it('takes dictation', async () => {
    equal(vscode.workspace.isTrusted, false);
    const { parts } = await app();
    await parts.consent.give('dictation');
    const editor = await editorWith('// |', 'ts');
    say('It works.');
    await run('toggleDictation');
    await until('it was heard', () => parts.dictation.recognised.includes('works'));
    await run('toggleDictation');
    await until('it is over', () => parts.dictation.state.kind === 'idle');
    equal(text(editor.document), '// It works.');
  });

  it('gets a note of a meeting', async () => {
    const { parts } = await app();
    await parts.consent.give('meeting');
    await run('startMeeting');
    const uri = await until('the note is written', () => parts.notes.uri);
    match(uri.path, /\/\.earmark\/[^/]+\.earmark\.md$/);
    await run('stopMeeting');
    await until('it is done', () => parts.meeting.model?.state === 'DONE');
  });

  it('sets nothing that names programs, addresses or consent', () => {
    // The folder's own settings say otherwise: see the test that opens it.
    deepEqual(
      [
        settings.nodePath(),
        settings.ofUser('llm.endpoint'),
        settings.remoteUrl(),
        settings.askEveryMeeting(),
        settings.keepAudio(),
      ],
      ['', undefined, '', false, false],
    );
  });
});
