/** The page Storage and Privacy: location and size of stored data, retention, deletion. */
import { html, nothing, type TemplateResult } from 'lit';
import type { PanelStorage } from '../../protocol/panel';
import type { Retention } from '../../protocol/privacy';
import type { UploadInfo } from '../../protocol/uploads';
import { megabytes, when } from '../format';
import { command, post } from '../host';
import { t } from '../l10n';
import { icon, iconButton } from '../parts';

/** Retention periods on offer, in days. A different current setting is added. */
const DAYS: readonly number[] = [1, 7, 30, 90, 365];

export const pageTitle = (title: string): TemplateResult =>
  html`<div class="page-title">
    ${iconButton('arrow-left', t('Back'), () => command('back'))}
    <h1>${title}</h1>
  </div>`;

export function storageView(view: PanelStorage, language: string): TemplateResult {
  const { kept, uploads, voices, retentionFixed } = view;
  return html`<main class="page">
    ${pageTitle(t('Storage and Privacy'))} ${location(view)}
    ${kept === undefined ? loading() : sizes(kept, language)}
    ${uploads.length === 0 ? nothing : recordings(uploads, language)}
    <section aria-labelledby="retention">
      <h2 id="retention">${t('Retention')}</h2>
      ${choice('audioDays', t('Audio'), view)} ${choice('transcriptDays', t('Transcripts'), view)}
      ${choice('insightsDays', t('Action items, decisions, summaries'), view)}
      <p class="hint">${t('Counted from the end of each meeting. Note files are not deleted.')}</p>
      ${
        retentionFixed === true
          ? html`<p class="hint">
              ${t('An administrator of the remote daemon sets these. You can delete your own meetings.')}
            </p>`
          : nothing
      }
    </section>
    ${kept === undefined ? nothing : voiceprints(voices, language)}
    <section aria-labelledby="purge">
      <h2 id="purge">${t('Delete')}</h2>
      <p class="hint">${t('To delete a single meeting, use the Past Meetings view.')}</p>
      <vscode-button
        secondary
        ?disabled=${(kept?.sessions ?? 0) === 0}
        @click=${() => command('purgeAll')}
        >${t('Delete All Past Meetings…')}</vscode-button
      >
    </section>
  </main>`;
}

const loading = (): TemplateResult =>
  html`<vscode-progress-bar indeterminate aria-label=${t('Loading')}></vscode-progress-bar>`;

const fact = (name: string, text: string): TemplateResult =>
  html`<p class="fact">${icon(name)}<span>${text}</span></p>`;

/** Where data goes, whether it is encrypted, and whether audio is kept. */
function location({ kept, keepAudio, elsewhere }: PanelStorage): TemplateResult {
  return html`<section aria-label=${t('Data location')}>
    ${
      elsewhere.length === 0
        ? fact('lock', t('Audio and text stay on this machine.'))
        : fact('cloud', t('Your settings send meeting data to: {0}', elsewhere.join(', ')))
    }
    ${
      kept === undefined
        ? nothing
        : kept.encrypted
          ? fact('key', t('Stored data is encrypted with your key.'))
          : fact(
              'unlock',
              t('Stored data is not encrypted. Only your user account can read the folder.'),
            )
    }
    ${
      keepAudio
        ? fact('unmute', t('Audio of new meetings is kept after transcription.'))
        : fact('mute', t('Audio is deleted after transcription.'))
    }
    <button type="button" class="link" @click=${() => command('openSettings')}>
      ${t('Change in Settings')}
    </button>
  </section>`;
}

/** Recordings that a remote daemon has not confirmed. */
const recordings = (uploads: readonly UploadInfo[], language: string): TemplateResult =>
  html`<section aria-labelledby="uploads">
    <h2 id="uploads">${t('Unconfirmed remote recordings')}</h2>
    <ul class="voices">
      ${uploads.map((upload) => uploadRow(upload, language))}
    </ul>
  </section>`;

function voiceprints(voices: PanelStorage['voices'], language: string): TemplateResult {
  const row = ({ name, keptAt, enrolAgain }: PanelStorage['voices'][number]): TemplateResult =>
    html`<li>
      <span
        >${name}${enrolAgain ? html` <span class="hint">${t('Enrol again')}</span>` : nothing}</span
      ><span class="amount">${when(keptAt, language, new Date())}</span
      >${iconButton('trash', t('Delete the voiceprint of {0}', name), () => command('forgetVoice', name))}
    </li>`;
  return html`<section aria-labelledby="voices">
    <h2 id="voices">${t('Voiceprints')}</h2>
    ${
      voices.length === 0
        ? html`<p class="hint">
            ${t('No voiceprints. When you name a speaker, Earmark asks whether to store the voice.')}
          </p>`
        : html`<ul class="voices">
              ${voices.map(row)}
            </ul>
            <button type="button" class="link" @click=${() => command('forgetVoice')}>
              ${t('Delete All Voiceprints…')}
            </button>`
    }
  </section>`;
}

function uploadRow(
  { uploadId, remote, startedAt, state, held, bytes, problem }: UploadInfo,
  language: string,
): TemplateResult {
  const begun = when(startedAt, language, new Date());
  const how =
    problem ??
    (state === 'pending_verification'
      ? t('{0} is verifying the recording.', remote)
      : held
        ? t('Sending to {0}.', remote)
        : t('Waiting for {0}.', remote));
  return html`<li class="upload">
    <span>${begun}</span><span class="amount">${megabytes(bytes)}</span>
    <p class="hint">${how}</p>
    ${
      held
        ? nothing
        : html`<button
              type="button"
              class="link"
              aria-label=${t('Transcribe the recording of {0} here', begun)}
              @click=${() => command('transcribeHere', uploadId)}
            >
              ${t('Transcribe Here')}
            </button>
            <button
              type="button"
              class="link"
              aria-label=${t('Discard the recording of {0}', begun)}
              @click=${() => command('discardUpload', uploadId)}
            >
              ${t('Discard')}
            </button>`
    }
  </li>`;
}

function sizes(kept: NonNullable<PanelStorage['kept']>, language: string): TemplateResult {
  return html`<section aria-labelledby="kept">
    <h2 id="kept">${t('Stored data')}</h2>
    <p>
      ${
        kept.oldest === undefined
          ? t('No meetings yet.')
          : kept.sessions === 1
            ? t('1 meeting, from {0}.', when(kept.oldest, language, new Date()))
            : t('{0} meetings since {1}.', kept.sessions, when(kept.oldest, language, new Date()))
      }
    </p>
    ${kept.disk === undefined ? nothing : disk(kept.disk)}
  </section>`;
}

function disk(
  used: NonNullable<NonNullable<PanelStorage['kept']>['disk']>,
): readonly TemplateResult[] {
  const rows: readonly (readonly [string, number])[] = [
    [t('Transcripts, insights, search index'), used.databaseBytes],
    [t('Audio'), used.audioBytes],
    [t('Models'), used.modelBytes],
    [t('Logs (no meeting content)'), used.logBytes],
  ];
  const all = Math.max(
    1,
    rows.reduce((sum, [, bytes]) => sum + bytes, 0),
  );
  return [
    html`<ul class="sizes">
      ${rows.map(
        ([name, bytes]) =>
          html`<li>
            <span>${name}</span><span class="amount">${megabytes(bytes)}</span
            ><svg class="share" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
              <rect class="track" width="100" height="4"></rect>
              <rect class="fill" width=${((100 * bytes) / all).toFixed(1)} height="4"></rect>
            </svg>
          </li>`,
      )}
    </ul>`,
    html`<p class="hint plain">${used.folder}</p>`,
    html`<button type="button" class="link" @click=${() => command('openFolder')}>
      ${t('Open Folder')}
    </button>`,
  ];
}

function choice(
  what: keyof Retention,
  name: string,
  { retention, retentionFixed = false }: PanelStorage,
): TemplateResult {
  const now = retention[what];
  const days =
    now === undefined || DAYS.includes(now) ? DAYS : [...DAYS, now].sort((a, b) => a - b);
  const chosen = (event: Event): void => {
    const { value } = event.target as HTMLSelectElement;
    post({ type: 'retention', what, ...(value === '' ? {} : { days: Number(value) }) });
  };
  return html`<label class="choice"
    ><span>${name}</span>
    <select ?disabled=${retentionFixed} @change=${chosen}>
      <option value="" ?selected=${now === undefined}>${t('Until I delete it')}</option>
      ${days.map(
        (n) =>
          html`<option value=${n} ?selected=${n === now}>
            ${n === 1 ? t('1 day') : t('{0} days', n)}
          </option>`,
      )}
    </select>
  </label>`;
}
