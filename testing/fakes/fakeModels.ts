/** A catalogue with one installed model. */
import { Emitter } from '../../daemon/base/emitter';
import type { Models, ModelView } from '../../daemon/models/api';
import { EarmarkError } from '../../protocol/errors';

const MODEL: ModelView = {
  id: 'script',
  kind: 'asr',
  provider: 'scripted',
  languages: ['*'],
  bytes: 1,
  licence: 'MIT',
  isDefault: true,
  origin: 'download',
  version: '1',
  versions: ['1'],
  status: { state: 'installed', verified: true },
};

export class FakeModels implements Models {
  readonly progress = new Emitter<{
    modelId: string;
    file: string;
    receivedBytes: number;
    totalBytes: number;
  }>();
  readonly onDidProgress = this.progress.event;
  list = () => Promise.resolve([MODEL]);
  get = (id: string) => this.known(id);
  pull = (id: string) => {
    this.progress.fire({ modelId: id, file: 'model', receivedBytes: 1, totalBytes: 1 });
    return this.known(id);
  };
  update = (id: string) => this.known(id);
  add = () => Promise.resolve(MODEL);
  rollback = (id: string) => this.known(id);
  verify = (id: string) => this.known(id);
  tidy = () => Promise.resolve([]);
  remove = (id: string) => this.known(id).then(() => undefined);
  files = (id: string) => this.known(id).then(() => ({ id, revision: 'r1', files: {} }));

  private known(id: string): Promise<ModelView> {
    return id === MODEL.id
      ? Promise.resolve(MODEL)
      : Promise.reject(
          new EarmarkError(
            'model.unknown',
            `There is no model "${id}"; "earmark models list" shows those there are.`,
          ),
        );
  }
}
