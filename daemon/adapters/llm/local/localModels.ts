/** The local language models of this daemon: one process and one queue for each model in use. */
import type { Clock } from '../../../base/clock';
import type { Disposable } from '../../../base/disposable';
import type { Logger } from '../../../base/logger';
import { EarmarkError } from '../../../../protocol/errors';
import type { ExamResults } from '../../../insights/model/examResults';
import type { ModelQueue } from '../../../insights/model/modelQueue';
import type { Models } from '../../../models/api';
import type { WorkerEntry } from '../../inference/runtime/forkWorker';
import { freeMemory } from '../../system/freeMemory';
import { queueForLocal } from '../configuredModel';
import { LocalModel } from './localModel';
import { RUNNER_USES_GPU, runnerAddon } from './runner';

export interface LocalModelsSetup {
  readonly models: Pick<Models, 'files' | 'get'>;
  readonly worker: WorkerEntry;
  readonly exams: ExamResults;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class LocalModels implements Disposable {
  private readonly open = new Map<
    string,
    { readonly model: LocalModel; readonly queue: ModelQueue }
  >();

  constructor(private readonly setup: LocalModelsSetup) {}

  /** Opens nothing: files and memory are checked at the first request. */
  queue(modelId: string): ModelQueue {
    const { models, worker, exams, clock, logger } = this.setup;
    const known = this.open.get(modelId);
    if (known) return known.queue;
    const model = new LocalModel({
      modelId,
      name: modelId,
      worker,
      files: async () => {
        await requireLanguageModel(models, modelId);
        const addon = await runnerAddon(models, (wanted) => require.resolve(wanted));
        return { model: await models.files(modelId), addon };
      },
      freeMemory,
      gpu: RUNNER_USES_GPU,
      clock,
      logger,
    });
    const queue = queueForLocal(model, clock, { exams });
    this.open.set(modelId, { model, queue });
    return queue;
  }

  /** True while the process of a model runs. */
  inUse(modelId: string): boolean {
    return this.open.get(modelId)?.model.running !== undefined;
  }

  dispose(): void {
    for (const { model } of this.open.values()) model.dispose();
    this.open.clear();
  }
}

/**
 * @throws EarmarkError model.unknown, model.incompatible for a model that writes no notes,
 * model.missing if it is not installed
 */
export async function requireLanguageModel(
  models: Pick<Models, 'get'>,
  modelId: string,
): Promise<void> {
  const { kind, status } = await models.get(modelId);
  if (kind !== 'language')
    throw new EarmarkError(
      'model.incompatible',
      `The model ${modelId} is no language model; see "earmark models list".`,
    );
  if (status.state !== 'installed')
    throw new EarmarkError(
      'model.missing',
      `The language model ${modelId} is not installed; run "earmark models pull ${modelId}".`,
    );
}
