/**
 * The meeting that this window shows. It starts, follows and stops a session, and finds it again
 * after a reload. The daemon owns the session; this class holds the window's view of it.
 */
import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import type { SessionSubscription, StartParams } from '../../client';
import {
  SessionList,
  SessionPause,
  SessionRename,
  SessionResume,
  SessionStop,
  type SessionEvent,
  type SessionInfo,
  type SessionState,
} from '../../protocol/session';
import type { Daemon } from '../daemon/daemon';
import { UserError } from '../errors';
import { PanelModel } from '../panel/panelModel';
import { RUNNING_KEY } from './runningKey';

export type MeetingState =
  | { readonly kind: 'none' }
  | { readonly kind: 'starting' }
  | {
      readonly kind: 'shown';
      readonly subscription: SessionSubscription;
      readonly model: PanelModel;
    };

export interface StateChange {
  readonly from: MeetingState;
  readonly to: MeetingState;
}

const OVER: ReadonlySet<SessionState> = new Set(['DONE', 'FAILED']);
export const isOver = (state: SessionState): boolean => OVER.has(state);

export class Meeting implements vscode.Disposable {
  private currentState: MeetingState = { kind: 'none' };
  /** Incremented by every start and show. Events with an older number are dropped. */
  private token = 0;
  private restoring: Promise<void> = Promise.resolve();
  private readonly changed = new vscode.EventEmitter<StateChange>();
  private readonly event = new vscode.EventEmitter<SessionEvent>();
  /** Fires when another session or no session is shown. */
  readonly onDidChangeState = this.changed.event;
  /** Fires after an event of the shown session was applied. */
  readonly onDidReceive = this.event.event;

  constructor(
    private readonly daemon: Daemon,
    private readonly memory: vscode.Memento,
  ) {}

  get state(): MeetingState {
    return this.currentState;
  }

  get model(): PanelModel | undefined {
    return this.currentState.kind === 'shown' ? this.currentState.model : undefined;
  }

  /** The shown session, if it has not ended. */
  get running(): PanelModel | undefined {
    const { model } = this;
    return model !== undefined && !isOver(model.state) ? model : undefined;
  }

  /** @throws UserError, EarmarkError of session/start */
  async start(params: Omit<StartParams, 'key'>): Promise<PanelModel> {
    await this.restoring;
    if (this.currentState.kind === 'starting' || this.running !== undefined)
      throw new UserError(
        vscode.l10n.t('This window is already recording a meeting. Stop it first.'),
      );
    const before = this.currentState;
    this.set({ kind: 'starting' });
    try {
      const connection = await this.daemon.ready();
      return await this.follow((sink) => connection.start({ ...params, key: randomUUID() }, sink));
    } catch (error) {
      if (this.state.kind === 'starting') this.set(before);
      throw error;
    }
  }

  /**
   * Shows a running or past session, from its first event.
   * @throws EarmarkError
   */
  async show(sessionId: string): Promise<PanelModel> {
    if (this.model?.id === sessionId) return this.model;
    const connection = await this.daemon.ready();
    return this.follow((sink) => connection.attach(sessionId, 0, sink));
  }

  /**
   * After a reload, shows the session that this window followed, or a running meeting that no
   * window shows. Never starts a daemon.
   */
  restore(): Promise<void> {
    const restored = this.restoreOnce();
    // A start waits for this, so it does not begin a second meeting.
    this.restoring = restored.catch(() => undefined);
    return restored;
  }

  private async restoreOnce(): Promise<void> {
    const remembered = this.memory.get<string>(RUNNING_KEY);
    if (remembered === undefined && !(await this.daemon.seemsToRun())) return;
    const connection = await this.daemon.ready();
    const { sessions } = await connection.request(SessionList, { active: true });
    if (this.currentState.kind !== 'none') return;
    const session =
      sessions.find((s) => s.id === remembered) ?? sessions.find((s) => s.kind === 'meeting');
    if (session !== undefined) await this.show(session.id);
    // The session ended while the window was away. Its result is shown.
    else if (remembered !== undefined) await this.show(remembered);
    if (session === undefined) await this.remember(undefined);
  }

  async stop(): Promise<void> {
    if (this.running !== undefined)
      await (await this.daemon.ready()).request(SessionStop, { sessionId: this.running.id });
  }

  async pause(): Promise<void> {
    if (this.running !== undefined)
      await (await this.daemon.ready()).request(SessionPause, { sessionId: this.running.id });
  }

  async resume(): Promise<void> {
    if (this.running !== undefined)
      await (await this.daemon.ready()).request(SessionResume, { sessionId: this.running.id });
  }

  async rename(title: string): Promise<void> {
    const { model } = this;
    if (model === undefined) return;
    await (await this.daemon.ready()).request(SessionRename, { sessionId: model.id, title });
    model.setTitle(title);
  }

  /** Stops showing the session. The session itself continues. */
  close(): void {
    this.token += 1;
    if (this.currentState.kind === 'shown') this.currentState.subscription.dispose();
    this.set({ kind: 'none' });
  }

  private async follow(
    subscribe: (sink: (event: SessionEvent) => void) => Promise<SessionSubscription>,
  ): Promise<PanelModel> {
    const token = ++this.token;
    // Events may arrive before the answer that names their session.
    const early: SessionEvent[] = [];
    let take = (event: SessionEvent): void => void early.push(event);
    const subscription = await subscribe((event) => {
      if (token === this.token) take(event);
    });
    if (token !== this.token) {
      subscription.dispose();
      throw new UserError(vscode.l10n.t('Another meeting was selected.'));
    }
    const model = new PanelModel(subscription.session);
    for (const event of early) model.apply(event);
    take = (event) => this.take(model, event);
    subscription.onDidAttach((session: SessionInfo) => model.setInfo(session));
    subscription.onDidLose((error) => {
      if (token !== this.token) return;
      model.notify({
        id: 'lost',
        severity: 'error',
        text: error.message,
        action: { label: vscode.l10n.t('Show Logs'), command: 'showLogs' },
      });
    });
    if (this.currentState.kind === 'shown') this.currentState.subscription.dispose();
    this.set({ kind: 'shown', subscription, model });
    await this.remember(isOver(model.state) ? undefined : model.id);
    return model;
  }

  private take(model: PanelModel, event: SessionEvent): void {
    model.apply(event);
    if (event.kind === 'state' && isOver(event.to)) void this.remember(undefined);
    this.event.fire(event);
  }

  private async remember(id: string | undefined): Promise<void> {
    await this.memory.update(RUNNING_KEY, id);
  }

  private set(to: MeetingState): void {
    const from = this.currentState;
    this.currentState = to;
    this.changed.fire({ from, to });
  }

  dispose(): void {
    this.token += 1;
    if (this.currentState.kind === 'shown') this.currentState.subscription.dispose();
    this.changed.dispose();
    this.event.dispose();
  }
}
