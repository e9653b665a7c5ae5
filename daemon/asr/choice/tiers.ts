/**
 * Maps the capabilities of a machine to models: six tiers, each with models best first and a
 * reason. Data and pure functions.
 */
import type { EngineTarget } from '../contract/machineChoice';
import { type Tier } from '../contract/machineChoice';
import { rankedModels, workOf } from '../registry';
import { type Calibration } from '../contract/machineChoice';
import { HIGHEST_RTF, expectedRtf } from './calibration';
import type { Capabilities } from '../../models/capabilities';
import type { TierChoice } from '../contract/machineChoice';

/** Minimum memory of each tier, GB. */
const BOUNDS = { low: 4, medium: 8, high: 16, ultra: 32 } as const;
/**
 * GPU memory for each model. A model that fills the GPU leaves no memory for a phrase; whisper.cpp
 * needs about 1.3 times the file size.
 */
const GPU_MEMORY_GB = {
  'whisper-small': 1,
  'whisper-medium-q8_0': 2,
  'whisper-large-v3-turbo': 3,
} as const;

/**
 * @param calibration of this machine; without it, memory decides
 * @param gpuProblem reason why recognition cannot use the GPU
 */
export function tierOf(
  { memoryGb, gpu: found, unknown }: Pick<Capabilities, 'memoryGb' | 'gpu' | 'unknown'>,
  calibration?: Calibration,
  gpuProblem?: string,
): TierChoice {
  const gpu = gpuProblem === undefined ? found : undefined;
  const tier = byMemory(memoryGb, gpu !== undefined);
  const ranked = rankedModels(tier);
  const fits = ranked.filter(
    ({ model, device }) =>
      device !== 'gpu' ||
      gpu?.memoryGb === undefined ||
      gpu.memoryGb >= (GPU_MEMORY_GB[model as keyof typeof GPU_MEMORY_GB] ?? 0),
  );
  const left = ranked.length - fits.length;
  const { targets, slow } = fastEnough(fits, calibration);
  const why = [
    `${memoryGb} GB of memory and ${gpu ? `the GPU ${gpu.name} (${gpu.kind})` : 'no GPU that recognition can use'}`,
    ...(found && gpuProblem !== undefined
      ? [`the GPU ${found.name} (${found.kind}) is not used: ${gpuProblem}`]
      : []),
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
 * Removes models that are too slow for this CPU. The model of each provider with the least work
 * always stays.
 */
function fastEnough(
  targets: readonly EngineTarget[],
  calibration: Calibration | undefined,
): { readonly targets: readonly EngineTarget[]; readonly slow: readonly EngineTarget[] } {
  if (!calibration) return { targets, slow: [] };
  const work = ({ model }: EngineTarget): number => workOf(model) ?? Infinity;
  const isLeast = (target: EngineTarget): boolean =>
    !targets.some((other) => other.provider === target.provider && work(other) < work(target));
  const slow = targets.filter(
    (target) =>
      target.device !== 'gpu' &&
      !isLeast(target) &&
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
