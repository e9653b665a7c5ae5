/** `models/*`. Download progress is sent to every client (in server.ts). */
import { isEarmarkError } from '../../../protocol/errors';
import {
  ModelsAdd,
  ModelsList,
  ModelsPull,
  ModelsRecommend,
  ModelsRemove,
  ModelsRollback,
  ModelsUpdate,
  ModelsVerify,
} from '../../../protocol/models';
import { recommend } from '../../asr/choice/recommend';
import { toModel, toRecommendation } from '../convert';
import type { RpcDeps } from '../deps';
import type { Registry } from '../registry';

export function modelHandlers(
  registry: Registry,
  { models, engines, freeMemory, logger }: RpcDeps,
): void {
  registry
    .on(ModelsList, async () => ({ models: (await models.list()).map(toModel) }))
    .on(ModelsRecommend, async ({ language = 'en' }) => {
      const [list, freeBytes] = await Promise.all([models.list(), freeMemory()]);
      const { choice, calibration } = engines.machine;
      return {
        recommendations: recommend({
          targets: choice.targets,
          models: list,
          language,
          calibration,
          freeBytes,
        }).map(toRecommendation),
      };
    })
    .on(ModelsPull, async ({ modelId }, _client, { signal }) => {
      const model = toModel(await models.pull(modelId, signal));
      await engines.refresh();
      // An engine without its model can load it now.
      if (model.isDefault)
        engines.retry().catch((error: unknown) =>
          logger.warn('engine.loadFailed', {
            error: isEarmarkError(error) ? error.code : 'unexpected',
          }),
        );
      return { model };
    })
    .on(ModelsAdd, async ({ folder }, _client, { signal }) => {
      const model = toModel(await models.add(folder, signal));
      await engines.refresh();
      await engines.swap(model.id);
      return { model };
    })
    .on(ModelsUpdate, async ({ modelId }, _client, { signal }) => {
      const model = toModel(await models.update(modelId, signal));
      await engines.swap(modelId);
      return { model };
    })
    .on(ModelsRollback, async ({ modelId }) => {
      const model = toModel(await models.rollback(modelId));
      await engines.swap(modelId);
      return { model };
    })
    .on(ModelsVerify, async ({ modelId }) => ({ model: toModel(await models.verify(modelId)) }))
    .on(ModelsRemove, async ({ modelId }) => {
      await models.remove(modelId);
      await engines.refresh();
      return {};
    });
}
