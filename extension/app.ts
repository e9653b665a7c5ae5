/**
 * Builds the parts of the extension once and connects them. It is loaded on first use, so
 * activation stays fast.
 */
import * as vscode from 'vscode';
import type { Sending } from '../client';
import type { AgentHost } from './agents/host';
import { dictationCommands } from './commands/dictation';
import { helpCommands } from './commands/help';
import { meetingCommands } from './commands/meeting';
import { modelCommands } from './commands/models';
import { noteCommands } from './commands/notes';
import type { CommandName } from './commands/names';
import { deviceCommands } from './commands/devices';
import { secretCommands } from './commands/secrets';
import { sessionCommands } from './commands/sessions';
import { renameInSession } from './commands/speakers';
import { VoiceConsent } from './commands/voices';
import { Daemon } from './daemon/daemon';
import { SymbolIndex } from './code/symbolIndex';
import { LiveModel } from './daemon/liveModel';
import { EncryptionKey } from './daemon/encryptionKey';
import { SignIn } from './daemon/signIn';
import { SettingsSync } from './daemon/settingsSync';
import { DaemonAlert, DaemonHealth } from '../protocol/health';
import { Candidates } from './dictation/candidates';
import { Dictation, type DictationState } from './dictation/dictation';
import { Learning } from './dictation/learning';
import { Written } from './dictation/written';
import { showError } from './errors';
import { HistoryView } from './history/historyView';
import { CodeTrack } from './meeting/codeTrack';
import { ConsentKeeper } from './meeting/consent';
import { isOver, Meeting } from './meeting/meeting';
import { MicrophoneWatch } from './meeting/microphoneWatch';
import type { NoteLanguage } from './notes/language/noteLanguage';
import type { RenamedPerson } from './notes/language/renamedPerson';
import { NoteWriter } from './notes/noteWriter';
import { ALERT_NOTICE, Alerts } from './panel/alerts';
import { IdleView } from './panel/idleView';
import { ModelOffer } from './panel/modelOffer';
import { ModelsPage } from './panel/modelsPage';
import { PanelHost } from './panel/panelHost';
import { StoragePage } from './panel/storagePage';
import { settings } from './settings/settings';
import type { StatusBar } from './status/statusBar';
import type { Activity } from './status/statusModel';
import { Writing } from './writing/writing';
import type { Handlers, Parts } from './parts';

export class App {
  private readonly handlers: Handlers;

  constructor(
    readonly parts: Parts,
    noteLanguage: NoteLanguage,
  ) {
    this.handlers = {
      ...meetingCommands(parts),
      ...noteCommands(parts, noteLanguage),
      ...dictationCommands(parts),
      ...sessionCommands(parts),
      ...deviceCommands(parts),
      ...modelCommands(parts),
      ...secretCommands(parts),
      ...helpCommands(parts),
    };
  }

  get panel(): PanelHost {
    return this.parts.panel;
  }

  /** For the tools of agents and the chat participant. */
  async agents(): Promise<AgentHost> {
    const { daemon, meeting, notes } = this.parts;
    return {
      connection: await daemon.ready(),
      shownNote: async (sessionId) =>
        meeting.model?.id === sessionId ? await notes.flush() : undefined,
    };
  }

  /** A renamed person in a note is renamed in its session too. */
  async renamePerson(person: RenamedPerson): Promise<void> {
    try {
      await renameInSession(this.parts.daemon, person);
    } catch (error) {
      showError(error, this.parts.log);
    }
  }

  /** Runs a command. Errors are shown, not thrown, because a keybinding cannot catch them. */
  async run(name: CommandName, args: readonly unknown[] = []): Promise<void> {
    try {
      await this.handlers[name]?.(...args);
    } catch (error) {
      showError(error, this.parts.log);
    }
  }
}

export function createApp(
  context: vscode.ExtensionContext,
  status: StatusBar,
  noteLanguage: NoteLanguage,
): App {
  const log = vscode.window.createOutputChannel('Earmark', { log: true });
  const key = new EncryptionKey(context.secrets);
  const signIn = new SignIn(context.secrets);
  const daemon = new Daemon(context, log, key, signIn);
  const sync = new SettingsSync(daemon, context.globalState, key, log);
  const consent = new ConsentKeeper(context.globalState);
  const meeting = new Meeting(daemon, context.workspaceState);
  const index = new SymbolIndex();
  const written = new Written();
  const dictation = new Dictation(
    daemon,
    consent,
    new Candidates(index),
    written,
    log,
    async (text) =>
      settings.tidyUp()
        ? (await import('./dictation/tidy/tidyUp')).tidyUp(
            text,
            settings.editorModel(),
            context.globalState,
          )
        : undefined,
  );
  const notes = new NoteWriter(daemon, meeting, context.globalStorageUri, log, () =>
    panel.changed(),
  );
  const alerts = new Alerts();
  const offer = new ModelOffer(daemon, context.globalState);
  const idle = new IdleView(daemon, consent, offer, log);
  const writing = new Writing(
    daemon,
    meeting,
    context.globalState,
    log,
    () => panel.changed(),
    (sessionId, template) => notes.arrange(sessionId, template),
  );
  const panel = new PanelHost(
    context.extensionUri,
    meeting,
    daemon,
    {
      view: () => idle.view(),
      run: (command, argument) => idle.run(command, argument, parts),
      voices: new VoiceConsent(daemon, context.globalState),
      writing,
      onError: (error) => showError(error, log),
    },
    {
      storage: new StoragePage(daemon, () => {
        if (meeting.running === undefined) meeting.close();
        history.refresh();
      }),
      models: new ModelsPage(daemon),
    },
  );
  const microphone = new MicrophoneWatch(daemon, meeting, consent);
  const history = new HistoryView(daemon, context.globalState);
  const parts: Parts = {
    context,
    log,
    daemon,
    key,
    signIn,
    alerts,
    consent,
    meeting,
    dictation,
    index,
    notes,
    writing,
    panel,
    history,
    offer,
  };
  context.subscriptions.push(
    sync,
    writing,
    new LiveModel(
      daemon,
      (purpose) => (purpose === 'meeting' ? meeting.running?.id : dictation.sessionId),
      (error) => showError(error, log),
    ),
    index,
    new CodeTrack(daemon, meeting, index),
    microphone,
    new Learning(written),
    written,
    history,
    log,
    panel,
    offer,
    idle,
    notes,
    dictation,
    meeting,
    consent,
    daemon,
  );

  const showAlerts = (): void => {
    const { notice } = alerts;
    idle.notice = notice;
    // A dismissed notice stays away until the alerts change.
    if (notice === undefined) meeting.model?.dismiss(ALERT_NOTICE);
    else if (shownAlert.model !== meeting.running || shownAlert.text !== notice.text)
      meeting.running?.notify(notice);
    shownAlert = { model: meeting.running, text: notice?.text };
    panel.changed();
  };
  let shownAlert: { readonly model: unknown; readonly text: string | undefined } = {
    model: undefined,
    text: undefined,
  };
  const activity = (): Activity => {
    const dictating = DICTATING[dictation.state.kind];
    if (dictating !== undefined) return { kind: dictating };
    const model = meeting.running;
    if (model !== undefined)
      return {
        kind: 'meeting',
        title: model.title,
        state: model.state,
        elapsedMs: model.elapsedMs(Date.now()),
        sources: model.info.sources,
        silent: model.silent,
        ...(daemon.existing?.quality ? { link: daemon.existing.quality.grade } : {}),
      };
    if (meeting.state.kind === 'starting') return { kind: 'starting' };
    return sendingActivity(daemon.existing?.sending ?? []) ?? { kind: 'idle' };
  };
  const refresh = (): void => {
    status.follow(activity, meeting.running?.state === 'STREAMING');
    setContext('meeting', meetingContext(meeting));
    setContext('dictating', dictation.state.kind !== 'idle');
    setContext('hasSession', meeting.model !== undefined);
  };
  context.subscriptions.push(
    meeting.onDidChangeState(() => {
      refresh();
      showAlerts();
      void panel.open(undefined);
      history.refresh();
    }),
    meeting.onDidReceive((event) => {
      panel.changed();
      if (event.kind === 'state' || event.kind === 'warning') refresh();
      if (event.kind === 'state' && isOver(event.to)) history.refresh();
    }),
    dictation.onDidChangeState(refresh),
    dictation.onDidFail((recognised) => void lostDictation(recognised)),
    notes.onDidFindNote((uri) => setContext('hasNote', uri !== undefined)),
    offer.onDidInstall((name) => {
      meeting.running?.notify({
        id: 'offer',
        severity: 'info',
        text: vscode.l10n.t('{0} is installed. This meeting uses it from now on.', name),
      });
      panel.changed();
    }),
    idle.onDidChange(() => meeting.model === undefined && panel.refresh()),
    panel.onDidShow(() => {
      idle.shown(meeting);
      microphone.begin();
    }),
  );
  daemon.onDidMake((connection) => {
    connection.onNotification(DaemonAlert, (change) => {
      alerts.change(change);
      showAlerts();
    });
    connection.onDidChangeSending?.(() => {
      refresh();
      for (const { remote, state } of connection.sending ?? [])
        if (state.kind === 'pending') void notConfirmed(remote, state.problem);
    });
    connection.onDidRefuseAudio?.((problem) => void vscode.window.showWarningMessage(problem));
    connection.onDidChangeState(({ to }) => {
      if (to.kind === 'connected') {
        meeting.model?.dismiss(AWAY);
        // Alerts raised before this connection.
        void connection
          .request(DaemonHealth, {})
          .then(({ alerts: raised }) => {
            alerts.reset(raised);
            showAlerts();
          })
          .catch(() => undefined);
      } else if (to.kind === 'waiting' || to.kind === 'failed')
        meeting.running?.notify({
          id: AWAY,
          severity: 'warning',
          text: vscode.l10n.t('Connection lost. Reconnecting; your recording is safe.'),
          action: { label: vscode.l10n.t('Show Logs'), command: 'showLogs' },
        });
      panel.changed();
    });
  });
  noteLanguage.offersWriting = (sessionId) => writing.offeredIn(sessionId);
  refresh();
  void meeting
    .restore()
    .catch((error: unknown) =>
      log.warn('restore.failed', { name: error instanceof Error ? error.name : typeof error }),
    );
  return new App(parts, noteLanguage);
}

/**
 * Status bar activity of a dictation state. The microphone is shown as on only while it records,
 * because earlier words are lost.
 */
const DICTATING = {
  idle: undefined,
  starting: 'starting',
  listening: 'dictating',
  finishing: 'finishing',
} as const satisfies Record<DictationState['kind'], Activity['kind'] | undefined>;

/** The first ended recording that the remote daemon has not confirmed. */
function sendingActivity(sending: readonly Sending[]): Activity | undefined {
  for (const { remote, state } of sending)
    if (state.kind === 'sending' || state.kind === 'checking') return { kind: state.kind, remote };
  return undefined;
}

/** Keeps the local copy and lets the user decide about it. */
async function notConfirmed(remote: string, problem: string): Promise<void> {
  const show = vscode.l10n.t('Show Recordings');
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t('{0} has not confirmed a recording. {1}', remote, problem),
    show,
  );
  if (answer === show) await vscode.commands.executeCommand('earmark.showStorage');
}

const AWAY = 'away';

/** Offers the text that was recognised before a dictation was interrupted. */
async function lostDictation(recognised: string): Promise<void> {
  const copy = vscode.l10n.t('Copy Text');
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t('Dictation was interrupted. Start it again.'),
    ...(recognised === '' ? [] : [copy]),
  );
  if (answer === copy) await vscode.env.clipboard.writeText(recognised);
}

function meetingContext(meeting: Meeting): 'none' | 'busy' | 'live' | 'paused' {
  if (meeting.state.kind === 'starting') return 'busy';
  const state = meeting.model?.state;
  if (state === undefined || isOver(state)) return 'none';
  if (state === 'STREAMING') return 'live';
  return state === 'PAUSED' ? 'paused' : 'busy';
}

const contexts = new Map<string, unknown>();
function setContext(name: string, value: unknown): void {
  if (contexts.get(name) === value) return;
  contexts.set(name, value);
  void vscode.commands.executeCommand('setContext', `earmark.${name}`, value);
}
