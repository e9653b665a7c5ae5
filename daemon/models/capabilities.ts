/** Capabilities of this machine for speech recognition, as the probes report them. */

export interface Gpu {
  /** GPU interface that the engines can use. */
  readonly kind: 'metal' | 'cuda' | 'vulkan';
  readonly name: string;
  /** Dedicated memory; on Apple silicon, the machine's memory. */
  readonly memoryGb?: number;
}

export interface Capabilities {
  readonly platform: string;
  readonly arch: string;
  readonly cpu: string;
  /** Cores available to this process. */
  readonly cores: number;
  /** Instruction sets relevant for recognition: `avx2`, `fma`, `f16c`, `avx512f`, `neon`. */
  readonly instructionSets: readonly string[];
  /** Memory available to this process, rounded to retail sizes: 7.6 GiB count as 8. */
  readonly memoryGb: number;
  readonly gpu?: Gpu;
  readonly battery?: { readonly charge: number; readonly discharging: boolean };
  /** Probes that timed out; their values are defaults. */
  readonly unknown: readonly string[];
}

/**
 * Fingerprint of the hardware. A change invalidates measurements. Battery state and free memory are
 * not included.
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

/** Rounds reported bytes to a retail size in GiB; the firmware reserves up to 8 %. */
export function soldGb(bytes: number): number {
  const gib = bytes / 2 ** 30;
  const sizes = [1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128];
  return sizes.find((size) => gib <= size && gib >= size * 0.92) ?? Math.floor(gib * 10) / 10;
}
