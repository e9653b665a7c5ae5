/**
 * Connects the daemon's microphone watch with notifications of VS Code. It runs once the user agreed
 * to record and uses the panel or the daemon, so nothing runs before Earmark is used.
 */
import * as vscode from 'vscode';
import type { Connection } from '../../client';
import { CapturePrograms, CaptureWatch } from '../../protocol/capture';
import { SessionList } from '../../protocol/session';
import type { Daemon } from '../daemon/daemon';
import { settings } from '../settings/settings';
import type { ConsentKeeper } from './consent';
import { isOver, type Meeting } from './meeting';
import { type EndReason, MeetingSuggestion } from './suggestion';

const SETTING = 'earmark.meeting.suggest';

export class MicrophoneWatch implements vscode.Disposable {
  private readonly suggestion: MeetingSuggestion;
  private readonly disposables: vscode.Disposable[] = [];
  private connection: Connection | undefined;
  private listens = false;

  constructor(
    private readonly daemon: Daemon,
    private readonly meeting: Meeting,
    private readonly consent: ConsentKeeper,
  ) {
    this.suggestion = new MeetingSuggestion({
      clock: {
        now: () => performance.now(),
        setTimeout: (run, ms) => {
          const timer = setTimeout(run, ms);
          return { dispose: () => clearTimeout(timer) };
        },
      },
      enabled: () => settings.suggestMeetings(),
      ignored: () => settings.neverSuggestFor(),
      isRecording: () => this.isRecording(),
      suggest,
      ignore: (id) => settings.addNeverSuggestFor(id),
      start: () => vscode.commands.executeCommand('earmark.startMeeting'),
      askEnd,
      stop: () => vscode.commands.executeCommand('earmark.stopMeeting'),
    });
    this.disposables.push(
      daemon.onDidMake((connection) => this.follow(connection)),
      // The window that was used last is the one that suggests.
      vscode.window.onDidChangeWindowState(({ focused }) => focused && this.watch()),
      vscode.workspace.onDidChangeConfiguration(
        (change) => change.affectsConfiguration(SETTING) && this.watch(),
      ),
      consent.onDidChange(() => this.begin()),
      meeting.onDidChangeState(() => this.meetingChanged()),
      meeting.onDidReceive(({ kind }) => {
        if (kind === 'final' || kind === 'partial') this.suggestion.spoke();
        else if (kind === 'state') this.meetingChanged();
      }),
    );
    if (daemon.existing !== undefined) this.follow(daemon.existing);
  }

  /** The panel is shown: connects to the daemon, if the user agreed to record and wants this. */
  begin(): void {
    if (settings.suggestMeetings() && this.consent.given('meeting') !== undefined)
      void this.daemon.ready().catch(() => undefined);
  }

  private follow(connection: Connection): void {
    this.connection = connection;
    this.listens = false;
    connection.onDidChangeState(({ to }) => {
      if (to.kind === 'connected') this.watch();
      else this.suggestion.setPrograms([]);
    });
    if (connection.state.kind === 'connected') this.watch();
  }

  private watch(): void {
    const { connection } = this;
    if (connection?.state.kind !== 'connected') return;
    const on = settings.suggestMeetings();
    if (!on && !this.listens) return;
    if (!this.listens) {
      this.listens = true;
      connection.onNotification(CapturePrograms, ({ programs }) =>
        this.suggestion.setPrograms(programs),
      );
    }
    // An older daemon has no watch; then there are no suggestions.
    void connection.request(CaptureWatch, { on }).catch(() => undefined);
  }

  private meetingChanged(): void {
    const model = this.meeting.model;
    if (model?.info.kind === 'meeting' && model.state === 'STREAMING')
      this.suggestion.meetingRuns();
    else this.suggestion.meetingRests();
  }

  /** Looks at all windows and the command line. */
  private async isRecording(): Promise<boolean> {
    if (this.meeting.running !== undefined || this.meeting.state.kind === 'starting') return true;
    const { sessions } = await (await this.daemon.ready()).request(SessionList, { active: true });
    return sessions.some(({ kind, state }) => kind === 'meeting' && !isOver(state));
  }

  dispose(): void {
    this.suggestion.dispose();
    for (const disposable of this.disposables) disposable.dispose();
  }
}

async function suggest(program: string): Promise<'record' | 'later' | 'never' | undefined> {
  const record = vscode.l10n.t('Record');
  const later = vscode.l10n.t('Not Now');
  const never = vscode.l10n.t('Never for This Program');
  const answer = await vscode.window.showInformationMessage(
    vscode.l10n.t('{0} uses the microphone. Record this meeting?', program),
    record,
    later,
    never,
  );
  if (answer === record) return 'record';
  if (answer === never) return 'never';
  return answer === later ? 'later' : undefined;
}

async function askEnd(reason: EndReason): Promise<boolean> {
  const end = vscode.l10n.t('End Meeting');
  const question =
    reason.kind === 'closed'
      ? vscode.l10n.t('{0} closed the microphone. End the meeting?', reason.program)
      : vscode.l10n.t('Nobody has spoken for 15 minutes. End the meeting?');
  const answer = await vscode.window.showInformationMessage(
    question,
    end,
    vscode.l10n.t('Keep Recording'),
  );
  return answer === end;
}
