/** Views without a session: consent, lost daemon, start page. */
import { html, nothing, type TemplateResult } from 'lit';
import type { ModelStatus } from '../protocol/models';
import type { PanelView } from '../protocol/panel';
import { megabytes, when } from './format';
import { command } from './host';
import { t } from './l10n';
import { icon, notices } from './parts';

type View<K extends PanelView['kind']> = Extract<PanelView, { kind: K }>;

const CONSENT_ICONS = ['record', 'lock', 'organization'];

export const consentView = ({ wording }: View<'consent'>): TemplateResult =>
  html`<main class="start">
    <h1>${t('Before you record')}</h1>
    <ul class="wording">
      ${wording.map((text, i) => html`<li>${icon(CONSENT_ICONS[i] ?? 'info')}<span>${text}</span></li>`)}
    </ul>
    <vscode-button block @click=${() => command('giveConsent')}>${t('I Agree')}</vscode-button>
    <p class="hint">${t('Recording begins when you start a meeting.')}</p>
  </main>`;

export const offlineView = ({ text, canRetry }: View<'offline'>): TemplateResult =>
  html`<main class="start">
    <h1>${icon('debug-disconnect')} ${t('Earmark is not running')}</h1>
    <p role="alert">${text}</p>
    ${
      canRetry
        ? html`<vscode-button block @click=${() => command('retry')}
            >${t('Try Again')}</vscode-button
          >`
        : nothing
    }
    <vscode-button block secondary @click=${() => command('showLogs')}
      >${t('Show Logs')}</vscode-button
    >
  </main>`;

export function idleView(
  { model, lastSession, notices: reported = [] }: View<'idle'>,
  language: string,
): TemplateResult {
  const blocked =
    model?.state === 'absent' || model?.state === 'downloading' || model?.state === 'broken';
  return html`${notices(reported)}
    <main class="start">
      ${modelState(model)}
      <p>${t('Record a meeting to get a live transcript, action items and decisions.')}</p>
      <vscode-button block ?secondary=${blocked} @click=${() => command('start')}
        >${t('Start Meeting')}</vscode-button
      >
      <p class="hint">${t('Audio and text stay on this machine.')}</p>
      <p class="dictate">${icon('mic')}<span>${dictationHint()}</span></p>
      ${
        lastSession === undefined
          ? nothing
          : html`<section class="last">
              <h2>${t('Last meeting')}</h2>
              <button
                type="button"
                class="last-meeting"
                @click=${() => command('showSession', lastSession.id)}
              >
                ${icon('comment-discussion')}
                <span class="last-title">${lastSession.title}</span>
                <span class="muted">${when(lastSession.startedAt, language, new Date())}</span>
              </button>
              <button type="button" class="link" @click=${() => command('history')}>
                ${t('Show all meetings')}
              </button>
            </section>`
      }
      <p class="more">
        <button type="button" class="link" @click=${() => command('models')}>${t('Models')}</button>
        <button type="button" class="link" @click=${() => command('storage')}>
          ${t('Storage and privacy')}
        </button>
      </p>
    </main>`;
}

function modelState(model: ModelStatus | undefined): TemplateResult | typeof nothing {
  switch (model?.state) {
    case 'absent':
      return html`<section class="model" aria-label=${t('Speech model')}>
        <p>
          ${icon('cloud-download')}<span
            >${t('Earmark needs a speech model. Download it once; it stays on this machine.')}</span
          >
        </p>
        <vscode-button block @click=${() => command('pullModel')}
          >${t('Download Model')}</vscode-button
        >
      </section>`;
    case 'downloading': {
      const percent =
        model.totalBytes > 0
          ? Math.min(100, Math.round((100 * model.receivedBytes) / model.totalBytes))
          : 0;
      return html`<section class="model" aria-label=${t('Speech model')}>
        <p>${icon('cloud-download')}<span>${t('Downloading speech model')}</span></p>
        <vscode-progress-bar
          aria-label=${t('Download')}
          .value=${percent}
          .max=${100}
        ></vscode-progress-bar>
        <p class="hint">
          ${t('{0} of {1}', megabytes(model.receivedBytes), megabytes(model.totalBytes))}
        </p>
      </section>`;
    }
    case 'broken':
      return html`<section class="model" aria-label=${t('Speech model')}>
        <p role="alert" class="bad">${icon('warning')}<span>${model.reason}</span></p>
        <vscode-button block @click=${() => command('pullModel')}
          >${t('Download Again')}</vscode-button
        >
      </section>`;
    case 'installed':
    case undefined:
      return nothing;
  }
}

/** The sentence with the key where a translation puts it. */
function dictationHint(): TemplateResult {
  const [before, after] = t('To dictate, place the cursor in an editor, hold {0} and speak.').split(
    '{0}',
  );
  return html`${before}<kbd>Ctrl+Alt+D</kbd>${after}`;
}
