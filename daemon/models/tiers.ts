/**
 * From what a machine can do to the models it gets: six tiers, each with its models best first, and
 * why. Data and pure functions.
 */
import type { EngineTarget } from '../asr/enginesApi';
import type { DeviceChoice } from '../asr/provider';
import { type Calibration, HIGHEST_RTF, expectedRtf } from './calibration';
import type { Capabilities } from './capabilities';

export const TIERS = ['ultra_low', 'low', 'medium', 'medium_gpu', 'high', 'ultra'] as const;
export type Tier = (typeof TIERS)[number];

export interface TierChoice {
  readonly tier: Tier;
  /** For `doctor`: one sentence. */
  readonly why: string;
  /**
   * For English first, then for every language; what comes later stands in for what comes before
   * it.
   */
  readonly targets: readonly EngineTarget[];
}

/** GB. */
const BOUNDS = { low: 4, medium: 8, high: 16, ultra: 32 } as const;
/**
 * A model that fills the memory of a GPU leaves none for a phrase; whisper.cpp takes about 1.3
 * times the file.
 */
const GPU_MEMORY_GB = {
  'whisper-small': 1,
  'whisper-medium-q8_0': 2,
  'whisper-large-v3-turbo': 3,
} as const;

const moonshine = (size: string): EngineTarget => ({
  provider: 'moonshine',
  model: `moonshine-${size}`,
  device: 'cpu',
});
const whisper = (size: string, device: DeviceChoice = 'cpu'): EngineTarget => ({
  provider: 'whisper',
  model: `whisper-${size}`,
  device,
});
/** On the GPU, then the same on the CPU. */
const onGpu = (size: string): readonly EngineTarget[] => [whisper(size, 'gpu'), whisper(size)];

/**
 * On the CPU Moonshine for English: at the same errors it takes a third of Whisper base's time
 * (`npm run bench -- whisper`). On a GPU Whisper, which is more exact and costs the CPU nothing.
 */
const MODELS: Readonly<Record<Tier, readonly EngineTarget[]>> = {
  ultra_low: [moonshine('tiny'), whisper('tiny-q8_0'), whisper('tiny-q5_1')],
  low: [moonshine('tiny'), whisper('base-q8_0'), whisper('tiny-q8_0')],
  medium: [
    moonshine('base'),
    moonshine('tiny'),
    whisper('small-q8_0'),
    whisper('base-q8_0'),
    whisper('tiny-q8_0'),
  ],
  medium_gpu: [...onGpu('small'), ...onGpu('base-q8_0'), moonshine('tiny'), whisper('tiny-q8_0')],
  high: [
    ...onGpu('medium-q8_0'),
    ...onGpu('small'),
    whisper('base-q8_0'),
    moonshine('base'),
    moonshine('tiny'),
    whisper('tiny-q8_0'),
  ],
  ultra: [
    ...onGpu('large-v3-turbo'),
    ...onGpu('medium-q8_0'),
    ...onGpu('small'),
    whisper('base-q8_0'),
    moonshine('base'),
    moonshine('tiny'),
    whisper('tiny-q8_0'),
  ],
};

/** @param calibration of this very machine; without one the models are those of its memory */
export function tierOf(
  { memoryGb, gpu, unknown }: Pick<Capabilities, 'memoryGb' | 'gpu' | 'unknown'>,
  calibration?: Calibration,
): TierChoice {
  const tier = byMemory(memoryGb, gpu !== undefined);
  const fits = MODELS[tier].filter(
    ({ model, device }) =>
      device !== 'gpu' ||
      gpu?.memoryGb === undefined ||
      gpu.memoryGb >= (GPU_MEMORY_GB[model as keyof typeof GPU_MEMORY_GB] ?? 0),
  );
  const left = MODELS[tier].length - fits.length;
  const { targets, slow } = fastEnough(fits, calibration);
  const why = [
    `${memoryGb} GB of memory and ${gpu ? `the GPU ${gpu.name} (${gpu.kind})` : 'no GPU that recognition can use'}`,
    ...(left > 0
      ? [`models too large for ${gpu?.memoryGb ?? 0} GB of GPU memory are left out`]
      : []),
    calibration
      ? `measured: ${calibration.model} takes ${calibration.rtf.toFixed(3)} s of one core for a second of speech`
      : 'its speed is not measured yet',
    ...(slow.length > 0
      ? [
          `left out as too slow here (over ${HIGHEST_RTF} expected): ${slow.map(({ model }) => model).join(', ')}`,
        ]
      : []),
    ...(unknown.length > 0 ? [`not found out in time: ${unknown.join(', ')}`] : []),
  ].join('; ');
  return { tier, why, targets };
}

/**
 * Takes away what this CPU is too slow for; the last of each provider, its smallest, stays in any
 * case.
 */
function fastEnough(
  targets: readonly EngineTarget[],
  calibration: Calibration | undefined,
): { readonly targets: readonly EngineTarget[]; readonly slow: readonly EngineTarget[] } {
  if (!calibration) return { targets, slow: [] };
  const isLast = ({ provider }: EngineTarget, i: number): boolean =>
    !targets.some((other, j) => j > i && other.provider === provider);
  const slow = targets.filter(
    (target, i) =>
      target.device !== 'gpu' &&
      !isLast(target, i) &&
      (expectedRtf(calibration, target.model) ?? 0) > HIGHEST_RTF,
  );
  return { targets: targets.filter((target) => !slow.includes(target)), slow };
}

function byMemory(memoryGb: number, gpu: boolean): Tier {
  if (memoryGb < BOUNDS.low) return 'ultra_low';
  if (memoryGb < BOUNDS.medium) return 'low';
  if (!gpu) return 'medium';
  if (memoryGb < BOUNDS.high) return 'medium_gpu';
  return memoryGb < BOUNDS.ultra ? 'high' : 'ultra';
}
