/** The model manager on this machine's disk, with the user's settings: for the daemon, set-up and the command line. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Models } from '../../models/api';
import { createModels, type ModelsSetup } from '../../models/manager';
import { createModelDisk, modelFolder } from './modelDisk';
import { modelSettings } from './modelSettings';

export interface ModelManagerSetup extends Pick<ModelsSetup, 'clock' | 'logger' | 'inUse'> {
  /** State folder, absolute. */
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
}

/** @throws EarmarkError daemon.startFailed for a setting that cannot be meant */
export function createModelManager({ home, env, ...setup }: ModelManagerSetup): Models {
  const { mirror, proxy, offline, parallel, limits } = modelSettings(env);
  const disk = createModelDisk({ folder: modelFolder(home, env), bundled: bundledFolder(__dirname), ...(mirror === undefined ? {} : { mirror }), ...(proxy === undefined ? {} : { proxy }) });
  return createModels({ ...setup, disk, offline, limits, ...(parallel === undefined ? {} : { parallel }) });
}

/** `models/` stands beside `dist/`, and in the sources at the top: the nearest folder above that has one with a model in it. */
function bundledFolder(from: string): string {
  for (let at = from; ; at = path.dirname(at)) {
    const found = path.join(at, 'models');
    if (existsSync(path.join(found, 'speaker-encoder-ge2e', 'model.onnx')) || path.dirname(at) === at) return found;
  }
}
