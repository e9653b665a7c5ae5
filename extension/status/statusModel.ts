/**
 * What the status bar item says, as plain data. A running microphone is shown on the strongest
 * background there is.
 */
import type { SourceName } from '../../protocol/audio';
import type { LinkQuality } from '../../client/api';
import type { SessionState } from '../../protocol/session';
import { t } from '../l10n';

export type Activity =
  | { readonly kind: 'idle' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'dictating' }
  /** A recording that is over goes to a daemon elsewhere, or is compared there. */
  | { readonly kind: 'sending' | 'checking'; readonly remote: string }
  /** A dictation that becomes text. */
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
        text: `$(loading~spin) ${t('Earmark starts…')}`,
        tooltip: t('Earmark is about to record.'),
        label: t('Earmark is starting'),
        background: 'attention',
      };
    case 'dictating':
      return {
        text: `$(mic-filled) ${t('Dictating')}`,
        tooltip: t(
          'The microphone is on. Press Escape to cancel, the dictation key to insert. Click for the menu.',
        ),
        label: t('Earmark is dictating, the microphone is on'),
        background: 'recording',
      };
    case 'sending':
      return {
        text: `$(cloud-upload) ${t('Sending to {0}…', activity.remote)}`,
        tooltip: t(
          'The microphone is off. The recording is kept on this machine until {0} has confirmed it. Click for the menu.',
          activity.remote,
        ),
        label: t('Earmark is sending a recording to {0}', activity.remote),
        background: 'none',
      };
    case 'checking':
      return {
        text: `$(cloud) ${t('Checking…')}`,
        tooltip: t(
          '{0} compares what it has with what was recorded here. Click for the menu.',
          activity.remote,
        ),
        label: t('Earmark is checking a recording at {0}', activity.remote),
        background: 'none',
      };
    case 'finishing':
      return {
        text: `$(loading~spin) ${t('Earmark finishes…')}`,
        tooltip: t('The microphone is off. The last words become text.'),
        label: t('Earmark is finishing, the microphone is off'),
        background: 'none',
      };
    case 'meeting':
      return meeting(activity);
  }
}

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
      const warning =
        silent.length > 0 ? ` ${t('Nothing is heard from the {0}.', names(silent))}` : '';
      const slow =
        link === 'good'
          ? ''
          : ` ${link === 'away' ? t('The remote daemon is away; sound waits here.') : t('The link to the remote daemon is slow.')}`;
      const label = t('Earmark is recording {0}.', names(sources)) + warning + slow;
      return {
        text: `$(record) ${t('REC')} ${time}${mute}${link === 'poor' || link === 'away' ? ' $(cloud-upload)' : ''}`,
        tooltip: `${t('Earmark is recording {0} for “{1}”.', names(sources), title)}${warning}${slow} ${t('Click for the menu.')}`,
        label,
        background: 'recording',
      };
    }
    case 'PAUSED':
      return {
        text: `$(debug-pause) ${t('Paused')} ${time}`,
        tooltip: t('“{0}” is paused; nothing is recorded. Click for the menu.', title),
        label: t('Earmark is paused, nothing is recorded'),
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
