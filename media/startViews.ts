/** Views without a session: consent, lost daemon, start page. */
import { html, nothing, type TemplateResult } from 'lit';
import type { ModelStatus } from '../protocol/models';
import type { PanelOffer, PanelView } from '../protocol/panel';
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
  { model, lastSession, offer, notices: reported = [], remote }: View<'idle'>,
  language: string,
): TemplateResult {
  const blocked =
    model?.state === 'absent' || model?.state === 'downloading' || model?.state === 'broken';
  // One primary button, and one thing to learn at a time.
  const asks = offer !== undefined && offer.progress === undefined;
  return html`${notices(reported)}
    <main class="start">
      ${modelState(model)} ${offer === undefined ? nothing : offerCard(offer)}
      ${
        asks
          ? nothing
          : html`<p>
              ${t('Record a meeting to get a live transcript, action items and decisions.')}
            </p>`
      }
      <vscode-button block ?secondary=${blocked || asks} @click=${() => command('start')}
        >${t('Start Meeting')}</vscode-button
      >
      <p class="hint">
        ${
          remote === undefined
            ? t('Audio and text stay on this machine.')
            : t('Audio is sent to {0}, which makes and stores the transcript.', remote)
        }
      </p>
      ${
        offer === undefined
          ? html`<p class="dictate">${icon('mic')}<span>${dictationHint()}</span></p>`
          : nothing
      }
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
    case 'downloading':
      return html`<section class="model" aria-label=${t('Speech model')}>
        <p>${icon('cloud-download')}<span>${t('Downloading speech model')}</span></p>
        ${downloadOf(model)}
      </section>`;
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

/** A recommended model: what it brings, its facts, and the answers to the offer. */
function offerCard(offer: PanelOffer): TemplateResult {
  const { modelId, name, progress, problem, bytes } = offer;
  return html`<section class="model offer" aria-labelledby="offer">
    <h2 id="offer">${progress ? t('Downloading {0}', name) : t('Recommended: {0}', name)}</h2>
    ${progress ? downloadOf(progress) : nothing}
    ${progress || problem !== undefined ? nothing : offerFacts(offer)}
    ${problem === undefined ? nothing : html`<p role="alert" class="fact bad">${icon('warning')}<span>${problem}</span></p>`}
    ${
      progress
        ? html`<p class="hint">
            ${t('Earmark uses the installed model until this one is ready, and then switches.')}
          </p>`
        : html`<vscode-button block @click=${() => command('acceptOffer', modelId)}
              >${problem === undefined ? t('Download ({0})', megabytes(bytes)) : t('Try Again')}</vscode-button
            >
            <button type="button" class="link" @click=${() => command('declineOffer', modelId)}>
              ${t('Not Now')}
            </button>`
    }
  </section>`;
}

function offerFacts({ benefits, basis, facts, notice }: PanelOffer): TemplateResult {
  return html`<ul class="benefits">
      ${benefits.map((text) => html`<li>${icon('check')}<span>${text}</span></li>`)}
    </ul>
    <p class="hint facts">${facts.map((fact) => html`<span>${fact}</span>`)}</p>
    ${[basis, notice].map((text) => (text === undefined ? nothing : html`<p class="hint">${text}</p>`))}`;
}

function downloadOf({
  receivedBytes,
  totalBytes,
}: NonNullable<PanelOffer['progress']>): TemplateResult {
  const percent =
    totalBytes > 0 ? Math.min(100, Math.round((100 * receivedBytes) / totalBytes)) : 0;
  return html`<vscode-progress-bar
      aria-label=${t('Download')}
      .value=${percent}
      .max=${100}
    ></vscode-progress-bar>
    <p class="hint">${t('{0} of {1}', megabytes(receivedBytes), megabytes(totalBytes))}</p>`;
}

/** The sentence with the key where a translation puts it. */
function dictationHint(): TemplateResult {
  const [before, after] = t('To dictate, place the cursor in an editor, hold {0} and speak.').split(
    '{0}',
  );
  return html`${before}<kbd>Ctrl+Alt+D</kbd>${after}`;
}
