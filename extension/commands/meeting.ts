/**
 * Commands that control a meeting, open the panel or the note, and show the menu of the status bar
 * item.
 */
import * as vscode from 'vscode';
import { AudioDevices } from '../../protocol/audio';
import { isEarmarkError } from '../../protocol/errors';
import type { Handlers, Parts } from '../parts';
import { UserError } from '../errors';
import { chooseSources } from '../meeting/sources';
import { currentFolder, workspaceInfo } from '../meeting/workspaceInfo';
import { settings } from '../settings/settings';
import type { PageName } from '../panel/pages';
import { offerModel } from './models';

export function meetingCommands(parts: Parts): Handlers {
  const { meeting, notes } = parts;
  return {
    startMeeting: () => start(parts),
    stopMeeting: () => meeting.stop(),
    pauseMeeting: () => meeting.pause(),
    resumeMeeting: () => meeting.resume(),
    openPanel: () => openPanel(),
    showStorage: () => openPage(parts, 'storage'),
    showModels: () => openPage(parts, 'models'),
    openNote: async () => {
      const uri = await notes.flush();
      if (uri === undefined)
        throw new UserError(vscode.l10n.t('No note yet. Start a meeting to create one.'));
      await vscode.window.showTextDocument(uri, { preview: false });
    },
    showMenu: () => menu(parts),
  };
}

async function openPage({ panel }: Parts, page: PageName): Promise<void> {
  await openPanel();
  await panel.open(page);
}

async function openPanel(): Promise<void> {
  await vscode.commands.executeCommand('earmark.panel.focus');
}

async function start(parts: Parts): Promise<void> {
  const { consent, daemon, meeting, notes, panel } = parts;
  if (meeting.running !== undefined || meeting.state.kind === 'starting') {
    await openPanel();
    return;
  }
  const agreed = await consent.ask('meeting');
  if (agreed === undefined) return;
  await openPanel();
  const connection = await daemon.ready();
  const devices = await connection.request(AudioDevices, {});
  const { sources, missing } = chooseSources(
    {
      sources: settings.meetingSources(),
      microphone: settings.microphone(),
      systemAudio: settings.systemAudio(),
    },
    devices,
  );
  if (sources.length === 0)
    throw new UserError(
      [vscode.l10n.t('No recording device is available.'), ...devices.advice].join(' '),
    );
  const folder = currentFolder();
  const workspace = await workspaceInfo(folder);
  const [language, device] = [settings.language(), settings.device()];
  const params = {
    kind: 'meeting' as const,
    title:
      folder === undefined ? vscode.l10n.t('Meeting') : vscode.l10n.t('{0} meeting', folder.name),
    sources,
    partials: true,
    insights: true,
    consent: agreed,
    ...(language === '' ? {} : { language }),
    ...settings.speechModel('meeting'),
    ...settings.wordHints(),
    ...(device === 'auto' ? {} : { device }),
    ...(settings.keepAudio() ? { keepAudio: true } : {}),
    ...(workspace === undefined ? {} : { workspace }),
  };
  let shown;
  try {
    shown = await meeting.start({ ...params, startedAt: localTime(new Date()) });
  } catch (error) {
    if (!isEarmarkError(error, 'model.missing') || !(await offerModel(parts))) throw error;
    shown = await meeting.start({ ...params, startedAt: localTime(new Date()) });
  }
  if (missing.length > 0)
    shown.notify({
      id: 'sources',
      severity: 'warning',
      text: missing.join(' '),
      action: { label: vscode.l10n.t('Run Doctor'), command: 'doctor' },
    });
  panel.changed();
  if (settings.openNoteOnStart()) {
    const uri = await notes.flush();
    if (uri !== undefined)
      await vscode.window.showTextDocument(uri, {
        preview: false,
        preserveFocus: true,
        viewColumn: vscode.ViewColumn.Beside,
      });
  }
}

/** ISO 8601 with this machine's offset. Due dates refer to the time zone of the speakers. */
function localTime(date: Date): string {
  const offset = -date.getTimezoneOffset();
  const two = (n: number): string => String(Math.floor(Math.abs(n))).padStart(2, '0');
  const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1);
  return `${local}${offset < 0 ? '-' : '+'}${two(offset / 60)}:${two(offset % 60)}`;
}

interface MenuItem extends vscode.QuickPickItem {
  readonly command?: string;
}

async function menu({ meeting, dictation, notes }: Parts): Promise<void> {
  const item = (icon: string, label: string, command: string): MenuItem => ({
    label: `$(${icon}) ${label}`,
    command: `earmark.${command}`,
  });
  const line: MenuItem = { label: '', kind: vscode.QuickPickItemKind.Separator };
  const state = meeting.running?.state;
  const items: MenuItem[] = [
    ...(dictation.state.kind !== 'idle'
      ? [
          item('check', vscode.l10n.t('Insert Dictation'), 'toggleDictation'),
          item('close', vscode.l10n.t('Cancel Dictation'), 'cancelDictation'),
        ]
      : []),
    ...(state === undefined
      ? [item('record', vscode.l10n.t('Start Meeting'), 'startMeeting')]
      : []),
    ...(state === 'STREAMING'
      ? [item('debug-pause', vscode.l10n.t('Pause Meeting'), 'pauseMeeting')]
      : []),
    ...(state === 'PAUSED'
      ? [item('debug-continue', vscode.l10n.t('Resume Meeting'), 'resumeMeeting')]
      : []),
    ...(state === 'STREAMING' || state === 'PAUSED'
      ? [item('debug-stop', vscode.l10n.t('Stop Meeting'), 'stopMeeting')]
      : []),
    ...(dictation.state.kind === 'idle'
      ? [item('mic', vscode.l10n.t('Dictate into the Editor'), 'toggleDictation')]
      : []),
    line,
    item('layout-sidebar-left', vscode.l10n.t('Open Panel'), 'openPanel'),
    ...(notes.uri === undefined
      ? []
      : [item('go-to-file', vscode.l10n.t('Open Note'), 'openNote')]),
    item('history', vscode.l10n.t('Show Past Meeting…'), 'showSession'),
    line,
    item('settings', vscode.l10n.t('Select Microphone…'), 'selectMicrophone'),
    item('pulse', vscode.l10n.t('Doctor'), 'doctor'),
    item('gear', vscode.l10n.t('Settings'), 'openSettings'),
  ];
  const picked = await vscode.window.showQuickPick(items, { title: 'Earmark' });
  if (picked?.command !== undefined) await vscode.commands.executeCommand(picked.command);
}
