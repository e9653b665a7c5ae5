/** `models/*`; the progress of a download goes to every client, at most ten times a second. */
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

const PROGRESS_MS = 100;

/** Lets through the first and the last report of a file and one each 100 ms between. */
export class ProgressGate {
  private readonly last = new Map<string, number>();

  passes(report: { modelId: string; file: string; receivedBytes: number; totalBytes: number }, now: number): boolean {
    const key = `${report.modelId}/${report.file}`;
    if (report.receivedBytes >= report.totalBytes) {
      this.last.delete(key);
      return true;
    }
    const before = this.last.get(key);
    if (before !== undefined && now - before < PROGRESS_MS) return false;
    this.last.set(key, now);
    return true;
  }
}
