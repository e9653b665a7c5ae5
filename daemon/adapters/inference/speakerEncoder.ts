/**
 * The GE2E speaker encoder in ONNX Runtime: a cut of speech becomes a unit vector of its voice. Runs inside an inference worker.
 * Model: Wan et al. 2018, "Generalized End-to-End Loss for Speaker Verification"; weights of Resemblyzer.
 */
import type { InferenceSession } from 'onnxruntime-node';
import { EarmarkError } from '../../../protocol/errors';
import type { LoadedModelFiles } from '../../asr/provider';
import { type Ort, loadOrt, openModel } from './onnx';

/** Level that the model was trained at, RMS. */
const LEVEL = 10 ** (-30 / 20);
const WIDTH = 256;
const MAX_SAMPLES = 10 * 16_000;

export class SpeakerEncoder {
  private loaded: { readonly ort: Ort; readonly session: InferenceSession } | undefined;

  /** @throws EarmarkError model.missing, model.corrupt, model.incompatible */
  async load(model: LoadedModelFiles): Promise<void> {
    this.loaded = { session: await openModel(model.files['model'], 'speaker encoder', ['waveform']), ort: await loadOrt() };
  }

  /** @param pcm 16 kHz, −1…1, any level. @returns 256 values of unit length */
  async embed(pcm: Float32Array): Promise<Float32Array> {
    if (!this.loaded) throw new EarmarkError('engine.unavailable', 'The speaker encoder is not loaded yet; try again in a moment.');
    if (pcm.length === 0 || pcm.length > MAX_SAMPLES) throw new EarmarkError('rpc.invalidParams', 'A voice is told from up to ten seconds of sound.');
    let energy = 0;
    for (const x of pcm) energy += x * x;
    const gain = LEVEL / Math.max(1e-6, Math.sqrt(energy / pcm.length));
    const { ort, session } = this.loaded;
    const out = await session.run({ waveform: new ort.Tensor('float32', pcm.map((x) => x * gain), [1, pcm.length]) });
    const embedding = out['embedding']?.data;
    if (!(embedding instanceof Float32Array) || embedding.length !== WIDTH) throw new EarmarkError('model.incompatible', 'The speaker encoder gave no answer of the expected kind; run `earmark doctor`.');
    return embedding;
  }
}
