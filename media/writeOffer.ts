/** Block below the header of an ended meeting: the offer of better notes, its progress, its result. */
import { html, nothing, type TemplateResult } from 'lit';
import type { PanelWriting } from '../protocol/panel';
import { command } from './host';
import { t } from './l10n';
import { icon } from './parts';

export function writeOffer(writing: PanelWriting | undefined): TemplateResult | typeof nothing {
  switch (writing?.kind) {
    case undefined:
      return nothing;
    case 'offer':
      return offer(writing);
    case 'writing':
      return html`<section class="writing" aria-label=${t('Better notes')}>
        <p role="status">${icon('loading codicon-modifier-spin')} ${writing.text}</p>
        ${link(t('Cancel'), () => command('cancelNotes'))}
      </section>`;
    case 'again':
      return html`<section class="writing" aria-label=${t('Better notes')}>
        ${link(t('Write Again…'), () => command('writeAgain'))}
      </section>`;
    case 'failed':
      return html`<section class="writing" aria-label=${t('Better notes')}>
        <p role="alert">${icon('warning')} ${writing.text}</p>
        ${link(t('Write Again…'), () => command('writeAgain'))}
      </section>`;
    case 'written':
      return html`<section class="writing" aria-label=${t('Better notes')}>
        <p role="status">${icon('check')} ${writing.text}</p>
        <p class="muted">${writing.costs}</p>
        ${writing.failure === undefined ? nothing : html`<p>${icon('warning')} ${writing.failure}</p>`}
        ${link(t('Write Again…'), () => command('writeAgain'))}
      </section>`;
  }
}

function offer({ again, writers }: Extract<PanelWriting, { kind: 'offer' }>): TemplateResult {
  return html`<section class="writing" aria-label=${t('Better notes')}>
    <div class="writing-head">
      <h2>${again ? t('Write the notes again') : t('Write better notes')}</h2>
      ${link(t('Not Now'), () => command('declineNotes'))}
    </div>
    <ul>
      ${writers.map(
        ({ id, label, destination, level }) =>
          html`<li>
            ${
              level === undefined
                ? link(label, () => command('writeNotes', id))
                : html`<vscode-button secondary @click=${() => command('writeNotes', id)}
                    >${label}</vscode-button
                  >`
            }
            <p class="muted">${destination} ${level ?? nothing}</p>
          </li>`,
      )}
    </ul>
  </section>`;
}

const link = (label: string, run: () => void): TemplateResult =>
  html`<button type="button" class="link" @click=${run}>${label}</button>`;
