/**
 * The GE2E speaker encoder in ONNX Runtime: a cut of speech becomes a unit vector of its voice.
 * Runs inside an inference worker. Model: Wan et al. 2018, "Generalized End-to-End Loss for Speaker
 * Verification"; weights of Resemblyzer.
 */
import type { InferenceSession } from 'onnxruntime-node';
import { EarmarkError } from '../../../protocol/errors';
import type { LoadedModelFiles } from '../../asr/provider';
import { type Ort, isWasm, loadOrt, openModel } from './onnx';
import { speakerMaker } from './speakerGraph';

/** Level that the model was trained at, RMS. */
const LEVEL = 10 ** (-30 / 20);
const WIDTH = 256;
const MAX_SAMPLES = 10 * 16_000;

export class SpeakerEncoder {
  private loaded: { readonly ort: Ort; readonly session: InferenceSession } | undefined;

  /** @throws EarmarkError model.missing, model.corrupt, model.incompatible */
  async load(model: LoadedModelFiles): Promise<void> {
    const ort = await loadOrt();
    // In WASM 8 bits are slower: 28 ms a window instead of 18.
    this.loaded = {
      session: await openModel(
        model.files['model'],
        'speaker encoder',
        ['waveform'],
        isWasm(ort) ? {} : { maker: speakerMaker },
      ),
      ort,
    };
  }

  /**
   *
   * @param cuts 16 kHz, −1…1, any level; those of one length in one run.
   * @returns 256 values of unit length each
   */
  async embed(cuts: readonly Float32Array[]): Promise<readonly Float32Array[]> {
    const found = new Map<Float32Array, Float32Array>();
    for (const length of new Set(cuts.map((pcm) => pcm.length))) {
      const together = cuts.filter((pcm) => pcm.length === length);
      (await this.run(together, length)).forEach((embedding, i) =>
        found.set(together[i] as Float32Array, embedding),
      );
    }
    return cuts.map((pcm) => found.get(pcm) as Float32Array);
  }

  private async run(
    cuts: readonly Float32Array[],
    length: number,
  ): Promise<readonly Float32Array[]> {
    if (!this.loaded)
      throw new EarmarkError(
        'engine.unavailable',
        'The speaker encoder is not loaded yet; try again in a moment.',
      );
    if (length === 0 || length * cuts.length > MAX_SAMPLES)
      throw new EarmarkError(
        'rpc.invalidParams',
        'A speaker embedding takes ten seconds of audio at most.',
      );
    const { ort, session } = this.loaded;
    const waveform = new Float32Array(cuts.length * length);
    cuts.forEach((pcm, k) => {
      let energy = 0;
      for (const x of pcm) energy += x * x;
      const gain = LEVEL / Math.max(1e-6, Math.sqrt(energy / length));
      for (let i = 0; i < length; i++) waveform[k * length + i] = (pcm[i] ?? 0) * gain;
    });
    const out = await session.run({
      waveform: new ort.Tensor('float32', waveform, [cuts.length, length]),
    });
    const embedding = out['embedding']?.data;
    if (!(embedding instanceof Float32Array) || embedding.length !== cuts.length * WIDTH)
      throw new EarmarkError(
        'model.incompatible',
        'The speaker encoder returned an unexpected result; run `earmark doctor`.',
      );
    return cuts.map((_, k) => embedding.slice(k * WIDTH, (k + 1) * WIDTH));
  }
}
