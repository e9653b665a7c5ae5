/** `models/*`; the progress of a download goes to every client (in server.ts). */
import { ModelsList, ModelsPull, ModelsRemove, ModelsVerify } from '../../protocol/models';
import { toModel } from './convert';
import type { RpcDeps } from './deps';
import type { Registry } from './registry';

export function modelHandlers(registry: Registry, { models }: RpcDeps): void {
  registry
    .on(ModelsList, async () => ({ models: (await models.list()).map(toModel) }))
    .on(ModelsPull, async ({ modelId }, _client, signal) => ({ model: toModel(await models.pull(modelId, signal)) }))
    .on(ModelsVerify, async ({ modelId }) => ({ model: toModel(await models.verify(modelId)) }))
    .on(ModelsRemove, async ({ modelId }) => {
      await models.remove(modelId);
      return {};
    });
}
