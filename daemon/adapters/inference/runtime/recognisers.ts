/** Creates the recognisers of asr/registry that run in inference workers. */
import { EarmarkError } from '../../../../protocol/errors';
import type { AsrProvider } from '../../../asr/contract/provider';
import { moonshineInfo, nemoInfo, whisperInfo } from '../../../asr/contract/providerInfos';
import { MoonshineProvider } from '../moonshine/moonshine';
import { NemoProvider } from '../nemo/nemo';
import { WhisperProvider } from '../whisper/whisper';

const CREATE: ReadonlyMap<string, () => AsrProvider> = new Map<string, () => AsrProvider>([
  [moonshineInfo.id, () => new MoonshineProvider()],
  [nemoInfo.id, () => new NemoProvider()],
  [whisperInfo.id, () => new WhisperProvider()],
]);

/** Ids of the recognisers that `createRecogniser` knows. */
export const IN_WORKERS: readonly string[] = [...CREATE.keys()];

/**
 * Returns a new recogniser that is not loaded.
 * @throws EarmarkError engine.unavailable
 */
export function createRecogniser(id: string): AsrProvider {
  const create = CREATE.get(id);
  if (create) return create();
  throw new EarmarkError(
    'engine.unavailable',
    `There is no speech engine named "${id}"; choose one of ${IN_WORKERS.join(', ')}.`,
    { details: { provider: id } },
  );
}
