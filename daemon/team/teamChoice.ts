/**
 * What there is to choose from where workers decode: the models of the workers that are there, and
 * those that were.
 */
import type { ChoiceSetup, ProviderFact } from '../asr/engineChoice';
import type { EngineTarget } from '../asr/enginesApi';
import type { WorkerHeartbeat } from './presence';

/** More models than a team serves. */
const MAX_MODELS = 100;

export class TeamChoice {
  private readonly models = new Map<
    string,
    Pick<WorkerHeartbeat, 'provider' | 'model' | 'languages'>
  >();

  /** @param fallback the engine of a session while no worker has ever been seen */
  constructor(
    private readonly providers: readonly ProviderFact[],
    private readonly fallback: EngineTarget,
  ) {}

  /**
   * The model that most workers serve is preferred; one whose workers are gone stays, for its
   * sessions wait for it.
   */
  look(workers: readonly WorkerHeartbeat[]): ChoiceSetup {
    for (const { provider, model, languages } of workers)
      if (this.models.size < MAX_MODELS) this.models.set(model, { provider, model, languages });
    const served = (model: string): number =>
      workers.filter((worker) => worker.model === model).length;
    const known = [...this.models.values()].sort((a, b) => served(b.model) - served(a.model));
    const preferred: readonly EngineTarget[] = known.map(({ provider, model }) => ({
      provider,
      model,
      device: 'auto',
    }));
    return {
      providers: this.providers,
      models: known.map(({ provider, model, languages }, i) => ({
        id: model,
        provider,
        languages,
        installed: served(model) > 0,
        isDefault: i === 0,
      })),
      preferred: preferred.length > 0 ? preferred : [this.fallback],
    };
  }
}
