/** The speaker models in a worker that starts with the first call. */
import type { LoadedModelFiles } from '../../../models/modelFiles';
import type { Disposable } from '../../../base/disposable';
import type { SpeakerModels } from '../../../diarization/contract';
import { EmbedBatch } from '../runtime/embedBatch';
import { IdleWorker, type IdleWorkerSetup } from '../runtime/idleWorker';
import { SPEAKER_ROLES } from './speakerModels';

/** Catalogue entries of the models. */
const SPEAKER_MODEL_IDS = {
  encoder: 'campplus-zh-en',
  segmentation: 'segmentation-3.0',
} as const;

export interface SpeakerModelsSetup extends Pick<IdleWorkerSetup, 'worker' | 'clock' | 'logger'> {
  /** Files of a catalogue model. */
  readonly files: (id: string) => Promise<LoadedModelFiles>;
}

export function createSpeakerModels(setup: SpeakerModelsSetup): SpeakerModels & Disposable {
  const worker = new IdleWorker({
    ...setup,
    role: 'speaker',
    provider: 'campplus',
    files: async () => {
      const encoder = await setup.files(SPEAKER_MODEL_IDS.encoder);
      const segmentation = await setup.files(SPEAKER_MODEL_IDS.segmentation);
      return {
        id: encoder.id,
        files: {
          [SPEAKER_ROLES.encoder]: encoder.files['model'] ?? '',
          [SPEAKER_ROLES.segmentation]: segmentation.files['model'] ?? '',
        },
      };
    },
  });
  const batch = new EmbedBatch((cuts) => worker.call('embed', { cuts }));
  return {
    embed: (cuts) => batch.embed(cuts),
    segment: (window) => worker.call('segment', { window }),
    dispose: () => worker.dispose(),
  };
}
