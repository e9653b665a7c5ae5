/** Imports from other programs: transcripts as past meetings, word lists into the vocabulary. */
import { basename, extname } from 'node:path';
import * as vscode from 'vscode';
import { IMPORT_MAX, TranscriptImport } from '../../protocol/transcript';
import type { Parts } from '../parts';
import { readWordList } from '../dictation/wordList';
import { UserError } from '../errors';
import { settings } from '../settings/settings';

/** The turn encoder reads a long transcript in this time. */
const TIMEOUT_MS = 10 * 60_000;

/** @param given a file; the user selects files if it is none */
export async function importTranscript(
  { daemon, history, meeting }: Parts,
  given?: unknown,
): Promise<void> {
  const files =
    given instanceof vscode.Uri
      ? [given]
      : await vscode.window.showOpenDialog({
          canSelectMany: true,
          title: vscode.l10n.t('Import Transcript'),
          openLabel: vscode.l10n.t('Import'),
          filters: { [vscode.l10n.t('Transcripts')]: ['vtt', 'srt', 'txt', 'json', 'jsonl', 'md'] },
        });
  let last: string | undefined;
  for (const file of files ?? []) {
    const name = basename(file.path);
    const text = Buffer.from(await vscode.workspace.fs.readFile(file)).toString('utf8');
    if (text.length > IMPORT_MAX || text.trim() === '')
      throw new UserError(
        text.trim() === ''
          ? vscode.l10n.t('{0} is empty. Select a transcript.', name)
          : vscode.l10n.t('{0} is too long. Import it in parts.', name),
      );
    const { mtime } = await vscode.workspace.fs.stat(file);
    const connection = await daemon.ready();
    const { sessionId } = await vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Window,
        title: vscode.l10n.t('Earmark imports {0}', name),
      },
      () =>
        connection.request(
          TranscriptImport,
          {
            text,
            title: basename(name, extname(name)).slice(0, 300) || name,
            startedAt: new Date(mtime).toISOString(),
          },
          { timeoutMs: TIMEOUT_MS },
        ),
    );
    last = sessionId;
  }
  history.refresh();
  if (last === undefined) return;
  if (meeting.running === undefined) await meeting.show(last);
  await vscode.commands.executeCommand('earmark.panel.focus');
}

/** @param given a file; the user selects one if it is none */
export async function importWords(given?: unknown): Promise<void> {
  const [file] =
    given instanceof vscode.Uri
      ? [given]
      : ((await vscode.window.showOpenDialog({
          title: vscode.l10n.t('Import Word List'),
          openLabel: vscode.l10n.t('Import'),
          filters: { [vscode.l10n.t('Word lists')]: ['csv', 'tsv', 'json', 'txt'] },
        })) ?? []);
  if (file === undefined) return;
  const { size } = await vscode.workspace.fs.stat(file);
  const words =
    size > IMPORT_MAX
      ? []
      : readWordList(Buffer.from(await vscode.workspace.fs.readFile(file)).toString('utf8'));
  if (words.length === 0)
    throw new UserError(
      vscode.l10n.t('{0} has no words. Select a CSV, JSON or text file.', basename(file.path)),
    );
  const added = await settings.addWords(words);
  void vscode.window.showInformationMessage(
    vscode.l10n.t('{0} new words of {1} are in the vocabulary.', added, words.length),
  );
}
