/** Engines available on a team: the models of current and former workers. */
import type { ChoiceSetup, ProviderFact } from '../asr/choice/engineChoice';
import type { EngineTarget } from '../asr/contract/machineChoice';
import type { WorkerHeartbeat } from './presence';

/** Maximum number of models; more than any team serves. */
const MAX_MODELS = 100;

export class TeamChoice {
  private readonly models = new Map<
    string,
    Pick<WorkerHeartbeat, 'provider' | 'model' | 'languages'>
  >();

  /** @param fallback engine of a session before the first worker appears */
  constructor(
    private readonly providers: readonly ProviderFact[],
    private readonly fallback: EngineTarget,
  ) {}

  /**
   * Prefers the model that most workers serve. A model without workers stays, because its sessions
   * wait for it.
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
