/**
 * The extension behind its commands: builds the parts once and ties them together. Loaded on first use, so that
 * activation stays light.
 */
import * as vscode from 'vscode';
import { dictationCommands } from './commands/dictation';
import { helpCommands } from './commands/help';
import { meetingCommands } from './commands/meeting';
import { modelCommands } from './commands/models';
import type { CommandName } from './commands/names';
import { deviceCommands } from './commands/devices';
import { remoteCommands } from './commands/remote';
import { sessionCommands } from './commands/sessions';
import { Daemon } from './daemon/daemon';
import { Candidates } from './dictation/candidates';
import { Dictation, type DictationState } from './dictation/dictation';
import { showError } from './errors';
import { CodeTrack } from './meeting/codeTrack';
import { ConsentKeeper } from './meeting/consent';
import { isOver, Meeting } from './meeting/meeting';
import { NoteWriter } from './notes/noteWriter';
import { IdleView } from './panel/idleView';
import { PanelHost } from './panel/panelHost';
import type { StatusBar } from './status/statusBar';
import type { Activity } from './status/statusModel';

/** What the commands work with. */
export interface Parts {
  readonly context: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  readonly daemon: Daemon;
  readonly consent: ConsentKeeper;
  readonly meeting: Meeting;
  readonly dictation: Dictation;
  readonly notes: NoteWriter;
  readonly panel: PanelHost;
}

export type Handlers = Partial<Record<CommandName, (...args: unknown[]) => Promise<void> | void>>;

export class App {
  readonly #handlers: Handlers;

  constructor(readonly parts: Parts) {
    this.#handlers = {
      ...meetingCommands(parts),
      ...dictationCommands(parts),
      ...sessionCommands(parts),
      ...deviceCommands(parts),
      ...modelCommands(parts),
      ...remoteCommands(parts),
      ...helpCommands(parts),
    };
  }

  get panel(): PanelHost {
    return this.parts.panel;
  }

  /** Runs a command. Errors are shown, not thrown: a key that was pressed has nobody to catch them. */
  async run(name: CommandName, args: readonly unknown[] = []): Promise<void> {
    try {
      await this.#handlers[name]?.(...args);
    } catch (error) {
      showError(error, this.parts.log);
    }
  }
}

export function createApp(context: vscode.ExtensionContext, status: StatusBar): App {
  const log = vscode.window.createOutputChannel('Earmark', { log: true });
  const daemon = new Daemon(context, log);
  const consent = new ConsentKeeper(context.globalState);
  const meeting = new Meeting(daemon, context.workspaceState);
  const candidates = new Candidates();
  const dictation = new Dictation(daemon, consent, candidates, log);
  const notes = new NoteWriter(daemon, meeting, context.globalStorageUri, log, () => panel.changed());
  const idle = new IdleView(daemon, consent, log);
  const panel = new PanelHost(context.extensionUri, meeting, daemon, {
    view: () => idle.view(),
    run: (command, argument) => idle.run(command, argument, parts),
    onError: (error) => showError(error, log),
  });
  const parts: Parts = { context, log, daemon, consent, meeting, dictation, notes, panel };
  context.subscriptions.push(candidates, new CodeTrack(daemon, meeting), log, panel, idle, notes, dictation, meeting, consent, daemon);

  const activity = (): Activity => {
    const dictating = DICTATING[dictation.state.kind];
    if (dictating !== undefined) return { kind: dictating };
    const model = meeting.running;
    if (model !== undefined) return { kind: 'meeting', title: model.title, state: model.state, elapsedMs: model.elapsedMs(Date.now()), sources: model.info.sources, silent: model.silent, ...(daemon.existing?.quality ? { link: daemon.existing.quality.grade } : {}) };
    return { kind: meeting.state.kind === 'starting' ? 'starting' : 'idle' };
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
      panel.refresh();
    }),
    meeting.onDidReceive((event) => {
      panel.changed();
      if (event.kind === 'state' || event.kind === 'warning') refresh();
    }),
    dictation.onDidChangeState(refresh),
    dictation.onDidFail((heard) => void lostDictation(heard)),
    notes.onDidFindNote((uri) => setContext('hasNote', uri !== undefined)),
    idle.onDidChange(() => meeting.model === undefined && panel.refresh()),
    panel.onDidShow(() => idle.shown(meeting)),
  );
  daemon.onDidMake((connection) =>
    connection.onDidChangeState(({ to }) => {
      if (to.kind === 'connected') meeting.model?.dismiss(AWAY);
      else if (to.kind === 'waiting' || to.kind === 'failed') meeting.running?.notify({ id: AWAY, severity: 'warning', text: vscode.l10n.t('The connection to the Earmark daemon was lost. It is made again; what is recorded is kept.'), action: { label: vscode.l10n.t('Show Logs'), command: 'showLogs' } });
      panel.changed();
    }),
  );
  refresh();
  void meeting.restore().catch((error: unknown) => log.warn('restore.failed', { name: error instanceof Error ? error.name : typeof error }));
  return new App(parts);
}

/** What the status bar says of a dictation. The microphone is shown as on only while it is: words said before are lost. */
const DICTATING = { idle: undefined, starting: 'starting', listening: 'dictating', finishing: 'finishing' } as const satisfies Record<DictationState['kind'], Activity['kind'] | undefined>;

const AWAY = 'away';

/** What was heard before it broke off is the user's to have. */
async function lostDictation(heard: string): Promise<void> {
  const copy = vscode.l10n.t('Copy the Text');
  const answer = await vscode.window.showWarningMessage(vscode.l10n.t('The dictation broke off; start it again.'), ...(heard === '' ? [] : [copy]));
  if (answer === copy) await vscode.env.clipboard.writeText(heard);
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
