/** Header of a session: title, state, time, level meters, controls. */
import { html, nothing, type TemplateResult } from 'lit';
import type { SourceName } from '../protocol/audio';
import type { PanelSession } from '../protocol/panel';
import { clock, meter, when } from './format';
import { command } from './host';
import { t } from './l10n';
import type { AudioLevels } from './pageState';
import { icon, iconButton, SOURCE_ICON, sourceName } from './parts';

export const isLive = ({ state }: PanelSession): boolean =>
  state === 'STREAMING' || state === 'PAUSED' || state === 'STARTING' || state === 'IDLE';
const isBusy = ({ state }: PanelSession): boolean =>
  state === 'STARTING' || state === 'IDLE' || state === 'STOPPING' || state === 'FINALIZING';

function stateBadge({ state }: PanelSession): TemplateResult {
  switch (state) {
    case 'STREAMING':
      return html`<span class="badge recording">${icon('record')}${t('Recording')}</span>`;
    case 'PAUSED':
      return html`<span class="badge paused">${icon('debug-pause')}${t('Paused')}</span>`;
    case 'IDLE':
    case 'STARTING':
      return html`<span class="badge">${t('Starting…')}</span>`;
    case 'STOPPING':
    case 'FINALIZING':
      return html`<span class="badge">${t('Finishing…')}</span>`;
    case 'DONE':
      return html`<span class="badge done">${icon('pass')}${t('Done')}</span>`;
    case 'FAILED':
      return html`<span class="badge failed">${icon('error')}${t('Failed')}</span>`;
  }
}

function levelMeter(
  source: SourceName,
  session: PanelSession,
  levels: AudioLevels,
): TemplateResult {
  const level = levels.find((l) => l.source === source);
  const value = session.state === 'STREAMING' && level !== undefined ? meter(level.rmsDb) : 0;
  const silent = session.silent.includes(source);
  const said = silent ? t('{0}: no audio', sourceName(source)) : sourceName(source);
  return html`<div
    class="meter ${silent ? 'silent' : ''} ${level?.speech === true ? 'speech' : ''} ${source}"
    title=${said}
  >
    ${icon(silent ? 'mute' : SOURCE_ICON[source])}
    <div
      class="bar"
      role="meter"
      aria-label=${said}
      aria-valuemin="0"
      aria-valuemax="100"
      aria-valuenow=${Math.round(value * 100)}
    >
      <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        <rect class="track" width="100" height="6"></rect>
        <rect class="fill" width=${(value * 100).toFixed(1)} height="6"></rect>
      </svg>
    </div>
  </div>`;
}

export function sessionHeader(
  session: PanelSession,
  levels: AudioLevels,
  elapsedMs: number,
  language: string,
): TemplateResult {
  const { state, title, startedAt } = session;
  const over = state === 'DONE' || state === 'FAILED';
  return html`<header class="session ${state.toLowerCase()}">
    <div class="title-row">
      <h1 title=${title}>${title}</h1>
      ${iconButton('edit', t('Rename meeting'), () => command('rename'), 'on-hover')}
    </div>
    <div class="status-row">
      ${stateBadge(session)}
      <span class="elapsed" role="timer" aria-label=${t('Duration')}>${clock(elapsedMs)}</span>
      ${over ? html`<span class="muted">${when(startedAt, language, new Date())}</span>` : nothing}
      <span class="controls">
        ${state === 'STREAMING' ? iconButton('debug-pause', t('Pause'), () => command('pause')) : nothing}
        ${state === 'PAUSED' ? iconButton('debug-continue', t('Resume'), () => command('resume')) : nothing}
        ${
          state === 'STREAMING' || state === 'PAUSED'
            ? iconButton('debug-stop', t('Stop meeting'), () => command('stop'), 'stop')
            : nothing
        }
        ${over ? iconButton('record', t('Start a new meeting'), () => command('start')) : nothing}
        ${over ? iconButton('export', t('Export meeting'), () => command('export')) : nothing}
        ${iconButton('go-to-file', t('Open note'), () => command('openNote'))}
      </span>
    </div>
    ${
      state === 'STREAMING' || state === 'PAUSED'
        ? html`<div class="meters">
            ${session.sources.map((source) => levelMeter(source, session, levels))}
          </div>`
        : nothing
    }
    ${
      isBusy(session)
        ? html`<vscode-progress-bar
            indeterminate
            aria-label=${t('In progress')}
          ></vscode-progress-bar>`
        : nothing
    }
  </header>`;
}
