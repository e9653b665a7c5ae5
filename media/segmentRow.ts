/**
 * One segment of the transcript. The first segment of a turn shows the speaker. Text is inserted as
 * text nodes only.
 */
import { html, nothing, type TemplateResult } from 'lit';
import type { PanelPartial } from '../protocol/panel';
import type { Segment } from '../protocol/transcript';
import { clock } from './format';
import { split } from './highlight';
import { t } from './l10n';
import { icon, iconButton, SOURCE_ICON, sourceName } from './parts';

/** A pause of this length begins a new turn of the same speaker, so time stamps stay frequent. */
const TURN_GAP_MS = 20_000;
/** A turn of this length is split for the same reason. */
const TURN_MAX_MS = 90_000;

export const beginsTurn = (
  segment: Segment,
  before: Segment | undefined,
  turnStartMs: number,
): boolean =>
  before === undefined ||
  before.speaker !== segment.speaker ||
  before.source !== segment.source ||
  before.alsoSpeaking?.join() !== segment.alsoSpeaking?.join() ||
  segment.startMs - before.endMs > TURN_GAP_MS ||
  segment.startMs - turnStartMs > TURN_MAX_MS;

export interface RowOptions {
  readonly position: number;
  readonly count: number;
  readonly turn: boolean;
  readonly active: boolean;
  readonly editing: boolean;
  /** Shows filler words and unfinished words dimmed; otherwise hides them. */
  readonly everyWord: boolean;
  /** Quoted words to highlight; set on the revealed segment only. */
  readonly quote: string | undefined;
  /** Shows the buttons of the segment. */
  readonly tools: boolean;
  readonly copy: (segment: Segment) => void;
  readonly name: (segment: Segment) => void;
  /** Name that other speakers use for this speaker. */
  readonly called: string | undefined;
  readonly accept: (segment: Segment, name: string) => void;
  readonly edit: (segment: Segment | undefined) => void;
  readonly save: (segment: Segment, text: string) => void;
  /** The session's audio is kept. */
  readonly playable: boolean;
  readonly playing: boolean;
  /** @param offset of a letter in the text */
  readonly play: (segment: Segment, offset: number) => void;
}

const turnHeader = (
  speaker: string,
  source: Segment['source'],
  startMs: number,
  rename?: () => void,
  called: TemplateResult | typeof nothing = nothing,
  also: readonly string[] = [],
): TemplateResult =>
  html`<div class="turn">
    ${
      rename === undefined
        ? html`<span class="speaker">${speaker}</span>`
        : html`<button
            type="button"
            class="speaker"
            tabindex="-1"
            title=${t('Name speaker')}
            aria-label=${t('{0}: name speaker', speaker)}
            @click=${rename}
          >
            ${speaker}
          </button>`
    }${
      also.length === 0
        ? nothing
        : html`<span class="also" title=${t('Talks at the same time: {0}', also.join(', '))}
            >+ ${also.join(', ')}</span
          >`
    }${called}
    <span class="source" title=${sourceName(source)}>${icon(SOURCE_ICON[source])}</span>
    <span class="time">${clock(startMs)}</span>
  </div>`;

export function segmentRow(segment: Segment, options: RowOptions): TemplateResult {
  const { turn, active, quote, editing } = options;
  const classes = [
    'row',
    segment.source,
    turn ? 'first' : '',
    segment.hidden === true ? 'echo' : '',
    quote === undefined ? '' : 'revealed',
    options.playing ? 'playing' : '',
  ]
    .filter(Boolean)
    .join(' ');
  return html`<article
    class=${classes}
    data-segment=${segment.id}
    tabindex=${active ? 0 : -1}
    aria-posinset=${options.position}
    aria-setsize=${options.count}
    aria-label=${t('{0}, {1}', [segment.speaker, ...(segment.alsoSpeaking ?? [])].join(' + '), clock(segment.startMs))}
  >
    ${
      turn
        ? turnHeader(
            segment.speaker,
            segment.source,
            segment.startMs,
            () => options.name(segment),
            suggestion(segment, options),
            segment.alsoSpeaking,
          )
        : nothing
    }
    ${
      editing
        ? editor(segment, options)
        : html`${segment.hidden === true ? echo(segment, options) : spokenText(segment, options)}
          ${options.tools ? tools(segment, options) : nothing}`
    }
  </article>`;
}

/** The text without white space around it: a click on a word counts the letters before it. */
function spokenText(segment: Segment, options: RowOptions): TemplateResult {
  const play = options.playable ? (event: MouseEvent) => playAt(event, segment, options) : nothing;
  return html`<p class="text" @click=${play}>${pieces(segment, options)}</p>`;
}

/** The suggested name of a speaker. One click names every segment of that speaker. */
const suggestion = (
  segment: Segment,
  { called, accept }: RowOptions,
): TemplateResult | typeof nothing =>
  called === undefined
    ? nothing
    : html`<button
        type="button"
        class="called"
        tabindex="-1"
        title=${t('Others call {0} “{1}”. Rename the speaker to {1}.', segment.speaker, called)}
        aria-label=${t('Rename “{0}” to {1}', segment.speaker, called)}
        .textContent=${t('{0}?', called)}
        @click=${() => accept(segment, called)}
      ></button>`;

const tools = (
  segment: Segment,
  { playable, play, name, edit, copy }: RowOptions,
): TemplateResult =>
  html`<div class="row-tools">
    ${playable ? iconButton('play', t('Play from here'), () => play(segment, 0)) : nothing}
    ${iconButton('person', t('Name speaker'), () => name(segment))}
    ${iconButton('edit', t('Edit text'), () => edit(segment))}
    ${iconButton('copy', t('Copy'), () => copy(segment))}
  </div>`;

/** A click on a word plays from that word. Selecting text does not play. */
function playAt(
  { clientX, clientY, currentTarget }: MouseEvent,
  segment: Segment,
  { play, quote, everyWord }: RowOptions,
): void {
  if (getSelection()?.isCollapsed === false) return;
  const at = document.caretRangeFromPoint(clientX, clientY);
  if (at === null) return;
  // A highlight may split the text into several nodes.
  const before = document.createRange();
  before.selectNodeContents(currentTarget as Element);
  before.setEnd(at.startContainer, at.startOffset);
  const offset = before.toString().length;
  // Hidden words are spread over the text, so the position is accurate to one or two words.
  const shown =
    quote !== undefined || everyWord ? segment.text : (segment.readable ?? segment.text);
  play(segment, Math.round((offset * segment.text.length) / Math.max(1, shown.length)));
}

/**
 * An echo stays in place, dimmed and open, so the transcript does not move if it is detected late.
 * A click collapses it to one line.
 */
const echo = (segment: Segment, options: RowOptions): TemplateResult =>
  html`<details class="text" open>
    <summary>${pieces(segment, options)} <span class="muted">${t('(echo)')}</span></summary>
  </details>`;

/** A segment with a quote shows its original words, so the quote can be found in them. */
function pieces(segment: Segment, { quote, everyWord }: RowOptions): (string | TemplateResult)[] {
  if (quote !== undefined)
    return split(segment.text, quote).map((piece) =>
      piece.marked ? html`<mark>${piece.text}</mark>` : piece.text,
    );
  if (!everyWord) return [segment.readable ?? segment.text];
  let at = 0;
  const shown = (segment.fillers ?? []).flatMap(({ start, end }) => {
    const before = segment.text.slice(at, start);
    at = end;
    return [before, html`<span class="filler">${segment.text.slice(start, end)}</span>`];
  });
  return [...shown, segment.text.slice(at)];
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
  return html`<textarea
    class="edit"
    rows="3"
    aria-label=${t('Text. Press Enter to save or Escape to cancel.')}
    .value=${segment.text}
    @keydown=${keys}
    @blur=${() => edit(undefined)}
  ></textarea>`;
}

/** A partial, in a lighter tone. It is hidden from the screen reader, which reads finals only. */
export const partialRow = (
  partial: PanelPartial,
  before: Pick<Segment, 'speaker' | 'source'> | undefined,
): TemplateResult =>
  html`<div
    class="row partial ${partial.source} ${
      before?.speaker === partial.speaker && before.source === partial.source ? '' : 'first'
    }"
    aria-hidden="true"
  >
    ${
      before?.speaker === partial.speaker && before.source === partial.source
        ? nothing
        : turnHeader(partial.speaker, partial.source, partial.startMs)
    }
    <p class="text">
      <span class="stable">${partial.stable}</span>
      <span class="unstable">${partial.unstable}</span>
    </p>
  </div>`;
