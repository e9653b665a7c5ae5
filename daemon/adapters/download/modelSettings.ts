/** Settings of model downloads, as the extension and the shell pass them to the daemon: environment variables. */
import { z } from 'zod';
import { EarmarkError } from '../../../protocol/errors';
import type { EvictionLimits } from '../../models/eviction';

export interface ModelSettings {
  readonly mirror?: string;
  readonly proxy?: string;
  readonly offline: boolean;
  readonly parallel?: number;
  readonly limits: EvictionLimits;
}

const DAY_MS = 86_400_000;
const Address = z.url({ protocol: /^https?$/ });
const YES = /^(1|true|yes|on)$/i;

/** @throws EarmarkError daemon.startFailed for a value that cannot be meant */
export function modelSettings(env: Readonly<Record<string, string | undefined>>): ModelSettings {
  const text = (name: string): string | undefined => env[name]?.trim() || undefined;
  const address = (name: string): string | undefined => {
    const value = text(name);
    if (value === undefined || Address.safeParse(value).success) return value;
    throw new EarmarkError('daemon.startFailed', `${name} is not an address of the kind "https://host"; correct it or leave it empty.`);
  };
  const number = (name: string, least: number): number | undefined => {
    const value = text(name);
    if (value === undefined) return undefined;
    if (Number(value) >= least) return Number(value);
    throw new EarmarkError('daemon.startFailed', `${name} is not a number of at least ${least}; correct it or leave it empty.`);
  };
  const mirror = address('EARMARK_MODELS_MIRROR');
  const proxy = address('EARMARK_MODELS_PROXY');
  const parallel = number('EARMARK_MODELS_PARALLEL', 1);
  const gigabytes = number('EARMARK_MODELS_MAX_GB', 0.1);
  const days = number('EARMARK_MODELS_MAX_DAYS', 1);
  return {
    ...(mirror === undefined ? {} : { mirror }),
    ...(proxy === undefined ? {} : { proxy }),
    offline: YES.test(text('EARMARK_MODELS_OFFLINE') ?? ''),
    ...(parallel === undefined ? {} : { parallel: Math.floor(parallel) }),
    limits: { ...(gigabytes === undefined ? {} : { maxBytes: gigabytes * 1e9 }), ...(days === undefined ? {} : { maxAgeMs: days * DAY_MS }) },
  };
}
