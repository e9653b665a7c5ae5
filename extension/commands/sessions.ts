/** Past meetings: show one, rename the shown one, delete one. */
import * as vscode from 'vscode';
import { SessionDelete, SessionList, type SessionInfo } from '../../protocol/session';
import type { Handlers, Parts } from '../app';
import { clock } from '../status/statusModel';

/** Meetings offered in one list. */
const LIST_MAX = 200;

export function sessionCommands(parts: Parts): Handlers {
  const { daemon, meeting } = parts;
  return {
    showSession: async () => {
      const session = await pick(parts, vscode.l10n.t('Show which meeting?'));
      if (session === undefined) return;
      await meeting.show(session.id);
      await vscode.commands.executeCommand('earmark.panel.focus');
    },
    renameSession: async () => {
      const { model } = meeting;
      if (model === undefined) return;
      const title = await vscode.window.showInputBox({ title: vscode.l10n.t('Rename Meeting'), value: model.title, validateInput: (text) => (text.trim() === '' ? vscode.l10n.t('Give the meeting a name.') : text.length > 300 ? vscode.l10n.t('At most 300 letters.') : undefined) });
      if (title === undefined) return;
      await meeting.rename(title.trim());
      parts.panel.changed();
    },
    deleteSession: async () => {
      const session = await pick(parts, vscode.l10n.t('Delete which meeting?'));
      if (session === undefined) return;
      const yes = vscode.l10n.t('Delete');
      const answer = await vscode.window.showWarningMessage(vscode.l10n.t('Delete “{0}”?', session.title), { modal: true, detail: vscode.l10n.t('Its transcript, action items and sound are removed. The note file stays.') }, yes);
      if (answer !== yes) return;
      if (meeting.model?.id === session.id) meeting.close();
      await (await daemon.ready()).request(SessionDelete, { sessionId: session.id });
    },
  };
}

async function pick({ daemon }: Parts, placeHolder: string): Promise<SessionInfo | undefined> {
  const { sessions } = await (await daemon.ready()).request(SessionList, { limit: LIST_MAX });
  const items = sessions.filter((s) => s.kind !== 'dictation').map((session) => ({
    label: session.title,
    description: new Date(session.startedAt).toLocaleString(vscode.env.language),
    detail: [clock(session.durationMs), session.workspace?.folder, session.workspace?.branch].filter((x) => x !== undefined).join(' · '),
    session,
  }));
  if (items.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('There are no meetings yet.'));
    return undefined;
  }
  return (await vscode.window.showQuickPick(items, { placeHolder, matchOnDescription: true, matchOnDetail: true }))?.session;
}
