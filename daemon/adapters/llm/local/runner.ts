/** Where the binaries that run local language models lie. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { EarmarkError } from '../../../../protocol/errors';
import type { Models } from '../../../models/api';
import { RUNNER_ID, runnerFor } from '../../../models/runnerCatalogue';

/** True if the binaries of this platform use its graphics card. */
export const RUNNER_USES_GPU = process.platform === 'darwin' && process.arch === 'arm64';

/**
 * The fetched binaries, or, in a clone of the sources, those of the installed packages.
 * @param resolve `require.resolve`
 * @returns absolute path of the file that Node loads
 * @throws EarmarkError engine.unavailable if there are none for this platform, model.*
 */
export async function runnerAddon(
  models: Pick<Models, 'files'>,
  resolve: (name: string) => string,
): Promise<string> {
  const entry = runnerFor(process.platform, process.arch);
  if (entry?.source.type !== 'npm')
    throw new EarmarkError(
      'engine.unavailable',
      'Local language models do not run on this platform. Use a server or a model of VS Code.',
    );
  const inside = entry.files.find(({ role }) => role === 'addon')?.path ?? '';
  const installed = installedPackage(entry.source.package, resolve);
  if (installed !== undefined && existsSync(path.join(installed, inside)))
    return path.join(installed, inside);
  return (await models.files(RUNNER_ID)).files['addon'] ?? '';
}

/** @returns folder of the package; undefined if it is not installed */
function installedPackage(name: string, resolve: (name: string) => string): string | undefined {
  try {
    return path.join(path.dirname(resolve(name)), '..');
  } catch {
    return undefined;
  }
}
