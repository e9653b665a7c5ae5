/** The page Storage and Privacy: stored data, retention periods, deletion. */
import * as vscode from 'vscode';
import type { FromPanel, PanelStorage } from '../../protocol/panel';
import { PrivacyRetention, PrivacyStorage, type Retention } from '../../protocol/privacy';
import { SessionList, SessionPurge } from '../../protocol/session';
import {
  UploadDiscard,
  UploadList,
  UploadTranscribe,
  type UploadInfo,
} from '../../protocol/uploads';
import { type Voiceprint, VoicesForget, VoicesList } from '../../protocol/voices';
import type { Daemon } from '../daemon/daemon';
import { hostOf } from '../meeting/consentWording';
import { isOver } from '../meeting/meeting';
import { settings } from '../settings/settings';
import type { Page } from './pages';

/** Maximum number of sessions in one answer of the daemon. */
const PAGE = 1_000;
const PURGE_TIMEOUT_MS = 120_000;
/** Includes loading a model. */
const TRANSCRIBE_TIMEOUT_MS = 180_000;

export class StoragePage implements Page {
  private kept: PanelStorage['kept'];
  private retention: Retention = {};
  private retentionFixed = false;
  private voices: readonly Voiceprint[] = [];
  private uploads: readonly UploadInfo[] = [];
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;

  constructor(
    private readonly daemon: Daemon,
    /** Called after deletion: views of deleted sessions must close. */
    private readonly purged: () => void,
  ) {}

  view(): PanelStorage {
    return {
      kind: 'storage',
      ...(this.kept === undefined ? {} : { kept: this.kept }),
      uploads: this.uploads,
      voices: this.voices,
      retention: this.retention,
      ...(this.retentionFixed ? { retentionFixed: true } : {}),
      keepAudio: settings.keepAudio(),
      elsewhere: elsewhere(),
    };
  }

  async open(): Promise<void> {
    const connection = await this.daemon.ready();
    const [kept, { retention, fixed }, { voices }, { uploads }] = await Promise.all([
      connection.request(PrivacyStorage, {}),
      connection.request(PrivacyRetention, {}),
      connection.request(VoicesList, {}),
      connection.request(UploadList, {}),
    ]);
    this.kept = kept;
    this.retention = retention;
    this.retentionFixed = fixed ?? false;
    this.voices = voices;
    this.uploads = uploads;
    this.changed.fire();
  }

  async take(message: FromPanel): Promise<boolean> {
    if (message.type === 'retention') await this.keepFor(message.what, message.days);
    else if (message.type === 'command' && message.command === 'openFolder')
      await this.openFolder();
    else if (message.type === 'command' && message.command === 'purgeAll') await this.purgeAll();
    else if (message.type === 'command' && message.command === 'forgetVoice')
      await this.forgetVoice(message.argument);
    else if (
      message.type === 'command' &&
      message.command === 'transcribeHere' &&
      message.argument !== undefined
    )
      await this.transcribeHere(message.argument);
    else if (
      message.type === 'command' &&
      message.command === 'discardUpload' &&
      message.argument !== undefined
    )
      await this.discardUpload(message.argument);
    else return false;
    return true;
  }

  private async openFolder(): Promise<void> {
    const folder = this.kept?.disk?.folder;
    if (folder !== undefined)
      await vscode.commands.executeCommand('revealFileInOS', vscode.Uri.file(folder));
  }

  /** Changes a retention period. A shorter period deletes data, so the user must confirm it. */
  private async keepFor(what: keyof Retention, days: number | undefined): Promise<void> {
    const before = this.retention[what];
    if (days !== undefined && (before === undefined || days < before)) {
      const yes = vscode.l10n.t('Delete Older Data');
      const answer = await vscode.window.showWarningMessage(
        vscode.l10n.t('Delete {0} after {1} days?', kindName(what), days),
        {
          modal: true,
          detail: vscode.l10n.t('Anything older is deleted now. This cannot be undone.'),
        },
        yes,
      );
      if (answer !== yes) return this.changed.fire();
    }
    const { [what]: _, ...rest } = this.retention;
    // The settings hold the period for every window. A remote daemon has its own settings.
    if (settings.remoteUrl() === '') await settings.keepFor(what, days);
    await (
      await this.daemon.ready()
    ).request(PrivacyRetention, {
      set: { ...rest, ...(days === undefined ? {} : { [what]: days }) },
    });
    await this.open();
  }

  private async transcribeHere(uploadId: string): Promise<void> {
    await (
      await this.daemon.ready()
    ).request(UploadTranscribe, { uploadId }, { timeoutMs: TRANSCRIBE_TIMEOUT_MS });
    await this.open();
    void vscode.window.showInformationMessage(
      vscode.l10n.t('Transcribing on this machine. The meeting then appears under Past Meetings.'),
    );
  }

  private async discardUpload(uploadId: string): Promise<void> {
    const yes = vscode.l10n.t('Discard');
    const answer = await vscode.window.showWarningMessage(
      vscode.l10n.t('Discard this recording?'),
      {
        modal: true,
        detail: vscode.l10n.t(
          'The remote daemon has not confirmed the complete recording. This cannot be undone.',
        ),
      },
      yes,
    );
    if (answer !== yes) return;
    await (await this.daemon.ready()).request(UploadDiscard, { uploadId });
    await this.open();
  }

  /** @param name undefined for all voiceprints */
  private async forgetVoice(name: string | undefined): Promise<void> {
    const yes = vscode.l10n.t('Delete');
    const question =
      name === undefined
        ? vscode.l10n.t('Delete all voiceprints?')
        : vscode.l10n.t('Delete the voiceprint of “{0}”?', name);
    const answer = await vscode.window.showWarningMessage(
      question,
      {
        modal: true,
        detail: vscode.l10n.t(
          'Future meetings no longer recognise the voice. Names in past meetings stay.',
        ),
      },
      yes,
    );
    if (answer !== yes) return;
    await (
      await this.daemon.ready()
    ).request(VoicesForget, name === undefined ? {} : { name }, { timeoutMs: PURGE_TIMEOUT_MS });
    await this.open();
  }

  private async purgeAll(): Promise<void> {
    const connection = await this.daemon.ready();
    const yes = vscode.l10n.t('Delete All Meetings');
    const answer = await vscode.window.showWarningMessage(
      vscode.l10n.t('Delete all past meetings?'),
      {
        modal: true,
        detail: vscode.l10n.t(
          'Deletes transcripts, insights, audio and voiceprints. Notes and models stay. This cannot be undone.',
        ),
      },
      yes,
    );
    if (answer !== yes) return;
    const { sessions } = await connection.request(SessionList, { limit: PAGE });
    const over = sessions.filter(({ state }) => isOver(state));
    await vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: vscode.l10n.t('Deleting past meetings'),
        cancellable: true,
      },
      async (progress, token) => {
        for (const { id } of over) {
          if (token.isCancellationRequested) return;
          await connection.request(
            SessionPurge,
            { sessionId: id },
            { timeoutMs: PURGE_TIMEOUT_MS },
          );
          progress.report({ increment: 100 / over.length });
        }
      },
    );
    await connection.request(VoicesForget, {}, { timeoutMs: PURGE_TIMEOUT_MS });
    this.purged();
    await this.open();
  }

  dispose(): void {
    this.changed.dispose();
  }
}

function kindName(what: keyof Retention): string {
  return {
    audioDays: vscode.l10n.t('audio'),
    transcriptDays: vscode.l10n.t('transcripts'),
    insightsDays: vscode.l10n.t('action items and decisions'),
  }[what];
}

function elsewhere(): string[] {
  const set = (name: string): string => {
    const value = settings.ofUser(name);
    return typeof value === 'string' ? value.trim() : '';
  };
  const lent =
    settings.useEditorModel() && set('llm.endpoint') === ''
      ? [vscode.l10n.t('the VS Code language model')]
      : [];
  return [
    settings.remoteUrl(),
    ...(settings.speechModel('meeting').provider === 'openai' ? [set('openai.endpoint')] : []),
    set('llm.endpoint'),
  ]
    .filter((address) => address !== '')
    .map(hostOf)
    .concat(lent);
}
