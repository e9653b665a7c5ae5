/** Download settings in the form of the downloader. */
import type { Settings } from '../../../protocol/settings';
import type { EvictionLimits } from '../../models/eviction';

export interface ModelSettings {
  readonly mirror?: string;
  readonly proxy?: string;
  readonly offline: boolean;
  readonly parallel: number;
  readonly limits: EvictionLimits;
}

const DAY_MS = 86_400_000;

export function modelSettings(settings: Settings): ModelSettings {
  const {
    'models.mirror': mirror,
    'models.proxy': proxy,
    'models.offline': offline,
    'models.parallel': parallel,
    'models.maxGigabytes': gigabytes,
    'models.maxUnusedDays': days,
  } = settings;
  return {
    ...(mirror === '' ? {} : { mirror }),
    ...(proxy === '' ? {} : { proxy }),
    offline,
    parallel,
    limits: {
      ...(gigabytes === 0 ? {} : { maxBytes: gigabytes * 1e9 }),
      ...(days === 0 ? {} : { maxAgeMs: days * DAY_MS }),
    },
  };
}
