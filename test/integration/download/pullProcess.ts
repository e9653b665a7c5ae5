/**
 * Run as a process: gets one model. Arguments: folder, registry or hub, catalogue entry as JSON,
 * `pull` or `update`. Prints the outcome.
 */
import { dirname, join } from 'node:path';
import { createModelDisk } from '../../../daemon/adapters/download/modelDisk';
import { systemClock } from '../../../daemon/base/clock';
import { silentLogger } from '../../../daemon/base/logger';
import type { CatalogueEntry } from '../../../daemon/models/catalogueEntry';
import { createModels } from '../../../daemon/models/manager';

const [folder = '', address = '', entry = '', how = 'pull'] = process.argv.slice(2);
const catalogue = [JSON.parse(entry) as CatalogueEntry];
const models = createModels({
  disk: createModelDisk({
    folder,
    record: join(dirname(folder), 'verified-models.json'),
    from: () => ({ mirror: address }),
    npm: () => Promise.resolve({ registry: address }),
  }),
  clock: systemClock,
  logger: silentLogger,
  catalogue,
});
models[how === 'update' ? 'update' : 'pull'](catalogue[0]?.id ?? '').then(
  (model) => console.log(model.status.state),
  (error: Error) => console.log(error.message),
);
