/** What this machine can do for speech recognition, as the probes found it. */

export interface Gpu {
  /** What of it the engines can use. */
  readonly kind: 'metal' | 'cuda' | 'vulkan';
  readonly name: string;
  /** Its own memory; on Apple silicon it is the machine's. */
  readonly memoryGb?: number;
}

export interface Capabilities {
  readonly platform: string;
  readonly arch: string;
  readonly cpu: string;
  /** That this process may use. */
  readonly cores: number;
  /** Instruction sets that matter for recognition: `avx2`, `fma`, `f16c`, `avx512f`, `neon`. */
  readonly instructionSets: readonly string[];
  /**
   * That this process may use, in the sizes that memory is sold in: a machine that shows 7.6 GiB
   * has 8.
   */
  readonly memoryGb: number;
  readonly gpu?: Gpu;
  readonly battery?: { readonly charge: number; readonly discharging: boolean };
  /** Probes that gave no answer in time; defaults stand for them. */
  readonly unknown: readonly string[];
}

/**
 * Changes when what was measured here need not be true any more. The battery and the free memory
 * are no hardware.
 */
export function fingerprint({
  platform,
  arch,
  cpu,
  cores,
  instructionSets,
  memoryGb,
  gpu,
}: Capabilities): string {
  return JSON.stringify([
    platform,
    arch,
    cpu,
    cores,
    [...instructionSets].sort(),
    memoryGb,
    gpu?.kind ?? '',
    gpu?.name ?? '',
  ]);
}

/** GiB as a system tells it → as memory is sold: the firmware keeps up to 8 % of it for itself. */
export function soldGb(bytes: number): number {
  const gib = bytes / 2 ** 30;
  const sizes = [1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128];
  return sizes.find((size) => gib <= size && gib >= size * 0.92) ?? Math.floor(gib * 10) / 10;
}
