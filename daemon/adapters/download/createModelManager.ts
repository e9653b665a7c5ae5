/**
 * The model manager on this machine's disk, with the user's settings. Used by the daemon, set-up
 * and the command line.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Settings } from '../../../protocol/settings';
import type { Models } from '../../models/api';
import { CATALOGUE } from '../../models/catalogue';
import { runnerFor } from '../../models/runnerCatalogue';
import { createModels, type ModelsSetup } from '../../models/manager';
import { createModelDisk, modelFolder } from './modelDisk';
import { type ModelSettings, modelSettings } from './modelSettings';

export interface ModelManagerSetup extends Pick<ModelsSetup, 'clock' | 'logger' | 'inUse'> {
  /** State folder, absolute. */
  readonly home: string;
  /** Returns the current settings. */
  readonly settings: () => Settings;
}

export function createModelManager({ home, settings, ...setup }: ModelManagerSetup): Models {
  const policy = (): ModelSettings => modelSettings(settings());
  const disk = createModelDisk({
    folder: modelFolder(home, settings()['models.folder']),
    record: path.join(home, 'verified-models.json'),
    bundled: bundledFolder(__dirname),
    from: policy,
  });
  const runner = runnerFor(process.platform, process.arch);
  // Without a program for this platform, no language model is offered.
  const catalogue = CATALOGUE.flatMap((entry) =>
    entry.kind !== 'language' || runner ? [entry] : [],
  );
  return createModels({
    ...setup,
    disk,
    policy,
    catalogue: [...catalogue, ...(runner ? [runner] : [])],
  });
}

/**
 * `models/` is beside `dist/`, or at the top of the sources: the nearest parent folder that has one
 * with a model.
 */
function bundledFolder(from: string): string {
  for (let at = from; ; at = path.dirname(at)) {
    const found = path.join(at, 'models');
    if (existsSync(path.join(found, 'campplus-zh-en', 'model.onnx')) || path.dirname(at) === at)
      return found;
  }
}
