/**
 * Commands for past meetings: show, rename, delete, export, group. They run from the Command
 * Palette and from the Past Meetings view.
 */
import * as vscode from 'vscode';
import { z } from 'zod';
import {
  SessionDelete,
  SessionExport,
  SessionList,
  SessionPurge,
  SessionRename,
  type ExportFormat,
  type SessionInfo,
} from '../../protocol/session';
import type { Handlers, Parts } from '../parts';
import { SessionNode } from '../history/historyView';
import { clock } from '../status/statusModel';
import { importTranscript, importWords } from './imports';
import { openQuote, searchMeetings } from './search';

/** Maximum number of meetings in one list. */
const LIST_MAX = 200;
/** A purge rewrites the database. */
const PURGE_TIMEOUT_MS = 120_000;

export function sessionCommands(parts: Parts): Handlers {
  const { daemon, meeting, history } = parts;
  return {
    showSession: async (node: unknown) => {
      const session = await chosen(parts, node, vscode.l10n.t('Select a meeting to show'));
      if (session === undefined) return;
      await meeting.show(session.id);
      await parts.panel.open(undefined);
      await vscode.commands.executeCommand('earmark.panel.focus');
    },
    renameSession: async (node: unknown) => {
      const session = node instanceof SessionNode ? node.session : meeting.model;
      if (session === undefined) return;
      const title = await vscode.window.showInputBox({
        title: vscode.l10n.t('Rename Meeting'),
        value: session.title,
        validateInput: (text) =>
          text.trim() === ''
            ? vscode.l10n.t('Enter a meeting name.')
            : text.length > 300
              ? vscode.l10n.t('Use at most 300 characters.')
              : undefined,
      });
      if (title === undefined) return;
      if (meeting.model?.id === session.id) {
        await meeting.rename(title.trim());
        parts.panel.changed();
      } else
        await (
          await daemon.ready()
        ).request(SessionRename, { sessionId: session.id, title: title.trim() });
      history.refresh();
    },
    importTranscript: (file: unknown) => importTranscript(parts, file),
    importWords: (file: unknown) => importWords(file),
    deleteSession: async (node: unknown) => {
      const session = await chosen(parts, node, vscode.l10n.t('Select a meeting to delete'));
      if (session === undefined) return;
      const [yes, purge] = [vscode.l10n.t('Delete'), vscode.l10n.t('Delete and Purge')];
      const answer = await vscode.window.showWarningMessage(
        vscode.l10n.t('Delete “{0}”?', session.title),
        {
          modal: true,
          detail: vscode.l10n.t(
            'Deletes transcript, action items and audio; the note stays. “Delete and Purge” also removes all traces.',
          ),
        },
        yes,
        purge,
      );
      if (answer === undefined) return;
      if (meeting.model?.id === session.id) meeting.close();
      const connection = await daemon.ready();
      if (answer === purge)
        await connection.request(
          SessionPurge,
          { sessionId: session.id },
          { timeoutMs: PURGE_TIMEOUT_MS },
        );
      else await connection.request(SessionDelete, { sessionId: session.id });
      history.refresh();
    },
    exportSession: async (node: unknown) => {
      const session =
        node instanceof SessionNode
          ? node.session
          : (meeting.model?.info ??
            (await chosen(parts, node, vscode.l10n.t('Select a meeting to export'))));
      if (session !== undefined) await exportSession(parts, session);
    },
    searchSessions: () => searchMeetings(parts),
    openQuote: async (...args) => {
      const quote = z.tuple([z.string(), z.string()]).safeParse(args).data;
      if (quote !== undefined) await openQuote(parts, ...quote);
    },
    groupHistory: async () => {
      const names = {
        day: vscode.l10n.t('By Day'),
        repository: vscode.l10n.t('By Repository'),
        person: vscode.l10n.t('By Person'),
      };
      const items = (['day', 'repository', 'person'] as const).map((grouping) => ({
        label: names[grouping],
        grouping,
        ...(grouping === history.grouping ? { description: vscode.l10n.t('current') } : {}),
      }));
      const picked = await vscode.window.showQuickPick(items, {
        placeHolder: vscode.l10n.t('Select how to group past meetings'),
      });
      if (picked !== undefined) await history.setGrouping(picked.grouping);
    },
    refreshHistory: async () => {
      await daemon.ready();
      history.refresh();
    },
  };
}

async function exportSession(
  { daemon }: Parts,
  { id, title }: Pick<SessionInfo, 'id' | 'title'>,
): Promise<void> {
  const formats: (vscode.QuickPickItem & { readonly format: ExportFormat })[] = [
    { format: 'md', label: 'Markdown', description: '.md' },
    {
      format: 'json',
      label: 'JSON',
      description: '.json',
      detail: vscode.l10n.t('All data, with word times'),
    },
    { format: 'srt', label: 'SubRip', description: '.srt', detail: vscode.l10n.t('Subtitles') },
    {
      format: 'vtt',
      label: 'WebVTT',
      description: '.vtt',
      detail: vscode.l10n.t('Subtitles with speakers'),
    },
    { format: 'text', label: vscode.l10n.t('Plain text'), description: '.txt' },
  ];
  const picked = await vscode.window.showQuickPick(formats, {
    title,
    placeHolder: vscode.l10n.t('Select an export format'),
    matchOnDescription: true,
  });
  if (picked === undefined) return;
  const { text, fileName } = await (
    await daemon.ready()
  ).request(SessionExport, { sessionId: id, format: picked.format });
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const target = await vscode.window.showSaveDialog({
    title: vscode.l10n.t('Export Meeting'),
    ...(folder === undefined ? {} : { defaultUri: vscode.Uri.joinPath(folder, fileName) }),
  });
  if (target === undefined) return;
  await vscode.workspace.fs.writeFile(target, Buffer.from(text));
  const open = vscode.l10n.t('Open');
  const answer = await vscode.window.showInformationMessage(
    vscode.l10n.t('Meeting exported.'),
    open,
  );
  if (answer === open) await vscode.window.showTextDocument(target);
}

/** The meeting of a tree node, or the meeting that the user selects. */
async function chosen(
  { daemon }: Parts,
  node: unknown,
  placeHolder: string,
): Promise<SessionInfo | undefined> {
  if (node instanceof SessionNode) return node.session;
  const { sessions } = await (await daemon.ready()).request(SessionList, { limit: LIST_MAX });
  const items = sessions
    .filter((s) => s.kind !== 'dictation')
    .map((session) => ({
      label: session.title,
      description: new Date(session.startedAt).toLocaleString(vscode.env.language),
      detail: [clock(session.durationMs), session.workspace?.folder, session.workspace?.branch]
        .filter((x) => x !== undefined)
        .join(' · '),
      session,
    }));
  if (items.length === 0) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('No meetings yet. Start a meeting first.'),
    );
    return undefined;
  }
  return (
    await vscode.window.showQuickPick(items, {
      placeHolder,
      matchOnDescription: true,
      matchOnDetail: true,
    })
  )?.session;
}
