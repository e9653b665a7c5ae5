/**
 * Content of the status bar item as plain data. A running microphone gets the strongest background.
 */
import type { SourceName } from '../../protocol/audio';
import type { LinkQuality } from '../../client/api';
import type { SessionState } from '../../protocol/session';
import { t } from '../l10n';

export type Activity =
  | { readonly kind: 'idle' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'dictating' }
  /** An ended recording is sent to a remote daemon or compared there. */
  | { readonly kind: 'sending' | 'checking'; readonly remote: string }
  /** A dictation is being decoded. */
  | { readonly kind: 'finishing' }
  | {
      readonly kind: 'meeting';
      readonly title: string;
      readonly state: SessionState;
      readonly elapsedMs: number;
      readonly sources: readonly SourceName[];
      readonly silent: readonly SourceName[];
      readonly link?: LinkQuality['grade'];
    };

export interface StatusItem {
  /** With codicons. */
  readonly text: string;
  readonly tooltip: string;
  /** For a screen reader; does not change every second. */
  readonly label: string;
  readonly background: 'none' | 'recording' | 'attention';
}

const name = (source: SourceName): string =>
  ({ mic: t('microphone'), system: t('system audio'), file: t('file') })[source];
const names = (sources: readonly SourceName[]): string => sources.map(name).join(` ${t('and')} `);

/** `1:02:03` or `02:03`. */
export function clock(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number): string => String(n).padStart(2, '0');
  const hours = Math.floor(s / 3600);
  return `${hours > 0 ? `${hours}:` : ''}${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

export function statusItem(activity: Activity): StatusItem {
  switch (activity.kind) {
    case 'idle':
      return {
        text: '$(mic) Earmark',
        tooltip: t('Earmark is not recording. Click for the menu.'),
        label: t('Earmark, not recording'),
        background: 'none',
      };
    case 'starting':
      return {
        text: `$(loading~spin) ${t('Starting…')}`,
        tooltip: t('Earmark is about to start recording.'),
        label: t('Earmark is starting'),
        background: 'attention',
      };
    case 'dictating':
      return {
        text: `$(mic-filled) ${t('Dictating')}`,
        tooltip: t(
          'The microphone is on. Press the dictation key to insert or Escape to cancel. Click for the menu.',
        ),
        label: t('Earmark is dictating, the microphone is on'),
        background: 'recording',
      };
    case 'sending':
      return {
        text: `$(cloud-upload) ${t('Sending to {0}…', activity.remote)}`,
        tooltip: t(
          'The microphone is off. The recording stays on this machine until {0} confirms it. Click for the menu.',
          activity.remote,
        ),
        label: t('Earmark is sending a recording to {0}', activity.remote),
        background: 'none',
      };
    case 'checking':
      return {
        text: `$(cloud) ${t('Verifying…')}`,
        tooltip: t('{0} is verifying the recording. Click for the menu.', activity.remote),
        label: t('Earmark is verifying a recording at {0}', activity.remote),
        background: 'none',
      };
    case 'finishing':
      return {
        text: `$(loading~spin) ${t('Finishing…')}`,
        tooltip: t('The microphone is off. Transcribing the last words.'),
        label: t('Earmark is finishing, the microphone is off'),
        background: 'none',
      };
    case 'meeting':
      return meeting(activity);
  }
}

const linkText = (link: Exclude<LinkQuality['grade'], 'good'>): string =>
  link === 'away'
    ? t('The remote daemon is disconnected. Audio is stored on this machine.')
    : t('The connection to the remote daemon is slow.');

function meeting({
  title,
  state,
  elapsedMs,
  sources,
  silent,
  link = 'good',
}: Extract<Activity, { kind: 'meeting' }>): StatusItem {
  const time = clock(elapsedMs);
  switch (state) {
    case 'STREAMING': {
      const mute =
        silent.length > 0
          ? ` $(mute) ${silent.map((s) => (s === 'mic' ? t('mic') : name(s))).join(', ')}`
          : '';
      const warning = silent.length > 0 ? ` ${t('No audio from the {0}.', names(silent))}` : '';
      const slow = link === 'good' ? '' : ` ${linkText(link)}`;
      const label = t('Earmark is recording {0}.', names(sources)) + warning + slow;
      const upload = link === 'poor' || link === 'away' ? ' $(cloud-upload)' : '';
      const recording = t('Earmark is recording {0} for “{1}”.', names(sources), title);
      return {
        text: `$(record) ${t('REC')} ${time}${mute}${upload}`,
        tooltip: `${recording}${warning}${slow} ${t('Click for the menu.')}`,
        label,
        background: 'recording',
      };
    }
    case 'PAUSED':
      return {
        text: `$(debug-pause) ${t('Paused')} ${time}`,
        tooltip: t('“{0}” is paused and not recording. Click for the menu.', title),
        label: t('Earmark is paused, not recording'),
        background: 'attention',
      };
    case 'IDLE':
    case 'STARTING':
      return statusItem({ kind: 'starting' });
    case 'STOPPING':
    case 'FINALIZING':
      return statusItem({ kind: 'finishing' });
    case 'DONE':
    case 'FAILED':
      return statusItem({ kind: 'idle' });
  }
}
