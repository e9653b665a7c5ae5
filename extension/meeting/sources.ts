/** Selects the sources that this machine can record, and reports the others. */
import type { AudioDevices } from '../../protocol/audio';
import type { ResultOf } from '../../protocol/method';
import type { SourceSpec } from '../../protocol/session';
import { t } from '../l10n';

export interface Wanted {
  readonly sources: readonly ('mic' | 'system')[];
  /** Device ids; empty for the default. */
  readonly microphone: string;
  readonly systemAudio: string;
}

export interface Choice {
  readonly sources: SourceSpec[];
  /** Messages about sources that are not recorded, with the reason. */
  readonly missing: string[];
}

export function chooseSources(wanted: Wanted, found: ResultOf<typeof AudioDevices>): Choice {
  const sources: SourceSpec[] = [];
  const missing: string[] = [];
  for (const source of wanted.sources) {
    const devices = source === 'mic' ? found.microphones : found.systems;
    const chosen = source === 'mic' ? wanted.microphone : wanted.systemAudio;
    // A recorder that lists no devices may still have a default device.
    const recorder = found.recorders.some((r) => r.available && r.sources.includes(source));
    if (devices.length === 0 && !recorder) {
      missing.push(
        source === 'mic'
          ? t('The microphone is not recorded.')
          : t('System audio is not recorded.'),
      );
      continue;
    }
    const known = chosen === '' || devices.length === 0 || devices.some((d) => d.id === chosen);
    if (!known)
      missing.push(
        source === 'mic'
          ? t('The selected microphone is not connected. Using the default microphone.')
          : t('The selected audio output is not available. Using the default output.'),
      );
    sources.push({
      source,
      origin: { type: 'capture', ...(chosen !== '' && known ? { device: chosen } : {}) },
    });
  }
  return { sources, missing: missing.length > 0 ? [...missing, ...found.advice] : [] };
}
