/**
 * The transcript. It renders chunks of 20 segments, and only those near the viewport. It follows
 * the end until the reader scrolls up. Arrow keys move between segments.
 */
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { PanelPartial } from '../protocol/panel';
import type { Segment } from '../protocol/transcript';
import { post } from './host';
import { t } from './l10n';
import { icon } from './parts';
import { beginsTurn, partialRow, segmentRow } from './segmentRow';

const CHUNK = 20;
/** Assumed height of a segment before it is measured, in pixels. */
const ROW_GUESS = 40;
/** Chunks within this distance of the viewport are rendered, in pixels. */
const NEAR = '800px 0px';
/** Distance from the end that counts as the end, in pixels. */
const END_SLACK = 24;

interface Revealed {
  readonly id: string;
  readonly quote: string;
}

export class Transcript extends LitElement {
  static override properties = {
    segments: { attribute: false },
    partials: { attribute: false },
    waiting: { attribute: false },
    playable: { attribute: false },
    called: { attribute: false },
    playing: { attribute: false },
    everyWord: { attribute: false },
    following: { state: true },
    unseen: { state: true },
  };
  declare segments: readonly Segment[];
  declare partials: readonly PanelPartial[];
  /** Text shown while the transcript is empty. */
  declare waiting: string;
  /** The session's audio is kept. */
  declare playable: boolean;
  /** Label of an unnamed speaker → name that other speakers use for them. */
  declare called: Readonly<Record<string, string>>;
  /** The segment that is playing. */
  declare playing: string | undefined;
  declare everyWord: boolean;
  declare following: boolean;
  /** Number of segments that arrived while the reader was scrolled up. */
  declare unseen: number;

  private readonly near = new Set<number>();
  /**
   * Chunks near the viewport that are not rendered yet → twice their distance from the middle of
   * the viewport, in pixels.
   */
  private readonly coming = new Map<number, number>();
  /** Animation frame that renders the next chunk. */
  private drawing: number | undefined;
  /** Measured heights of rendered chunks, in pixels. */
  private readonly heights = new Map<number, number>();
  /** Minimum height that each chunk's element was given. */
  private readonly given = new WeakMap<Element, string>();
  /** Segment under the pointer. It and the active segment show their buttons. */
  private hovered: string | undefined;
  private active: string | undefined;
  private editing: string | undefined;
  private revealed: Revealed | undefined;
  private lastTop = 0;
  private observer: IntersectionObserver | undefined;
  private sizes: ResizeObserver | undefined;

  constructor() {
    super();
    this.segments = [];
    this.partials = [];
    this.waiting = '';
    this.playable = false;
    this.called = {};
    this.playing = undefined;
    this.everyWord = false;
    this.following = true;
    this.unseen = 0;
  }

  /** No shadow root, so the page's style sheet applies. */
  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  /** Another session is shown from its end. */
  reset(): void {
    this.near.clear();
    this.coming.clear();
    this.heights.clear();
    this.active = this.editing = this.revealed = undefined;
    this.following = true;
    this.unseen = 0;
  }

  /** Scrolls to a segment and highlights the quoted words. */
  async reveal(id: string, quote: string): Promise<void> {
    const index = this.segments.findIndex((s) => s.id === id);
    if (index < 0) return;
    this.following = false;
    this.revealed = { id, quote };
    await this.goTo(index, 'center');
  }

  toEnd(): void {
    this.following = true;
    this.unseen = 0;
    this.revealed = undefined;
    this.requestUpdate();
  }

  private get scroller(): HTMLElement {
    return this.querySelector('.scroll')!;
  }

  protected override firstUpdated(): void {
    this.observer = new IntersectionObserver((entries) => this.seen(entries), {
      root: this.scroller,
      rootMargin: NEAR,
    });
    this.sizes = new ResizeObserver((entries) => {
      for (const { target, borderBoxSize } of entries) {
        const n = Number((target as HTMLElement).dataset['chunk']);
        const height = borderBoxSize[0]?.blockSize ?? 0;
        if (this.near.has(n) && height > 0) this.heights.set(n, height);
      }
    });
    this.scroller.addEventListener('scroll', () => this.scrolled(), { passive: true });
    // After a resize, the end stays in view.
    new ResizeObserver(() => this.following && this.stickToEnd()).observe(this.scroller);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get('segments');
    if (before !== undefined && !this.following)
      this.unseen += Math.max(0, this.segments.length - before.length);
    const last = Math.max(0, Math.ceil(this.segments.length / CHUNK) - 1);
    if (this.following) this.near.add(last);
    if (this.active === undefined || (this.following && !this.contains(document.activeElement)))
      this.active = this.segments.at(-1)?.id;
  }

  protected override updated(): void {
    // A long meeting has a thousand chunks. Each is updated only when it changes. None is measured
    // here, because each measurement would force a layout.
    for (const chunk of this.querySelectorAll<HTMLElement>('.chunk')) {
      const n = Number(chunk.dataset['chunk']);
      const height = this.near.has(n)
        ? ''
        : `${this.heights.get(n) ?? this.rowsIn(n) * ROW_GUESS}px`;
      const before = this.given.get(chunk);
      if (before === height) continue;
      if (before === undefined) {
        this.observer?.observe(chunk);
        this.sizes?.observe(chunk);
      }
      chunk.style.minHeight = height;
      this.given.set(chunk, height);
    }
    if (this.following) this.stickToEnd();
  }

  private rowsIn(chunk: number): number {
    return Math.min(CHUNK, this.segments.length - chunk * CHUNK);
  }

  private stickToEnd(): void {
    const { scroller } = this;
    scroller.scrollTop = scroller.scrollHeight;
    this.lastTop = scroller.scrollTop;
  }

  private seen(entries: readonly IntersectionObserverEntry[]): void {
    let changed = false;
    for (const { target, isIntersecting, boundingClientRect, rootBounds } of entries) {
      const n = Number((target as HTMLElement).dataset['chunk']);
      this.coming.delete(n);
      if (isIntersecting === this.near.has(n)) continue;
      // The focused segment stays rendered.
      if (!isIntersecting && target.contains(document.activeElement)) continue;
      if (isIntersecting)
        this.coming.set(
          n,
          Math.abs(
            boundingClientRect.top +
              boundingClientRect.bottom -
              (rootBounds?.top ?? 0) -
              (rootBounds?.bottom ?? 0),
          ),
        );
      else this.near.delete(n);
      changed = true;
    }
    if (!changed) return;
    this.requestUpdate();
    if (this.drawing === undefined) this.drawNext();
  }

  /**
   * A jump brings several chunks into view. One is rendered a frame, the middle of the viewport
   * first.
   */
  private drawNext(): void {
    const [next] = [...this.coming].sort(([, a], [, b]) => a - b)[0] ?? [];
    this.drawing = next === undefined ? undefined : requestAnimationFrame(() => this.drawNext());
    if (next === undefined) return;
    this.coming.delete(next);
    this.near.add(next);
    this.requestUpdate();
  }

  private scrolled(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    const atEnd = scrollHeight - scrollTop - clientHeight <= END_SLACK;
    // Growing text moves the end without scrolling. Only a scroll up comes from the reader.
    if (atEnd) {
      // An animated scroll leaves the end in small steps. Only a position that reaches or stays at
      // the end counts as the end.
      if (!this.following && scrollTop >= this.lastTop) this.toEnd();
    } else if (scrollTop < this.lastTop - 1) this.following = false;
    this.lastTop = scrollTop;
  }

  /** Shows a row's buttons when the pointer enters it. */
  private hover(event: Event): void {
    const id = (event.target as HTMLElement).closest<HTMLElement>('[data-segment]')?.dataset[
      'segment'
    ];
    if (id === this.hovered) return;
    this.hovered = id;
    // Rows that move under a still pointer are hovered before the scroll event arrives. A reader
    // who scrolls up must not be moved back.
    this.scrolled();
    this.requestUpdate();
  }

  private async goTo(index: number, block: 'center' | 'nearest', focus = false): Promise<void> {
    const segment = this.segments[index];
    if (segment === undefined) return;
    this.active = segment.id;
    this.near.add(Math.floor(index / CHUNK));
    this.requestUpdate();
    await this.updateComplete;
    const row = this.row(segment.id);
    const smooth =
      !matchMedia('(prefers-reduced-motion: reduce)').matches &&
      block === 'center' &&
      this.isClose(row);
    row?.scrollIntoView({ block, behavior: smooth ? 'smooth' : 'instant' });
    if (focus) row?.focus({ preventScroll: true });
    if (!smooth && block === 'center') requestAnimationFrame(() => row?.scrollIntoView({ block }));
  }

  /**
   * A jump over many chunks is not animated, because their heights are unknown until they are
   * rendered.
   */
  private isClose(row: HTMLElement | undefined): boolean {
    return (
      row !== undefined &&
      Math.abs(row.getBoundingClientRect().top) < 3 * this.scroller.clientHeight
    );
  }

  private row(id: string): HTMLElement | undefined {
    return [...this.querySelectorAll<HTMLElement>('[data-segment]')].find(
      (row) => row.dataset['segment'] === id,
    );
  }

  private keys(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    const id = target.closest<HTMLElement>('[data-segment]')?.dataset['segment'];
    if (id === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Escape') {
      this.revealed = undefined;
      this.requestUpdate();
      return;
    }
    if (event.key === 'p' && this.playable && target.dataset['segment'] === id) {
      post({ type: 'play', segmentId: id, offset: 0 });
      return;
    }
    if (event.key === 'n' && target.dataset['segment'] === id) {
      post({ type: 'nameSpeaker', segmentId: id });
      return;
    }
    if (event.key === 'F2') {
      this.edit(this.segments.find((s) => s.id === id));
      return;
    }
    const at = this.segments.findIndex((s) => s.id === id);
    const step: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + 10,
      PageUp: at - 10,
      Home: 0,
      End: this.segments.length - 1,
    };
    const to = step[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const index = Math.min(this.segments.length - 1, Math.max(0, to));
    this.following = index === this.segments.length - 1 && this.following;
    void this.goTo(index, 'nearest', true);
  }

  private readonly edit = (segment: Segment | undefined): void => {
    const was = this.editing;
    this.editing = segment?.id;
    this.requestUpdate();
    void this.updateComplete.then(() => {
      if (segment !== undefined) this.querySelector<HTMLTextAreaElement>('textarea.edit')?.focus();
      else if (was !== undefined && document.activeElement === document.body)
        this.row(was)?.focus();
    });
  };

  private readonly save = (segment: Segment, text: string): void => {
    const said = text.trim();
    this.edit(undefined);
    if (said !== '' && said !== segment.text)
      post({ type: 'reviseSegment', segmentId: segment.id, text: said });
  };

  private readonly name = (segment: Segment): void =>
    post({ type: 'nameSpeaker', segmentId: segment.id });
  private readonly accept = (segment: Segment, name: string): void =>
    post({ type: 'nameSpeaker', segmentId: segment.id, name });

  private readonly play = (segment: Segment, offset: number): void =>
    post({ type: 'play', segmentId: segment.id, offset });

  private readonly copy = (segment: Segment): void =>
    post({
      type: 'copy',
      text: this.everyWord ? segment.text : (segment.readable ?? segment.text),
    });

  protected override render(): TemplateResult {
    const { segments, partials } = this;
    const chunks = Math.ceil(segments.length / CHUNK);
    const empty = segments.length === 0 && partials.length === 0;
    return html`<div
        class="scroll"
        @pointerover=${(event: Event) => this.hover(event)}
        @keydown=${(event: KeyboardEvent) => this.keys(event)}
      >
        ${empty ? html`<p class="empty">${this.waiting}</p>` : nothing}
        <div
          role=${segments.length === 0 ? nothing : 'feed'}
          aria-label=${segments.length === 0 ? nothing : t('Transcript')}
        >
          ${repeat(
            Array.from({ length: chunks }, (_, n) => n),
            (n) => n,
            (n) =>
              html`<div class="chunk" data-chunk=${n}>
                ${this.near.has(n) ? this.rows(n) : nothing}
              </div>`,
          )}
        </div>
        <div class="partials">
          ${repeat(
            partials,
            (p) => p.source,
            (p, i) => partialRow(p, partials[i - 1] ?? segments.at(-1)),
          )}
        </div>
      </div>
      ${
        this.following || empty
          ? nothing
          : html`<button type="button" class="latest" @click=${() => this.toEnd()}>
              ${icon('arrow-down')}${
                this.unseen > 0 ? t('Go to latest ({0} new)', this.unseen) : t('Go to latest')
              }
            </button>`
      }`;
  }

  private rows(chunk: number): TemplateResult {
    const from = chunk * CHUNK;
    const mine = this.segments.slice(from, from + CHUNK);
    let turnStart = -Infinity;
    return html`${repeat(
      mine,
      (s) => s.id,
      (segment, i) => {
        const turn = beginsTurn(segment, this.segments[from + i - 1], turnStart);
        if (turn || i === 0) turnStart = segment.startMs;
        return segmentRow(segment, {
          position: from + i + 1,
          count: this.segments.length,
          turn,
          active: segment.id === this.active,
          editing: segment.id === this.editing,
          everyWord: this.everyWord,
          quote: segment.id === this.revealed?.id ? this.revealed.quote : undefined,
          tools: segment.id === this.active || segment.id === this.hovered,
          copy: this.copy,
          edit: this.edit,
          save: this.save,
          name: this.name,
          called: this.called[segment.speaker],
          accept: this.accept,
          playable: this.playable,
          playing: segment.id === this.playing,
          play: this.play,
        });
      },
    )}`;
  }
}
customElements.define('earmark-transcript', Transcript);
