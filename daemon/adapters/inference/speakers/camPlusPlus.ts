/**
 * CAM++ in ONNX Runtime: turns a cut of speech into a vector of its voice. Runs inside an inference
 * worker. Model: Wang et al. 2023, "CAM++: A Fast and Efficient Network for Speaker Verification
 * Using Context-Aware Masking" (arXiv:2303.00332); weights of 3D-Speaker.
 */
import type { InferenceSession } from 'onnxruntime-node';
import { EarmarkError } from '../../../../protocol/errors';
import { SAMPLE_RATE } from '../../../audio/frame';
import { EMBEDDING_WIDTH } from '../../../diarization/contract';
import { type Ort, loadOrt, openModel } from '../graphs/onnx';
import { FBANK_BINS, fbankFrames, kaldiFbank } from './fbank';

/** With fewer frames (0.1 s) the model has nothing to pool. */
const LEAST_FRAMES = 8;
const MAX_SAMPLES = 10 * SAMPLE_RATE;

export class CamPlusPlus {
  private constructor(
    private readonly ort: Ort,
    private readonly session: InferenceSession,
  ) {}

  /** @throws EarmarkError model.missing, model.corrupt, model.incompatible */
  static async load(path: string | undefined): Promise<CamPlusPlus> {
    const ort = await loadOrt();
    return new CamPlusPlus(ort, await openModel(path, 'speaker encoder', ['features']));
  }

  /**
   * @param cuts 16 kHz mono, −1…1, 0.1 to 10 s each
   * @returns 192 values of unit length for each. @throws EarmarkError rpc.invalidParams,
   * model.incompatible
   */
  async embed(cuts: readonly Float32Array[]): Promise<readonly Float32Array[]> {
    const embeddings: Float32Array[] = [];
    for (const cut of cuts) embeddings.push(unit(await this.raw(cut)));
    return embeddings;
  }

  /** Output of the model, of any length. */
  async raw(cut: Float32Array): Promise<Float32Array> {
    const frames = fbankFrames(cut.length);
    if (frames < LEAST_FRAMES || cut.length > MAX_SAMPLES)
      throw new EarmarkError(
        'rpc.invalidParams',
        'A speaker embedding needs 0.1 to 10 seconds of audio.',
      );
    const out = await this.session.run({
      features: new this.ort.Tensor('float32', kaldiFbank(cut), [1, frames, FBANK_BINS]),
    });
    const embedding = out['embedding']?.data;
    if (!(embedding instanceof Float32Array) || embedding.length !== EMBEDDING_WIDTH)
      throw new EarmarkError(
        'model.incompatible',
        'The speaker encoder gave no answer of the expected kind; run `earmark doctor`.',
      );
    return embedding;
  }
}

/** Normalises a vector; a zero vector stays unchanged. */
function unit(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return length === 0 ? vector : vector.map((x) => x / length);
}
