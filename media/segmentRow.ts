/** One segment of the transcript, with the name of the speaker where a turn begins. Text goes in as text nodes only. */
import { html, nothing, type TemplateResult } from 'lit';
import type { PanelPartial } from '../protocol/panel';
import type { Segment } from '../protocol/transcript';
import { clock } from './format';
import { split } from './highlight';
import { t } from './l10n';
import { icon, iconButton, SOURCE_ICON, sourceName } from './parts';

/** A silence this long begins a new turn of the same speaker, so that time stamps do not become rare. */
const TURN_GAP_MS = 20_000;
/** So does a turn this long. */
const TURN_MAX_MS = 90_000;

export const beginsTurn = (segment: Segment, before: Segment | undefined, turnStartMs: number): boolean =>
  before === undefined || before.speaker !== segment.speaker || before.source !== segment.source || segment.startMs - before.endMs > TURN_GAP_MS || segment.startMs - turnStartMs > TURN_MAX_MS;

export interface RowOptions {
  readonly position: number;
  readonly count: number;
  readonly turn: boolean;
  readonly active: boolean;
  readonly editing: boolean;
  /** Quoted words to mark; set on the revealed segment only. */
  readonly quote: string | undefined;
  readonly copy: (segment: Segment) => void;
  readonly edit: (segment: Segment | undefined) => void;
  readonly save: (segment: Segment, text: string) => void;
}

const turnHeader = (speaker: string, source: Segment['source'], startMs: number): TemplateResult => html`<div class="turn">
  <span class="speaker">${speaker}</span>
  <span class="source" title=${sourceName(source)}>${icon(SOURCE_ICON[source])}</span>
  <span class="time">${clock(startMs)}</span>
</div>`;

export function segmentRow(segment: Segment, options: RowOptions): TemplateResult {
  const { turn, active, quote, editing } = options;
  const classes = ['row', segment.source, turn ? 'first' : '', segment.hidden === true ? 'echo' : '', quote === undefined ? '' : 'revealed'].filter(Boolean).join(' ');
  return html`<article class=${classes} data-segment=${segment.id} tabindex=${active ? 0 : -1} aria-posinset=${options.position} aria-setsize=${options.count}
      aria-label=${t('{0}, {1}', segment.speaker, clock(segment.startMs))}>
    ${turn ? turnHeader(segment.speaker, segment.source, segment.startMs) : nothing}
    ${editing ? editor(segment, options) : html`${segment.hidden === true ? echo(segment, quote) : html`<p class="text">${pieces(segment, quote)}</p>`}
    <div class="row-tools">
      ${iconButton('edit', t('Edit text'), () => options.edit(segment))}
      ${iconButton('copy', t('Copy'), () => options.copy(segment))}
    </div>`}
  </article>`;
}

/** Dimmed where it stood, open, so that nothing moves when the machine finds out late; folded by a click it takes one line. */
const echo = (segment: Segment, quote: string | undefined): TemplateResult =>
  html`<details class="text" open><summary>${pieces(segment, quote)} <span class="muted">${t('(echo)')}</span></summary></details>`;

function pieces(segment: Segment, quote: string | undefined): (string | TemplateResult)[] {
  if (quote === undefined) return [segment.text];
  return split(segment.text, quote).map((piece) => (piece.marked ? html`<mark>${piece.text}</mark>` : piece.text));
}

function editor(segment: Segment, { edit, save }: RowOptions): TemplateResult {
  const keys = (event: KeyboardEvent): void => {
    event.stopPropagation();
    if (event.key === 'Escape') edit(undefined);
    else if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      save(segment, (event.target as HTMLTextAreaElement).value);
    }
  };
  return html`<textarea class="edit" rows="3" aria-label=${t('Text; Enter saves, Escape cancels')} .value=${segment.text} @keydown=${keys} @blur=${() => edit(undefined)}></textarea>`;
}

/** An open phrase, in a lighter tone; not for the screen reader, which hears finals only. */
export const partialRow = (partial: PanelPartial, before: Pick<Segment, 'speaker' | 'source'> | undefined): TemplateResult => html`<div class="row partial ${partial.source} ${before?.speaker === partial.speaker && before.source === partial.source ? '' : 'first'}" aria-hidden="true">
  ${before?.speaker === partial.speaker && before.source === partial.source ? nothing : turnHeader(partial.speaker, partial.source, partial.startMs)}
  <p class="text"><span class="stable">${partial.stable}</span> <span class="unstable">${partial.unstable}</span></p>
</div>`;
