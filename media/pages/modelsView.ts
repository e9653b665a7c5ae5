/**
 * The page Models: the engine and its speed on this machine, the state of every model, download
 * progress.
 */
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { ModelInfo } from '../../protocol/models';
import type { ModelAction, PanelModels } from '../../protocol/panel';
import { megabytes } from '../format';
import { command, post } from '../host';
import { t } from '../l10n';
import { icon } from '../parts';
import { pageTitle } from './storageView';

const KINDS = ['asr', 'language', 'runner', 'vad', 'speaker', 'embedding'] as const;

const kindName = (kind: ModelInfo['kind']): string =>
  ({
    asr: t('Speech recognition'),
    vad: t('Speech detection'),
    speaker: t('Speaker recognition'),
    embedding: t('Text similarity'),
    language: t('Meeting notes'),
    runner: t('Program for language models'),
  })[kind];

export function modelsView(view: PanelModels): TemplateResult {
  const { engine, machine, models, degradationLevel, busy } = view;
  return html`<main class="page">
    ${pageTitle(t('Models'))}
    ${
      engine.length === 0 && models.length === 0
        ? html`<vscode-progress-bar indeterminate aria-label=${t('Loading')}></vscode-progress-bar>`
        : nothing
    }
    ${
      engine.length === 0
        ? nothing
        : html`<section aria-labelledby="engine">
            <h2 id="engine">${t('Speech engine')}</h2>
            ${engine.map((line, i) =>
              i === 2
                ? html`<p class="fact">
                    ${icon(degradationLevel === 'NORMAL' ? 'pass' : 'warning')}<span>${line}</span>
                  </p>`
                : html`<p class="plain">${line}</p>`,
            )}
          </section>`
    }
    ${
      machine.length === 0
        ? nothing
        : html`<section aria-labelledby="machine">
            <h2 id="machine">${t('This machine')}</h2>
            ${machine.map((line) => html`<p class="plain">${line}</p>`)}
            ${
              busy !== undefined && busy.modelId === undefined
                ? html`<p role="status">${busy.text}</p>
                    <vscode-progress-bar
                      indeterminate
                      aria-label=${t('Loading')}
                    ></vscode-progress-bar>`
                : busy === undefined
                  ? html`<vscode-button secondary @click=${() => command('calibrate')}
                      >${t('Measure Speed')}</vscode-button
                    >`
                  : nothing
            }
          </section>`
    }
    ${KINDS.map((kind) => {
      const mine = models.filter((model) => model.kind === kind);
      return mine.length === 0
        ? nothing
        : html`<section aria-label=${kindName(kind)}>
            <h2>${kindName(kind)}</h2>
            <div class="models">
              ${repeat(
                mine,
                (m) => m.id,
                (m) => row(m, view),
              )}
            </div>
          </section>`;
    })}
  </main>`;
}

function row(model: ModelInfo, { busy }: PanelModels): TemplateResult {
  const { id, status, languages, licence, bytes, isDefault, version } = model;
  const facts = [
    languages.includes('*') ? t('Multilingual') : languages.map(languageName).join(', '),
    megabytes(bytes),
    licence,
    status.state === 'installed' ? version : '',
  ].filter((fact) => fact !== '');
  return html`<div class="model-row" data-model=${id}>
    <div class="model-name">
      <strong>${id}</strong
      >${isDefault ? html`<span class="badge">${t('default')}</span>` : nothing}<span class="muted"
        >${facts.join(' · ')}</span
      >
    </div>
    ${state(model)}
    ${busy?.modelId === id && status.state !== 'downloading' ? html`<p role="status">${busy.text}</p>` : nothing}
    ${busy === undefined ? tools(model) : nothing}
  </div>`;
}

const names = new Intl.DisplayNames(document.documentElement.lang || undefined, {
  type: 'language',
});

/** `en` → English, in the language of the editor. */
function languageName(tag: string): string {
  try {
    return names.of(tag) ?? tag;
  } catch {
    return tag;
  }
}

function state({ status }: ModelInfo): TemplateResult | typeof nothing {
  switch (status.state) {
    case 'downloading': {
      const percent =
        status.totalBytes > 0
          ? Math.min(100, Math.round((100 * status.receivedBytes) / status.totalBytes))
          : 0;
      return html`<vscode-progress-bar
          aria-label=${t('Download')}
          .value=${percent}
          .max=${100}
        ></vscode-progress-bar>
        <p class="hint">
          ${t('{0} of {1}', megabytes(status.receivedBytes), megabytes(status.totalBytes))}
        </p>`;
    }
    case 'broken':
      return html`<p class="fact bad" role="alert">
        ${icon('warning')}<span>${status.reason}</span>
      </p>`;
    case 'absent':
    case 'installed':
      return nothing;
  }
}

function tools({
  id,
  kind,
  status,
  update,
  versions,
  isDefault,
  origin,
}: ModelInfo): TemplateResult | typeof nothing {
  const button = (action: ModelAction, label: string): TemplateResult =>
    html`<button
      type="button"
      class="link"
      aria-label=${`${label}: ${id}`}
      .textContent=${label}
      @click=${() => post({ type: 'model', modelId: id, action })}
    ></button>`;
  switch (status.state) {
    case 'absent':
      return origin === 'download'
        ? html`<div class="model-tools">${button('pull', t('Download'))}</div>`
        : nothing;
    case 'broken':
      return html`<div class="model-tools">
        ${button('pull', t('Download Again'))}${button('remove', t('Delete'))}
      </div>`;
    case 'installed':
      return html`<div class="model-tools">
        ${kind === 'asr' ? button('use', t('Use')) : nothing}
        ${update === undefined ? nothing : button('update', t('Update to {0}', update))}
        ${versions.length > 1 ? button('rollback', t('Use Previous Version')) : nothing}
        ${button('verify', t('Verify'))}
        ${isDefault || origin === 'bundled' ? nothing : button('remove', t('Delete'))}
      </div>`;
    case 'downloading':
      return nothing;
  }
}
