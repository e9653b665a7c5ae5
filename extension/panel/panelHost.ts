/**
 * The side panel's other half: builds its view, sends changes a few times a second, and carries out what the page asks.
 * Posts wait until the page says `ready`; a page that was hidden and comes back asks again and gets everything anew.
 */
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { z } from 'zod';
import type { FromPanel, PanelCommand, PanelView, ToPanel } from '../../protocol/panel';
import { InsightRevise } from '../../protocol/insights';
import { TranscriptRevise } from '../../protocol/transcript';
import { useInsight } from '../commands/insights';
import type { Daemon } from '../daemon/daemon';
import type { Meeting } from '../meeting/meeting';
import { panelHtml } from './html';

/** Changes are gathered this long: 20 messages a second at most. */
const GATHER_MS = 50;

/** What the page may say. It is our own page, but spoken text passes through it. */
const Incoming = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('command'), command: z.string(), argument: z.string().max(200).optional() }),
  z.object({ type: z.literal('reviseInsight'), insightId: z.string(), status: z.enum(['open', 'done', 'dismissed']).optional(), text: z.string().max(2000).optional() }),
  z.object({ type: z.literal('reviseSegment'), segmentId: z.string(), text: z.string().max(20_000).optional(), speaker: z.string().max(200).optional() }),
  z.object({ type: z.literal('useInsight'), insightId: z.string() }),
  z.object({ type: z.literal('copy'), text: z.string() }),
]);

/** Everything the page shows beside a session. */
export interface Surroundings {
  /** The view while no session is shown. */
  view(): PanelView;
  run(command: PanelCommand, argument?: string): void;
  onError(error: unknown): void;
}

export class PanelHost implements vscode.WebviewViewProvider, vscode.Disposable {
  #view: vscode.WebviewView | undefined;
  #ready = false;
  #timer: NodeJS.Timeout | undefined;
  #reveal: string | undefined;
  readonly #shown = new vscode.EventEmitter<void>();
  /** The page became visible. */
  readonly onDidShow = this.#shown.event;

  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly meeting: Meeting,
    private readonly daemon: Daemon,
    private readonly around: Surroundings,
  ) {}

  resolveWebviewView(view: vscode.WebviewView): void {
    this.#view = view;
    this.#ready = false;
    const { webview } = view;
    const dist = vscode.Uri.joinPath(this.extensionUri, 'dist');
    webview.options = { enableScripts: true, localResourceRoots: [dist] };
    webview.onDidReceiveMessage((message: unknown) => this.#receive(message));
    view.onDidChangeVisibility(() => view.visible && this.#shown.fire());
    view.onDidDispose(() => {
      this.#view = undefined;
      this.#ready = false;
    });
    const uri = (file: string): string => webview.asWebviewUri(vscode.Uri.joinPath(dist, file)).toString();
    webview.html = panelHtml({
      nonce: randomBytes(24).toString('base64url'),
      cspSource: webview.cspSource,
      script: uri('panel.js'),
      styles: [uri('codicon.css'), uri('panel.css')],
      language: vscode.env.language,
      strings: vscode.l10n.bundle,
    });
    this.#shown.fire();
  }

  get visible(): boolean {
    return this.#view?.visible ?? false;
  }

  /** The whole view anew: another session, another kind of view. */
  refresh(): void {
    if (!this.#ready) return;
    const model = this.meeting.model;
    model?.takePatch();
    this.#post({ type: 'view', view: model === undefined ? this.around.view() : model.view() });
    if (this.#reveal !== undefined) this.#post({ type: 'reveal', segmentId: this.#reveal });
    this.#reveal = undefined;
    this.#badge();
  }

  /** Something in the shown session changed. */
  changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#flush();
    }, GATHER_MS);
  }

  /** Scrolls the page to a segment and marks it. */
  reveal(segmentId: string): void {
    if (this.#ready) this.#post({ type: 'reveal', segmentId });
    else this.#reveal = segmentId;
  }

  #flush(): void {
    const model = this.meeting.model;
    if (model === undefined || !this.#ready) return;
    const patch = model.takePatch();
    if (patch !== undefined) this.#post(patch);
    const levels = model.takeLevels();
    if (levels !== undefined) this.#post({ type: 'levels', levels });
    if (patch?.insights !== undefined || patch?.removedInsights !== undefined) this.#badge();
  }

  /** Open actions on the view's icon. */
  #badge(): void {
    if (this.#view === undefined) return;
    const open = this.meeting.running?.view().insights.filter((i) => i.kind === 'action' && i.status === 'open').length ?? 0;
    this.#view.badge = open === 0 ? undefined : { value: open, tooltip: vscode.l10n.t('{0} action items', open) };
  }

  #post(message: ToPanel): void {
    void this.#view?.webview.postMessage(message);
  }

  #receive(raw: unknown): void {
    const parsed = Incoming.safeParse(raw);
    if (!parsed.success) return;
    const message = parsed.data as FromPanel;
    switch (message.type) {
      case 'ready':
        this.#ready = true;
        this.refresh();
        return;
      case 'command':
        this.around.run(message.command, message.argument);
        return;
      case 'copy':
        void vscode.env.clipboard.writeText(message.text);
        return;
      case 'reviseInsight':
        void this.#revise(async (sessionId) => {
          const { insightId, status, text } = message;
          await this.daemon.connection.request(InsightRevise, { sessionId, insightId, ...(status === undefined ? {} : { status }), ...(text === undefined ? {} : { text }) });
        });
        return;
      case 'useInsight':
        void this.#revise(async (sessionId) => {
          const insight = this.meeting.model?.view().insights.find(({ id }) => id === message.insightId);
          if (insight !== undefined) await useInsight(this.daemon, sessionId, insight);
        });
        return;
      case 'reviseSegment':
        void this.#revise(async (sessionId) => {
          const { segmentId, text, speaker } = message;
          await this.daemon.connection.request(TranscriptRevise, { sessionId, segmentId, ...(text === undefined ? {} : { text }), ...(speaker === undefined ? {} : { speaker }) });
        });
    }
  }

  async #revise(send: (sessionId: string) => Promise<void>): Promise<void> {
    const id = this.meeting.model?.id;
    if (id === undefined) return;
    try {
      await send(id);
    } catch (error) {
      this.around.onError(error);
      // The page may show what did not happen.
      this.refresh();
    }
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#shown.dispose();
  }
}
