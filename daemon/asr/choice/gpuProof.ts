/**
 * Proof that a GPU is used: its decode of the warm-up phrase is faster than the CPU. A library may
 * load a model "on the GPU" and compute on the CPU without an error.
 */
import { EarmarkError } from '../../../protocol/errors';
import type { EngineTarget } from '../contract/machineChoice';

/** A GPU must save at least a fifth of the CPU's time; less is noise. */
const MAX_SHARE = 0.8;

export interface GpuProofSetup {
  /** Real-time factor of the model on this machine's CPU; undefined if it cannot be measured. */
  readonly cpuRtf: (target: EngineTarget) => Promise<number | undefined>;
  /** Called with the reason when the GPU is not used from now on. */
  readonly failed: (why: string) => void;
}

export class GpuProof {
  constructor(private readonly setup: GpuProofSetup) {}

  /**
   * @param gpuRtf real-time factor of the warm-up phrase on the GPU
   * @throws EarmarkError engine.unavailable if the GPU is not faster
   */
  async check(target: EngineTarget, gpuRtf: number): Promise<void> {
    const cpuRtf = await this.setup.cpuRtf(target);
    if (cpuRtf === undefined || gpuRtf <= MAX_SHARE * cpuRtf) return;
    const why =
      `${target.model} takes ${gpuRtf.toFixed(2)} s for a second of speech on the GPU and ` +
      `${cpuRtf.toFixed(2)} s on the CPU`;
    this.setup.failed(why);
    throw new EarmarkError(
      'engine.unavailable',
      `The GPU is not used, because ${why}. Set the device to cpu, or check its driver.`,
      { details: { model: target.model } },
    );
  }
}
