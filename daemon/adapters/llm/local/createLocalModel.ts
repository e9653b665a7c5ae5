/** A local language model from the model manager's files. */
import type { Clock } from '../../../base/clock';
import type { Logger } from '../../../base/logger';
import { EarmarkError } from '../../../../protocol/errors';
import type { Models } from '../../../models/api';
import { freeMemory } from '../../system/freeMemory';
import type { WorkerEntry } from '../../inference/forkWorker';
import { LocalModel } from './localModel';
import { RUNNER_USES_GPU, runnerAddon } from './runner';

export interface LocalModelsSetup {
  readonly models: Pick<Models, 'files' | 'get'>;
  readonly worker: WorkerEntry;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** @throws EarmarkError model.unknown, and model.incompatible for a model that writes no notes */
export async function createLocalModel(
  modelId: string,
  { models, worker, clock, logger }: LocalModelsSetup,
): Promise<LocalModel> {
  const { name = modelId, kind } = await models.get(modelId);
  if (kind !== 'language')
    throw new EarmarkError(
      'model.incompatible',
      `The model ${modelId} is no language model; see "earmark models list".`,
    );
  return new LocalModel({
    modelId,
    name,
    worker,
    files: async () => ({
      model: await models.files(modelId),
      addon: await runnerAddon(models, (wanted) => require.resolve(wanted)),
    }),
    freeMemory,
    gpu: RUNNER_USES_GPU,
    clock,
    logger,
  });
}
