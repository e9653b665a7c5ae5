/**
 * Segmentation 3.0 in ONNX Runtime: detects up to three local speakers in each frame of a window.
 * Runs inside an inference worker. Model: Plaquet and Bredin 2023, "Powerset multi-class cross
 * entropy loss for neural speaker diarization" (arXiv:2310.13025).
 */
import type { InferenceSession } from 'onnxruntime-node';
import { EarmarkError } from '../../../../protocol/errors';
import { SEGMENTATION } from '../../../diarization/contract';
import { type Ort, loadOrt, openModel } from '../graphs/onnx';

/**
 * Classes as masks of active local speakers: none, a, b, c, a and b, a and c, b and c; a bit for
 * each speaker.
 */
const POWERSET = [0b000, 0b001, 0b010, 0b100, 0b011, 0b101, 0b110] as const;

export class SpeakerSegmentation {
  private constructor(
    private readonly ort: Ort,
    private readonly session: InferenceSession,
  ) {}

  /** @throws EarmarkError model.missing, model.corrupt, model.incompatible */
  static async load(path: string | undefined): Promise<SpeakerSegmentation> {
    const ort = await loadOrt();
    return new SpeakerSegmentation(
      ort,
      await openModel(path, 'speaker segmentation', ['waveform']),
    );
  }

  /**
   * @param window 16 kHz mono, −1…1, at most ten seconds; a shorter window gives fewer frames
   * @returns a mask of local speakers for each frame
   * @throws EarmarkError rpc.invalidParams, model.incompatible
   */
  async segment(window: Float32Array): Promise<Uint8Array> {
    const scores = await this.logProbabilities(window);
    const masks = new Uint8Array(scores.length / POWERSET.length);
    for (let frame = 0; frame < masks.length; frame++) {
      let best = 0;
      for (let k = 1; k < POWERSET.length; k++)
        if (
          (scores[frame * POWERSET.length + k] as number) >
          (scores[frame * POWERSET.length + best] as number)
        )
          best = k;
      masks[frame] = POWERSET[best] as number;
    }
    return masks;
  }

  /** Seven values in each frame. */
  async logProbabilities(window: Float32Array): Promise<Float32Array> {
    if (window.length < SEGMENTATION.shortest || window.length > SEGMENTATION.window)
      throw new EarmarkError(
        'rpc.invalidParams',
        'Speaker segmentation needs 0.1 to 10 seconds of audio.',
      );
    const out = await this.session.run({
      waveform: new this.ort.Tensor('float32', window, [1, 1, window.length]),
    });
    const scores = out['log_probabilities']?.data;
    if (!(scores instanceof Float32Array) || scores.length % POWERSET.length !== 0)
      throw new EarmarkError(
        'model.incompatible',
        'The speaker segmentation gave no answer of the expected kind; run `earmark doctor`.',
      );
    return scores;
  }
}
