/**
 * The extension's side of the panel. It builds the view, sends changes several times a second, and
 * handles the page's messages. It posts nothing before the page sends `ready`. A hidden page that
 * becomes visible sends `ready` again and receives the whole view.
 */
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { z } from 'zod';
import type {
  FromPanel,
  PanelCommand,
  PanelView,
  PanelWriting,
  ToPanel,
} from '../../protocol/panel';
import { InsightRevise } from '../../protocol/insights';
import { TranscriptRevise } from '../../protocol/transcript';
import { useInsight } from '../commands/insights';
import type { Daemon } from '../daemon/daemon';
import type { Meeting } from '../meeting/meeting';
import { nameSpeaker } from '../commands/speakers';
import { answerVoice, type VoiceConsent } from '../commands/voices';
import { panelHtml } from './html';
import type { Page, PageName } from './pages';
import { audioFrom, timeOf } from './sessionAudio';

/**
 * Changes are collected for this time, in milliseconds. The page receives at most 20 messages a
 * second.
 */
const GATHER_MS = 50;

/**
 * Valid messages of the page. They are checked because the page handles text that other people
 * spoke.
 */
const Incoming = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({
    type: z.literal('command'),
    command: z.string(),
    argument: z.string().max(200).optional(),
  }),
  z.object({
    type: z.literal('reviseInsight'),
    insightId: z.string(),
    status: z.enum(['open', 'done', 'dismissed']).optional(),
    text: z.string().max(2000).optional(),
    owner: z.string().max(200).optional(),
  }),
  z.object({
    type: z.literal('reviseSegment'),
    segmentId: z.string(),
    text: z.string().max(20_000).optional(),
    speaker: z.string().max(200).optional(),
  }),
  z.object({ type: z.literal('useInsight'), insightId: z.string() }),
  z.object({ type: z.literal('play'), segmentId: z.string(), offset: z.number().int().min(0) }),
  z.object({ type: z.literal('playOn'), fromMs: z.number().min(0) }),
  z.object({
    type: z.literal('nameSpeaker'),
    segmentId: z.string(),
    name: z.string().min(1).max(200).optional(),
  }),
  z.object({
    type: z.literal('retention'),
    what: z.enum(['audioDays', 'transcriptDays', 'insightsDays']),
    days: z.number().int().min(0).max(36_500).optional(),
  }),
  z.object({
    type: z.literal('model'),
    modelId: z.string().max(200),
    action: z.enum(['pull', 'verify', 'update', 'rollback', 'remove', 'use']),
  }),
  z.object({ type: z.literal('copy'), text: z.string() }),
]);

const WRITING: ReadonlySet<PanelCommand> = new Set([
  'writeNotes',
  'writeAgain',
  'declineNotes',
  'cancelNotes',
]);

/** Parts of the extension that the panel uses besides the meeting. */
export interface Surroundings {
  /** The view if no session is shown. */
  view(): PanelView;
  run(command: PanelCommand, argument?: string): void;
  readonly voices: Pick<VoiceConsent, 'ask'>;
  /** Block about notes by a language model, for the shown session. */
  readonly writing: {
    view(): PanelWriting | undefined;
    run(command: PanelCommand, argument?: string): Promise<void>;
  };
  onError(error: unknown): void;
}

export class PanelHost implements vscode.WebviewViewProvider, vscode.Disposable {
  private view: vscode.WebviewView | undefined;
  private ready = false;
  private timer: NodeJS.Timeout | undefined;
  private revealNext: string | undefined;
  /** Last posted block about notes by a language model. */
  private postedWriting = '';
  /** The open page; undefined while the panel shows a session or the start views. */
  private page: PageName | undefined;
  private readonly listeners: vscode.Disposable[];
  private readonly shown = new vscode.EventEmitter<void>();
  /** Fires when the page becomes visible. */
  readonly onDidShow = this.shown.event;

  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly meeting: Meeting,
    private readonly daemon: Daemon,
    private readonly around: Surroundings,
    private readonly pages: Readonly<Record<PageName, Page>>,
  ) {
    this.listeners = (Object.keys(pages) as PageName[]).map((name) =>
      pages[name].onDidChange(() => this.page === name && this.refresh()),
    );
  }

  /**
   * Shows a page; undefined shows the session.
   * @throws EarmarkError if the daemon does not answer
   */
  async open(page: PageName | undefined): Promise<void> {
    if (this.page === 'models') this.pages.models.close?.();
    this.page = page;
    this.refresh();
    if (page !== undefined) await this.pages[page].open();
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.view = view;
    this.ready = false;
    const { webview } = view;
    const dist = vscode.Uri.joinPath(this.extensionUri, 'dist');
    webview.options = { enableScripts: true, localResourceRoots: [dist] };
    webview.onDidReceiveMessage((message: unknown) => this.receive(message));
    view.onDidChangeVisibility(() => view.visible && this.shown.fire());
    view.onDidDispose(() => {
      this.view = undefined;
      this.ready = false;
    });
    const uri = (file: string): string =>
      webview.asWebviewUri(vscode.Uri.joinPath(dist, file)).toString();
    webview.html = panelHtml({
      nonce: randomBytes(24).toString('base64url'),
      cspSource: webview.cspSource,
      script: uri('panel.js'),
      styles: [uri('codicon.css'), uri('panel.css')],
      language: vscode.env.language,
      strings: vscode.l10n.bundle,
    });
    this.shown.fire();
  }

  get visible(): boolean {
    return this.view?.visible ?? false;
  }

  /** Sends the whole view, for example after a change of session or page. */
  refresh(): void {
    if (!this.ready) return;
    const model = this.meeting.model;
    this.postedWriting = '';
    model?.takePatch();
    const page = this.page;
    this.post({
      type: 'view',
      view:
        page !== undefined
          ? this.pages[page].view()
          : model === undefined
            ? this.around.view()
            : model.view(),
    });
    if (page === undefined) this.postWriting();
    if (page === undefined && this.revealNext !== undefined)
      this.post({ type: 'reveal', segmentId: this.revealNext });
    if (page === undefined) this.revealNext = undefined;
    this.badge();
  }

  /** Announces a change in the shown session. The change is sent after GATHER_MS. */
  changed(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.flush();
    }, GATHER_MS);
  }

  /** Scrolls the page to a segment and highlights it. */
  reveal(segmentId: string): void {
    if (this.page !== undefined) void this.open(undefined);
    if (this.ready) this.post({ type: 'reveal', segmentId });
    else this.revealNext = segmentId;
  }

  /** Shows a segment. If its audio is kept, plays it from its first word. */
  async playFrom(segmentId: string): Promise<void> {
    this.reveal(segmentId);
    if (this.meeting.model?.playable === true)
      await this.revise((sessionId) => this.play(sessionId, segmentId, 0));
  }

  private flush(): void {
    const model = this.meeting.model;
    if (model === undefined || !this.ready || this.page !== undefined) return;
    const patch = model.takePatch();
    if (patch !== undefined) this.post(patch);
    this.postWriting();
    const levels = model.takeLevels();
    if (levels !== undefined) this.post({ type: 'levels', levels });
    if (patch?.insights !== undefined || patch?.removedInsights !== undefined) this.badge();
  }

  /** Shows the number of open actions on the view's icon. */
  private badge(): void {
    if (this.view === undefined) return;
    const open =
      this.meeting.running
        ?.view()
        .insights.filter((i) => i.kind === 'action' && i.status === 'open').length ?? 0;
    this.view.badge =
      open === 0
        ? undefined
        : { value: open, tooltip: vscode.l10n.t('{0} open action items', open) };
  }

  private postWriting(): void {
    const id = this.meeting.model?.id;
    const writing = this.around.writing.view();
    const text = JSON.stringify([id, writing]);
    if (id === undefined || text === this.postedWriting) return;
    this.postedWriting = text;
    this.post({ type: 'writing', id, writing });
  }

  private post(message: ToPanel): void {
    void this.view?.webview.postMessage(message);
  }

  private receive(raw: unknown): void {
    const parsed = Incoming.safeParse(raw);
    if (!parsed.success) return;
    const message = parsed.data as FromPanel;
    switch (message.type) {
      case 'ready':
        this.ready = true;
        this.refresh();
        return;
      case 'command':
        if (message.command === 'back') void this.open(undefined);
        else if (message.command === 'storage' || message.command === 'models')
          void this.open(message.command).catch((error: unknown) => this.around.onError(error));
        else if (
          message.command === 'openFolder' ||
          message.command === 'purgeAll' ||
          message.command === 'calibrate' ||
          message.command === 'forgetVoice' ||
          message.command === 'transcribeHere' ||
          message.command === 'discardUpload'
        )
          void this.onPage(message);
        else if (WRITING.has(message.command))
          void this.around.writing
            .run(message.command, message.argument)
            .catch((error: unknown) => this.around.onError(error));
        else if (message.command === 'isVoice' || message.command === 'notVoice')
          void this.revise(async () => {
            const { model } = this.meeting;
            if (model !== undefined)
              await answerVoice(
                this.daemon,
                model,
                message.argument ?? '',
                message.command === 'isVoice',
              );
          });
        else this.around.run(message.command, message.argument);
        return;
      case 'retention':
      case 'model':
        void this.onPage(message);
        return;
      case 'play':
        void this.revise((sessionId) => this.play(sessionId, message.segmentId, message.offset));
        return;
      case 'playOn':
        void this.revise((sessionId) => this.postAudio(sessionId, message.fromMs, true));
        return;
      case 'nameSpeaker':
        void this.revise(async () => {
          const { model } = this.meeting;
          const named =
            model && (await nameSpeaker(this.daemon, model, message.segmentId, message.name));
          if (named) await this.around.voices.ask(named);
        });
        return;
      case 'copy':
        void vscode.env.clipboard.writeText(message.text);
        return;
      case 'reviseInsight':
        void this.revise(async (sessionId) => {
          const { insightId, status, text, owner } = message;
          await this.daemon.connection.request(InsightRevise, {
            sessionId,
            insightId,
            ...(status === undefined ? {} : { status }),
            ...(text === undefined ? {} : { text }),
            ...(owner === undefined ? {} : { owner }),
          });
        });
        return;
      case 'useInsight':
        void this.revise(async (sessionId) => {
          const insight = this.meeting.model
            ?.view()
            .insights.find(({ id }) => id === message.insightId);
          if (insight !== undefined) await useInsight(this.daemon, sessionId, insight);
        });
        return;
      case 'reviseSegment':
        void this.revise(async (sessionId) => {
          const { segmentId, text, speaker } = message;
          await this.daemon.connection.request(TranscriptRevise, {
            sessionId,
            segmentId,
            ...(text === undefined ? {} : { text }),
            ...(speaker === undefined ? {} : { speaker }),
          });
        });
    }
  }

  private async onPage(message: FromPanel): Promise<void> {
    const page = this.page;
    if (page === undefined) return;
    try {
      await this.pages[page].take(message);
    } catch (error) {
      this.around.onError(error);
      this.refresh();
    }
  }

  private async play(sessionId: string, segmentId: string, offset: number): Promise<void> {
    const segment = this.meeting.model?.segment(segmentId);
    if (segment !== undefined) await this.postAudio(sessionId, timeOf(segment, offset), false);
  }

  private async postAudio(sessionId: string, fromMs: number, follows: boolean): Promise<void> {
    const sources = this.meeting.model?.info.sources ?? [];
    this.post(await audioFrom(this.daemon.connection, sessionId, sources, fromMs, follows));
  }

  private async revise(send: (sessionId: string) => Promise<void>): Promise<void> {
    const id = this.meeting.model?.id;
    if (id === undefined) return;
    try {
      await send(id);
    } catch (error) {
      this.around.onError(error);
      // The page may show a change that failed, so it receives the true view.
      this.refresh();
    }
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const listener of this.listeners) listener.dispose();
    for (const page of Object.values(this.pages)) page.dispose();
    this.shown.dispose();
  }
}
