/** The recognisers that a process can load, by id. */
import { EarmarkError } from '../../protocol/errors';
import type { AsrProvider, ProviderInfo } from './provider';

export interface ProviderEntry {
  readonly info: ProviderInfo;
  /** Returns a new recogniser that is not loaded. */
  create(): AsrProvider;
}

export class ProviderRegistry {
  private readonly entries = new Map<string, ProviderEntry>();

  register(entry: ProviderEntry): this {
    this.entries.set(entry.info.id, entry);
    return this;
  }

  /** @throws EarmarkError engine.unavailable */
  get(id: string): ProviderEntry {
    const entry = this.entries.get(id);
    if (entry) return entry;
    throw new EarmarkError(
      'engine.unavailable',
      `There is no speech engine named "${id}"; choose one of ${[...this.entries.keys()].join(', ')}.`,
      { details: { provider: id } },
    );
  }
}
