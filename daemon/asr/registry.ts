/** The recognisers that can be chosen, by id. */
import { EarmarkError } from '../../protocol/errors';
import type { AsrProvider, ProviderInfo } from './provider';

export interface ProviderEntry {
  readonly info: ProviderInfo;
  /** A new recogniser, not loaded. */
  create(): AsrProvider;
}

export class ProviderRegistry {
  private readonly entries = new Map<string, ProviderEntry>();

  register(entry: ProviderEntry): this {
    this.entries.set(entry.info.id, entry);
    return this;
  }

  list(): readonly ProviderInfo[] {
    return [...this.entries.values()].map((entry) => entry.info);
  }

  /** @throws EarmarkError engine.unavailable */
  get(id: string): ProviderEntry {
    const entry = this.entries.get(id);
    if (entry) return entry;
    throw new EarmarkError('engine.unavailable', `There is no speech engine named "${id}"; choose one of ${[...this.entries.keys()].join(', ')}.`, { details: { provider: id } });
  }

  /** @throws EarmarkError engine.language when the recogniser does not speak it */
  requireLanguage(id: string, language: string): void {
    const { info } = this.get(id);
    const primary = language.split('-')[0]?.toLowerCase() ?? '';
    if (info.capabilities.languages.some((known) => known === '*' || known === primary)) return;
    throw new EarmarkError('engine.language', `${info.name} does not know the language "${language}"; choose another engine, or one of ${info.capabilities.languages.join(', ')}.`, { details: { provider: id, language } });
  }
}
