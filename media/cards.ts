/**
 * Panes with cards for actions, decisions, questions, risks and the summary. A click on a card
 * shows its evidence in the transcript.
 */
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { Insight, InsightKind } from '../protocol/insights';
import { clock, dueDate } from './format';
import { post } from './host';
import { t } from './l10n';
import { icon, iconButton } from './parts';

type CardKind = Exclude<InsightKind, 'entity'>;

/** During a meeting, actions come first. Afterwards, the summary comes first. */
const PANES_LIVE: readonly CardKind[] = ['action', 'decision', 'question', 'risk', 'summary'];
const PANES_DONE: readonly CardKind[] = ['summary', 'action', 'decision', 'question', 'risk'];

const CARD_ICON: Readonly<Record<CardKind, string>> = {
  summary: 'note',
  action: 'tasklist',
  decision: 'pass',
  question: 'question',
  risk: 'warning',
};

const paneTitle = (kind: CardKind): string =>
  ({
    summary: t('Summary'),
    action: t('Action items'),
    decision: t('Decisions'),
    question: t('Open questions'),
    risk: t('Risks'),
  })[kind];

export interface PaneOptions {
  readonly collapsed: ReadonlySet<string>;
  readonly toggle: (pane: string) => void;
  /** Shows the evidence in the transcript. */
  readonly reveal: (insight: Insight) => void;
  readonly language: string;
  /** A running meeting shows the panes of actions and decisions even if they are empty. */
  readonly live: boolean;
  /** The card that is being edited. */
  readonly editing: string | undefined;
  readonly edit: (insightId: string | undefined) => void;
}

export function panes(all: readonly Insight[], options: PaneOptions): TemplateResult[] {
  return (options.live ? PANES_LIVE : PANES_DONE).flatMap((kind) => {
    const mine = all.filter((i) => i.kind === kind && i.status !== 'dismissed');
    const waits = options.live && (kind === 'action' || kind === 'decision');
    return mine.length === 0 && !waits ? [] : [pane(kind, mine, options)];
  });
}

function pane(kind: CardKind, mine: readonly Insight[], options: PaneOptions): TemplateResult {
  const open = !options.collapsed.has(kind);
  const count = kind === 'summary' ? 0 : mine.filter((i) => i.status === 'open').length;
  return html`<section class="pane" aria-label=${paneTitle(kind)}>
    <h2>
      <button
        type="button"
        class="pane-header"
        aria-expanded=${open ? 'true' : 'false'}
        @click=${() => options.toggle(kind)}
      >
        ${icon(open ? 'chevron-down' : 'chevron-right')}<span class="pane-title"
          >${paneTitle(kind)}</span
        >
        ${count > 0 ? html`<span class="count" aria-label=${t('{0} open', count)}>${count}</span>` : nothing}
      </button>
    </h2>
    ${
      !open
        ? nothing
        : mine.length === 0
          ? html`<p class="pane-empty">${t('None yet.')}</p>`
          : kind === 'summary'
            ? summary(mine, options)
            : html`<ul class="cards">
                ${repeat(
                  [...mine].sort(doneLast),
                  (i) => i.id,
                  (i) => card(kind, i, options),
                )}
              </ul>`
    }
  </section>`;
}

const doneLast = (a: Insight, b: Insight): number =>
  Number(a.status !== 'open') - Number(b.status !== 'open');

/** The overview, then each topic under its title. Decisions and actions have their own panes. */
function summary(mine: readonly Insight[], { reveal }: PaneOptions): TemplateResult {
  const topics = new Map(mine.map(({ topic }) => [topic?.startMs ?? -1, topic]));
  const part = ([start, topic]: [number, Insight['topic']]): TemplateResult => {
    const sentences = mine.filter((i) => (i.topic?.startMs ?? -1) === start);
    return html`${
        topic === undefined || topic.title === ''
          ? nothing
          : html`<h3 class="topic">
              ${topic.title} <span class="time">${clock(topic.startMs)}–${clock(topic.endMs)}</span>
            </h3>`
      }
      <ul class="summary">
        ${repeat(
          sentences,
          (i) => i.id,
          (i) =>
            html`<li>
              <button type="button" class="jump" title=${quoteOf(i)} @click=${() => reveal(i)}>
                ${i.text}
              </button>
            </li>`,
        )}
      </ul>`;
  };
  return html`${repeat(
    [...topics].sort(([a], [b]) => a - b),
    ([start]) => start,
    part,
  )}`;
}

const quoteOf = (insight: Insight): string =>
  t('“{0}” – click to show it in the transcript', insight.evidence[0]?.quote ?? '');

function card(
  kind: CardKind,
  insight: Insight,
  { reveal, language, editing, edit }: PaneOptions,
): TemplateResult {
  if (insight.id === editing)
    return html`<li class="card ${kind}" data-insight=${insight.id}>
      ${editor(kind, insight, edit)}
    </li>`;
  const { id, text, owner, due, status, evidence } = insight;
  const at = evidence[0]?.startMs;
  const closed = status !== 'open';
  return html`<li class="card ${kind} ${closed ? 'closed' : ''}" data-insight=${id}>
    ${
      kind === 'action'
        ? html`<input
            type="checkbox"
            class="tick"
            aria-label=${t('Done: {0}', text)}
            .checked=${status === 'done'}
            @change=${(e: Event) => tick(id, e)}
          />`
        : html`<span class="card-icon">${icon(CARD_ICON[kind])}</span>`
    }
    <div class="card-body">
      <button type="button" class="jump" title=${quoteOf(insight)} @click=${() => reveal(insight)}>
        ${text}
      </button>
      <div class="meta">
        ${owner === undefined ? nothing : html`<span class="owner">${icon('person')}${owner}</span>`}
        ${
          due === undefined
            ? nothing
            : html`<span class="due" title=${due.phrase}
                >${icon('calendar')}${due.date === undefined ? due.phrase : dueDate(due.date, language)}</span
              >`
        }
        ${
          at === undefined
            ? nothing
            : html`<button
                type="button"
                class="time"
                aria-label=${t('Go to {0}', clock(at))}
                @click=${() => reveal(insight)}
              >
                ${clock(at)}
              </button>`
        }
        ${status === 'cancelled' ? html`<span>${t('cancelled')}</span>` : nothing}
      </div>
    </div>
    <div class="card-tools">
      ${
        kind === 'action' || kind === 'decision'
          ? iconButton('export', t('Convert to TODO, task or issue…'), () =>
              post({ type: 'useInsight', insightId: id }),
            )
          : nothing
      }
      ${iconButton('edit', t('Edit'), () => edit(id))}
      ${iconButton('copy', t('Copy'), () => post({ type: 'copy', text: asText(insight) }))}
      ${iconButton('close', t('Dismiss'), () => post({ type: 'reviseInsight', insightId: id, status: 'dismissed' }))}
    </div>
  </li>`;
}

/** Enter saves, Escape cancels, in both fields. */
function editor(
  kind: CardKind,
  { id, text, owner }: Insight,
  edit: PaneOptions['edit'],
): TemplateResult {
  const save = (form: HTMLElement): void => {
    const value = (selector: string): string =>
      form.querySelector<HTMLInputElement>(selector)?.value.trim() ?? '';
    const [said, who] = [value('textarea'), value('input')];
    edit(undefined);
    const changed = {
      ...(said === '' || said === text ? {} : { text: said }),
      ...(kind !== 'action' || who === (owner ?? '') ? {} : { owner: who }),
    };
    if (Object.keys(changed).length > 0) post({ type: 'reviseInsight', insightId: id, ...changed });
  };
  const keys = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') edit(undefined);
    else if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      save(event.currentTarget as HTMLElement);
    }
  };
  return html`<div
    class="card-edit"
    role="group"
    aria-label=${t('Edit. Press Enter to save or Escape to cancel.')}
    @keydown=${keys}
  >
    <textarea
      class="edit"
      rows="2"
      maxlength="2000"
      aria-label=${t('Text')}
      .value=${text}
    ></textarea>
    ${
      kind === 'action'
        ? html`<input
            class="edit"
            maxlength="200"
            aria-label=${t('Owner')}
            placeholder=${t('Owner')}
            .value=${owner ?? ''}
          />`
        : nothing
    }
    <div class="model-tools">
      <button
        type="button"
        class="link"
        @click=${(e: Event) => save((e.target as HTMLElement).closest('.card-edit') as HTMLElement)}
      >
        ${t('Save')}</button
      ><button type="button" class="link" @click=${() => edit(undefined)}>${t('Cancel')}</button>
    </div>
  </div>`;
}

function tick(insightId: string, event: Event): void {
  post({
    type: 'reviseInsight',
    insightId,
    status: (event.target as HTMLInputElement).checked ? 'done' : 'open',
  });
}

/** A card as a line of text. */
function asText({ text, owner, due }: Insight): string {
  return [
    text,
    ...(owner === undefined ? [] : [`— @${owner}`]),
    ...(due === undefined ? [] : [`(${due.date ?? due.phrase})`]),
  ].join(' ');
}
