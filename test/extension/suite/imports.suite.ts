/** Imports from other programs in the real editor: a transcript and a word list. */
import { deepEqual, equal } from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { Parts } from '../../../extension/parts';
import { SessionDelete } from '../../../protocol/session';
import { app, quiet, until } from './support';

const TALK = `WEBVTT

00:00:01.000 --> 00:00:04.000
<v Ana Diaz>We decided to keep the old export format.</v>

00:00:05.000 --> 00:00:08.000
<v Ben Ode>I'll fix the importer by Friday.</v>
`;

describe('imports', function () {
  this.timeout(120_000);
  let parts: Parts;
  let folder: string;
  before(async () => {
    ({ parts } = await app());
    folder = mkdtempSync(join(tmpdir(), 'earmark-import-'));
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    await quiet();
  });
  const file = (name: string, text: string): vscode.Uri => {
    writeFileSync(join(folder, name), text);
    return vscode.Uri.file(join(folder, name));
  };

  it('a transcript becomes a past meeting that is shown with its speakers', async () => {
    await vscode.commands.executeCommand('earmark.importTranscript', file('weekly sync.vtt', TALK));
    await until('the meeting is shown', () => parts.meeting.model?.title === 'weekly sync');
    const view = parts.meeting.model!.view();
    deepEqual(
      view.segments.map(({ speaker, text }) => `${speaker}: ${text}`),
      [
        'Ana Diaz: We decided to keep the old export format.',
        "Ben Ode: I'll fix the importer by Friday.",
      ],
    );
    equal(parts.meeting.model!.state, 'DONE');
    const sessionId = parts.meeting.model!.id;
    parts.meeting.close();
    await (await parts.daemon.ready()).request(SessionDelete, { sessionId });
  });

  it('a word list goes into the vocabulary', async () => {
    const all = vscode.workspace.getConfiguration('earmark');
    await vscode.commands.executeCommand(
      'earmark.importWords',
      file('words.csv', 'spoken,replacement\npost gres,PostgreSQL\nk eights,K8s\n'),
    );
    deepEqual(vscode.workspace.getConfiguration('earmark').get('speech.vocabulary'), [
      'PostgreSQL',
      'K8s',
    ]);
    await all.update('speech.vocabulary', undefined, vscode.ConfigurationTarget.Global);
  });
});
