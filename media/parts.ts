/** Parts that all views use: icons, icon buttons, notices. */
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { SourceName } from '../protocol/audio';
import type { PanelNotice } from '../protocol/panel';
import { command } from './host';
import { t } from './l10n';

export const icon = (name: string): TemplateResult =>
  html`<span class="codicon codicon-${name}" aria-hidden="true"></span>`;

export const iconButton = (
  name: string,
  label: string,
  run: (event: Event) => void,
  className = '',
): TemplateResult =>
  html`<button
    type="button"
    class="icon-button ${className}"
    aria-label=${label}
    title=${label}
    @click=${run}
  >
    ${icon(name)}
  </button>`;

export const SOURCE_ICON: Readonly<Record<SourceName, string>> = {
  mic: 'mic',
  system: 'unmute',
  file: 'file-media',
};

export function sourceName(source: SourceName): string {
  return { mic: t('Microphone'), system: t('System audio'), file: t('File') }[source];
}

const NOTICE_ICON = { info: 'info', warning: 'warning', error: 'error' } as const;

export function notices(all: readonly PanelNotice[]): TemplateResult | typeof nothing {
  if (all.length === 0) return nothing;
  return html`<section class="notices" aria-label=${t('Notices')}>
    ${repeat(
      all,
      (n) => n.id,
      (n) =>
        html`<div class="notice ${n.severity}" role=${n.severity === 'error' ? 'alert' : 'status'}>
          ${icon(NOTICE_ICON[n.severity])}
          <div class="notice-text">
            ${n.text}${
              n.action === undefined
                ? nothing
                : html` <button
                    type="button"
                    class="link"
                    @click=${() => n.action && command(n.action.command, n.action.argument)}
                  >
                    ${n.action.label}
                  </button>`
            }
          </div>
        </div>`,
    )}
    ${iconButton('close', t('Dismiss notices'), () => command('dismissNotices'), 'notices-close')}
  </section>`;
}
