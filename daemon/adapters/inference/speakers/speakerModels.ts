/** Both speaker models of an inference worker: CAM++ and segmentation 3.0. */
import { EarmarkError } from '../../../../protocol/errors';
import type { LoadedModelFiles } from '../../../models/modelFiles';
import type { SpeakerModels } from '../../../diarization/contract';
import { CamPlusPlus } from './camPlusPlus';
import { SpeakerSegmentation } from './segmentation';

/** Roles of the files. */
export const SPEAKER_ROLES = { encoder: 'encoder', segmentation: 'segmentation' } as const;

export class OnnxSpeakerModels implements SpeakerModels {
  private loaded:
    { readonly encoder: CamPlusPlus; readonly segmentation: SpeakerSegmentation } | undefined;

  /** @throws EarmarkError model.missing, model.corrupt, model.incompatible */
  async load({ files }: LoadedModelFiles): Promise<void> {
    this.loaded = {
      encoder: await CamPlusPlus.load(files[SPEAKER_ROLES.encoder]),
      segmentation: await SpeakerSegmentation.load(files[SPEAKER_ROLES.segmentation]),
    };
  }

  embed(cuts: readonly Float32Array[]): Promise<readonly Float32Array[]> {
    return this.models().encoder.embed(cuts);
  }

  segment(window: Float32Array): Promise<Uint8Array> {
    return this.models().segmentation.segment(window);
  }

  private models(): NonNullable<typeof this.loaded> {
    if (!this.loaded)
      throw new EarmarkError(
        'engine.unavailable',
        'The speaker models are not loaded yet; try again in a moment.',
      );
    return this.loaded;
  }
}
