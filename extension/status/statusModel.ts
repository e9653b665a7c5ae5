/** What the status bar item says, as plain data. A running microphone is shown on the strongest background there is. */
import type { SourceName } from '../../protocol/audio';
import type { SessionState } from '../../protocol/session';

export type Activity =
  | { readonly kind: 'idle' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'dictating' }
  | { readonly kind: 'meeting'; readonly title: string; readonly state: SessionState; readonly elapsedMs: number; readonly sources: readonly SourceName[]; readonly silent: readonly SourceName[] };

export interface StatusItem {
  /** With codicons. */
  readonly text: string;
  readonly tooltip: string;
  /** For a screen reader; does not change every second. */
  readonly label: string;
  readonly background: 'none' | 'recording' | 'attention';
}

const NAMES: Readonly<Record<SourceName, string>> = { mic: 'microphone', system: 'system audio', file: 'file' };

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
      return { text: '$(mic) Earmark', tooltip: 'Earmark is not recording. Click for the menu.', label: 'Earmark, not recording', background: 'none' };
    case 'starting':
      return { text: '$(loading~spin) Earmark starts…', tooltip: 'Earmark is about to record.', label: 'Earmark is starting', background: 'attention' };
    case 'dictating':
      return { text: '$(mic-filled) Dictating', tooltip: 'The microphone is on. Press Escape to cancel, the dictation key to insert. Click for the menu.', label: 'Earmark is dictating, the microphone is on', background: 'recording' };
    case 'meeting':
      return meeting(activity);
  }
}

function meeting({ title, state, elapsedMs, sources, silent }: Extract<Activity, { kind: 'meeting' }>): StatusItem {
  const time = clock(elapsedMs);
  const heard = sources.map((s) => NAMES[s]).join(' and ');
  switch (state) {
    case 'STREAMING': {
      const mute = silent.length > 0 ? ` $(mute) ${silent.map((s) => (s === 'mic' ? 'mic' : s)).join(', ')}` : '';
      const warning = silent.length > 0 ? ` Nothing is heard from the ${silent.map((s) => NAMES[s]).join(' and ')}.` : '';
      return { text: `$(record) REC ${time}${mute}`, tooltip: `Earmark is recording ${heard} for “${title}”.${warning} Click for the menu.`, label: `Earmark is recording ${heard}.${warning}`, background: 'recording' };
    }
    case 'PAUSED':
      return { text: `$(debug-pause) Paused ${time}`, tooltip: `“${title}” is paused; nothing is recorded. Click for the menu.`, label: 'Earmark is paused, nothing is recorded', background: 'attention' };
    case 'IDLE':
    case 'STARTING':
      return { text: '$(loading~spin) Earmark starts…', tooltip: `“${title}” is about to be recorded.`, label: 'Earmark is starting', background: 'attention' };
    case 'STOPPING':
    case 'FINALIZING':
      return { text: '$(loading~spin) Earmark finishes…', tooltip: 'The microphone is off. The last words become text.', label: 'Earmark is finishing, the microphone is off', background: 'none' };
    case 'DONE':
    case 'FAILED':
      return statusItem({ kind: 'idle' });
  }
}
