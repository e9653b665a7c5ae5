/** Run as a process: pulls one model. Arguments: folder, registry, catalogue entry as JSON. Prints the outcome. */
import { createModelDisk } from '../../../daemon/adapters/download/modelDisk';
import { systemClock } from '../../../daemon/base/clock';
import { silentLogger } from '../../../daemon/base/logger';
import type { CatalogueEntry } from '../../../daemon/models/catalogue';
import { createModels } from '../../../daemon/models/manager';

const [folder = '', registry = '', entry = ''] = process.argv.slice(2);
const catalogue = [JSON.parse(entry) as CatalogueEntry];
const models = createModels({ disk: createModelDisk({ folder, npm: () => Promise.resolve({ registry }) }), clock: systemClock, logger: silentLogger, catalogue });
models.pull(catalogue[0]?.id ?? '').then(
  (model) => console.log(model.status.state),
  (error: Error) => console.log(error.message),
);
