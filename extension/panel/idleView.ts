/** The panel without a session: the consent page, the page for a lost daemon, or the start page. */
import * as vscode from 'vscode';
import type { Connection } from '../../client';
import { EngineRetry } from '../../protocol/engine';
import { ModelsList, ModelsProgress, type ModelStatus } from '../../protocol/models';
import type { PanelCommand, PanelNotice, PanelView } from '../../protocol/panel';
import { SessionList } from '../../protocol/session';
import type { Parts } from '../parts';
import type { Daemon } from '../daemon/daemon';
import { errorText, showError } from '../errors';
import type { ConsentKeeper } from '../meeting/consent';
import { hostOf } from '../meeting/consentWording';
import type { Meeting } from '../meeting/meeting';
import { settings } from '../settings/settings';
import type { ModelOffer } from './modelOffer';

type LastSession = NonNullable<Extract<PanelView, { kind: 'idle' }>['lastSession']>;

/** Commands of the page → commands of the extension. */
const COMMAND: Partial<Record<PanelCommand, string>> = {
  start: 'startMeeting',
  stop: 'stopMeeting',
  pause: 'pauseMeeting',
  resume: 'resumeMeeting',
  openNote: 'openNote',
  showLogs: 'showLogs',
  openSettings: 'openSettings',
  pullModel: 'downloadModel',
  doctor: 'doctor',
  rename: 'renameSession',
  export: 'exportSession',
};

export class IdleView implements vscode.Disposable {
  private model: ModelStatus | undefined;
  /** Models without which nothing is recognised. */
  private required: ReadonlySet<string> = new Set();
  private last: LastSession | undefined;
  /** Error text after the connection failed for good. */
  private offline: string | undefined;
  private currentNotice: PanelNotice | undefined;
  /** An accepted model was installed. */
  private installed: PanelNotice | undefined;
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;

  constructor(
    private readonly daemon: Daemon,
    private readonly consent: ConsentKeeper,
    private readonly offer: ModelOffer,
    private readonly log: vscode.LogOutputChannel,
  ) {
    consent.onDidChange(() => this.changed.fire());
    offer.onDidChange(() => this.changed.fire());
    offer.onDidInstall((name) => {
      this.installed = {
        id: 'offer',
        severity: 'info',
        text: vscode.l10n.t('{0} is installed. Earmark uses it from now on.', name),
      };
      this.changed.fire();
    });
    daemon.onDidMake((connection) => this.listen(connection));
  }

  /** Problem of the daemon; undefined if there is none. */
  set notice(notice: PanelNotice | undefined) {
    if (notice?.text === this.currentNotice?.text) return;
    this.currentNotice = notice;
    this.changed.fire();
  }

  view(): PanelView {
    if (this.consent.given('meeting') === undefined)
      return { kind: 'consent', wording: this.consent.wording('meeting') };
    if (this.offline !== undefined) return { kind: 'offline', text: this.offline, canRetry: true };
    const notices = [this.currentNotice, this.installed].filter((one) => one !== undefined);
    const offer = isReady(this.model) ? this.offer.view() : undefined;
    return {
      kind: 'idle',
      ...(offer === undefined ? {} : { offer }),
      ...(this.last === undefined ? {} : { lastSession: this.last }),
      ...(this.model === undefined ? {} : { model: this.model }),
      ...(notices.length === 0 ? {} : { notices }),
      ...(settings.remoteUrl() === '' ? {} : { remote: hostOf(settings.remoteUrl()) }),
    };
  }

  /** Called when the page becomes visible. Reads from a running daemon, and never starts one. */
  shown(meeting: Meeting): void {
    void (async () => {
      if (
        meeting.model !== undefined ||
        (this.daemon.existing === undefined && !(await this.daemon.seemsToRun()))
      )
        return;
      await this.ask(this.daemon.connection);
    })().catch((error: unknown) => showError(error, this.log));
  }

  run(command: PanelCommand, argument: string | undefined, parts: Parts): void {
    const name = COMMAND[command];
    if (name !== undefined) void vscode.commands.executeCommand(`earmark.${name}`);
    else if (command === 'acceptOffer') void this.offer.accept();
    else if (command === 'declineOffer') void this.offer.decline();
    else if (command === 'giveConsent') void this.consent.give('meeting');
    else if (command === 'dismissNotices') {
      parts.meeting.model?.dismissAll();
      this.installed = undefined;
      this.notice = undefined;
      parts.panel.changed();
    } else if (command === 'history') void vscode.commands.executeCommand('earmark.history.focus');
    else if (command === 'showSession' && argument !== undefined)
      void parts.meeting.show(argument).catch((error: unknown) => showError(error, this.log));
    else if (command === 'retry') {
      const lost = this.offline !== undefined;
      this.offline = undefined;
      // If the daemon is connected, the speech engine failed.
      void this.daemon
        .ready()
        .then(async (connection) =>
          lost ? this.ask(connection) : void (await connection.request(EngineRetry, {})),
        )
        .catch((error: unknown) => showError(error, this.log));
    }
  }

  private listen(connection: Connection): void {
    connection.onDidChangeState(({ to }) => {
      const offline = to.kind === 'failed' ? errorText(to.error) : undefined;
      if (to.kind === 'connected') void this.ask(connection).catch(() => undefined);
      if (offline === this.offline) return;
      this.offline = offline;
      this.changed.fire();
    });
    connection.onNotification(ModelsProgress, ({ modelId, receivedBytes, totalBytes }) => {
      if (!this.required.has(modelId)) return;
      this.model = { state: 'downloading', receivedBytes, totalBytes };
      this.changed.fire();
    });
  }

  private async ask(connection: Connection): Promise<void> {
    const { models } = await connection.request(ModelsList, {});
    const required = models.filter((m) => m.isDefault);
    this.required = new Set(required.map(({ id }) => id));
    this.model = worst(required.map((m) => m.status));
    await this.offer.ask(connection);
    const { sessions } = await connection.request(SessionList, { limit: 10 });
    const last = sessions.find((s) => s.kind === 'meeting');
    this.last =
      last === undefined
        ? undefined
        : { id: last.id, title: last.title, startedAt: last.startedAt };
    this.changed.fire();
  }

  /** Reads models and sessions again, for example after a download or a deletion. */
  async refresh(): Promise<void> {
    if (this.daemon.existing?.state.kind === 'connected') await this.ask(this.daemon.existing);
  }

  dispose(): void {
    this.changed.dispose();
  }
}

function isReady(model: ModelStatus | undefined): boolean {
  return model?.state === 'installed';
}

/** Status of an engine that needs several models: the status of its least ready model. */
function worst(all: readonly ModelStatus[]): ModelStatus | undefined {
  const rank = { broken: 0, absent: 1, downloading: 2, installed: 3 } as const;
  return [...all].sort((a, b) => rank[a.state] - rank[b.state])[0];
}
