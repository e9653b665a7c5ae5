/**
 * The panel page. It draws the messages of the extension (`view`, `patch`, `levels`, `reveal`) and
 * reports the user's actions. It makes no decisions and stores no transcript text.
 */
import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-progress-bar/index.js';
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { Insight } from '../protocol/insights';
import type { PanelSession, ToPanel } from '../protocol/panel';
import type { Segment } from '../protocol/transcript';
import { panes } from './cards';
import { clock } from './format';
import { collapsed, everyWord, keepCollapsed, keepEveryWord, post } from './host';
import { t } from './l10n';
import { modelsView } from './pages/modelsView';
import { storageView } from './pages/storageView';
import { EMPTY, reduce, type PageState } from './pageState';
import { iconButton, notices } from './parts';
import { Player } from './player';
import { isLive, sessionHeader } from './sessionHeader';
import { consentView, idleView, offlineView } from './startViews';
import './transcript';
import type { Transcript } from './transcript';
import { writeOffer } from './writeOffer';

/** Number of finals in the live region, enough for a slow screen reader. */
const ANNOUNCED_MAX = 5;

class Panel extends LitElement {
  static override properties = {
    page: { state: true },
    closed: { state: true },
    everyWord: { state: true },
    announced: { state: true },
    editing: { state: true },
    playingMs: { state: true },
  };
  /** Card that is being edited. */
  declare private editing: string | undefined;
  /** Session time of the playing audio, in milliseconds. */
  declare private playingMs: number | undefined;
  private readonly player = new Player(
    (fromMs) => post({ type: 'playOn', fromMs }),
    (ms) => (this.playingMs = ms),
  );
  declare private page: PageState;
  declare private closed: ReadonlySet<string>;
  declare private everyWord: boolean;
  declare private announced: readonly Segment[];
  private timer: ReturnType<typeof setInterval> | undefined;
  private readonly language = document.documentElement.lang || 'en';

  constructor() {
    super();
    this.page = EMPTY;
    this.closed = collapsed();
    this.everyWord = everyWord();
    this.announced = [];
    this.editing = undefined;
    this.playingMs = undefined;
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener('message', (event: MessageEvent<ToPanel>) => this.take(event.data));
    post({ type: 'ready' });
  }

  private take(message: ToPanel): void {
    if (message.type === 'reveal') {
      void this.updateComplete.then(() => this.transcript?.reveal(message.segmentId, ''));
      return;
    }
    if (message.type === 'audio') {
      this.player.take(message);
      return;
    }
    const before = this.session;
    this.page = reduce(this.page, message, performance.now());
    const { session } = this;
    if (message.type === 'view' && (session === undefined || session.id !== before?.id)) {
      this.announced = [];
      this.editing = undefined;
      this.player.stop();
      this.transcript?.reset();
    }
    if (session !== undefined && isLive(session) && this.page.news.length > 0)
      this.announced = [...this.announced, ...this.page.news].slice(-ANNOUNCED_MAX);
    this.tick(session?.state === 'STREAMING');
  }

  private get session(): PanelSession | undefined {
    const { view } = this.page;
    return view?.kind === 'session' ? view : undefined;
  }

  private get transcript(): Transcript | null {
    return this.querySelector<Transcript>('earmark-transcript');
  }

  /** Advances the elapsed time between messages. */
  private tick(on: boolean): void {
    if (on) this.timer ??= setInterval(() => this.requestUpdate(), 1_000);
    else {
      clearInterval(this.timer);
      this.timer = undefined;
    }
  }

  private elapsed(session: PanelSession): number {
    return (
      session.durationMs +
      (session.state === 'STREAMING' ? performance.now() - this.page.clockAt : 0)
    );
  }

  private readonly toggle = (pane: string): void => {
    const next = new Set(this.closed);
    if (!next.delete(pane)) next.add(pane);
    this.closed = next;
    keepCollapsed(next);
  };

  private readonly toggleWords = (): void => {
    this.everyWord = !this.everyWord;
    keepEveryWord(this.everyWord);
  };

  private readonly reveal = (insight: Insight): void => {
    const [first] = insight.evidence;
    if (first !== undefined) void this.transcript?.reveal(first.segmentId, first.quote);
  };

  protected override shouldUpdate(_changed: PropertyValues): boolean {
    return this.page.view !== undefined;
  }

  protected override render(): TemplateResult | typeof nothing {
    const { view } = this.page;
    switch (view?.kind) {
      case undefined:
        return nothing;
      case 'consent':
        return consentView(view);
      case 'offline':
        return offlineView(view);
      case 'idle':
        return idleView(view, this.language);
      case 'storage':
        return storageView(view, this.language);
      case 'models':
        return modelsView(view);
      case 'session':
        return this.sessionView(view);
    }
  }

  private sessionView(session: PanelSession): TemplateResult {
    const live = isLive(session);
    const cards = panes(session.insights, {
      collapsed: this.closed,
      toggle: this.toggle,
      reveal: this.reveal,
      language: this.language,
      live,
      editing: this.editing,
      edit: this.edit,
    });
    return html` ${sessionHeader(session, this.page.levels, this.elapsed(session), this.language)}
      ${notices(session.notices)} ${writeOffer(this.page.writing)}
      <main class="session-body ${cards.length === 0 ? 'no-cards' : ''}">
        ${
          cards.length === 0
            ? nothing
            : html`<div class="insights" role="region" aria-label=${t('Insights')} tabindex="-1">
                ${cards}
              </div>`
        }
        <section class="transcript-pane" aria-label=${t('Transcript')}>
          <div class="pane-bar">
            <h2>${t('Transcript')}</h2>
            ${
              session.segments.some(({ fillers }) => fillers !== undefined)
                ? iconButton(
                    this.everyWord ? 'eye' : 'eye-closed',
                    this.everyWord ? t('Hide filler words') : t('Show all words'),
                    this.toggleWords,
                  )
                : nothing
            }
            ${
              session.segments.length === 0
                ? nothing
                : iconButton('copy', t('Copy transcript'), () => this.copyAll(session))
            }
          </div>
          <earmark-transcript
            class=${session.playable ? 'playable' : ''}
            .segments=${session.segments}
            .partials=${session.partials}
            .waiting=${waiting(session)}
            .everyWord=${this.everyWord}
            .playable=${session.playable}
            .called=${session.called}
            .playing=${this.playing(session)}
          ></earmark-transcript>
        </section>
      </main>
      ${
        this.playingMs === undefined
          ? nothing
          : html`<div class="player" role="group" aria-label=${t('Audio')}>
              ${iconButton('debug-stop', t('Stop playback'), () => this.player.stop())}<span
                class="time"
                >${clock(this.playingMs)}</span
              >
            </div>`
      }
      <footer class="health">${session.health}</footer>
      <div
        class="announcer"
        role="log"
        aria-live="polite"
        aria-relevant="additions"
        aria-label=${t('Latest text')}
      >
        ${repeat(
          this.announced,
          (s) => s.id,
          (s) => html`<p>${s.speaker}: ${s.readable ?? s.text}</p>`,
        )}
      </div>`;
  }

  private readonly edit = (insight: string | undefined): void => {
    const was = this.editing;
    this.editing = insight;
    void this.updateComplete.then(() => {
      if (insight !== undefined) this.querySelector<HTMLElement>('.card-edit textarea')?.focus();
      else if (was !== undefined && document.activeElement === document.body)
        this.querySelector<HTMLElement>(`[data-insight="${CSS.escape(was)}"] .jump`)?.focus();
    });
  };

  /** The segment that is playing. */
  private playing({ segments }: PanelSession): string | undefined {
    const ms = this.playingMs;
    return ms === undefined
      ? undefined
      : segments.findLast((s) => s.startMs <= ms && s.hidden !== true)?.id;
  }

  private copyAll({ segments }: PanelSession): void {
    post({
      type: 'copy',
      text: segments
        .filter((s) => s.hidden !== true)
        .map(
          (s) =>
            `${s.speaker} [${clock(s.startMs)}] ${this.everyWord ? s.text : (s.readable ?? s.text)}`,
        )
        .join('\n'),
    });
  }
}

function waiting({ state }: PanelSession): string {
  switch (state) {
    case 'IDLE':
    case 'STARTING':
      return t('Loading the speech model. You can already speak; nothing is lost.');
    case 'STREAMING':
      return t('Recording. Text appears here as people speak.');
    case 'PAUSED':
      return t('Paused. Not recording.');
    case 'STOPPING':
    case 'FINALIZING':
      return t('Transcribing the last words.');
    case 'DONE':
    case 'FAILED':
      return t('No speech in this meeting.');
  }
}

customElements.define('earmark-panel', Panel);
