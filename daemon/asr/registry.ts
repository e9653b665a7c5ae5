/**
 * The recognisers: one entry for each, with everything that depends on which recogniser it is. The
 * engines, the team server, the benches, the tiers and the segmenter read these entries, so nothing
 * else compares a recogniser's name.
 */
import type { SettingName } from '../../protocol/settings';
import { type SegmenterPreset, defaultPreset, nemoPreset, whisperPreset } from '../vad/segmenter';
import type { EngineTarget } from './contract/machineChoice';
import type { DeviceChoice, ProviderInfo } from './contract/provider';
import {
  moonshineInfo,
  nemoInfo,
  openaiInfo,
  scriptedInfo,
  voxtralInfo,
  whisperInfo,
} from './contract/providerInfos';
import { TIERS, type Tier } from './contract/machineChoice';

/** A model with its place among all models, for each of TIERS. */
interface RankedModel {
  readonly model: string;
  readonly device: DeviceChoice;
  /** Lower ranks come first; undefined: not in this tier. */
  readonly ranks: readonly (number | undefined)[];
}

export interface RecogniserEntry {
  readonly info: ProviderInfo;
  /** Place of its decodes: an inference worker, a program of its own, a server, or tests only. */
  readonly runs: 'worker' | 'program' | 'server' | 'test';
  readonly segmenter: SegmenterPreset;
  /** A change of these settings reloads it. */
  readonly settings: readonly SettingName[];
  /** A load fixes the threads of its decodes; default: each decode chooses. */
  readonly fixesThreads?: boolean;
  readonly models: readonly RankedModel[];
  /**
   * CPU work by prefix of the model's id, relative to Moonshine tiny. The first match counts.
   * Moonshine tiny and Whisper base are measured (bench `whisper`). The NeMo models are estimated
   * from exports with random weights and original size (bench `nemo`), because their published
   * weights were never loaded there. The others are estimated from their parameters: Moonshine 27
   * and 61 million, Whisper 39, 74, 244, 769, 809, 1550 million.
   */
  readonly work: readonly (readonly [prefix: string, work: number])[];
}

/** Absent from a tier. */
const NO = undefined;

/**
 * On the CPU, NeMo and Moonshine for English: with fewer or the same errors they take a fraction of
 * Whisper's time. Parakeet v3 and Whisper cover other languages. On a GPU, Whisper does not load
 * the CPU.
 */
export const RECOGNISERS: readonly RecogniserEntry[] = [
  {
    info: moonshineInfo,
    runs: 'worker',
    fixesThreads: true,
    segmenter: defaultPreset,
    settings: [],
    models: [
      { model: 'moonshine-base', device: 'cpu', ranks: [NO, NO, 3, NO, 12, 12] },
      { model: 'moonshine-tiny', device: 'cpu', ranks: [1, 2, 4, 11, 13, 13] },
    ],
    work: [
      ['moonshine-tiny', 1],
      ['moonshine-base', 2.3],
    ],
  },
  {
    info: nemoInfo,
    runs: 'worker',
    fixesThreads: true,
    segmenter: nemoPreset,
    settings: [],
    models: [
      { model: 'parakeet-tdt-0.6b-v2', device: 'cpu', ranks: [NO, NO, 1, 1, 1, 1] },
      { model: 'parakeet-tdt_ctc-110m', device: 'cpu', ranks: [2, 1, 2, 10, 11, 11] },
      { model: 'parakeet-tdt-0.6b-v3', device: 'cpu', ranks: [NO, NO, 5, 2, 2, 2] },
    ],
    work: [
      ['parakeet-tdt_ctc-110m', 1.3],
      ['fastconformer-streaming-114m', 1.3],
      ['parakeet-tdt-0.6b', 4.2],
      ['nemotron-streaming-0.6b', 4.2],
    ],
  },
  {
    info: whisperInfo,
    runs: 'worker',
    segmenter: whisperPreset,
    settings: [],
    models: [
      { model: 'whisper-large-v3-turbo', device: 'gpu', ranks: [NO, NO, NO, NO, NO, 3] },
      { model: 'whisper-large-v3-turbo', device: 'cpu', ranks: [NO, NO, NO, NO, NO, 4] },
      { model: 'whisper-medium-q8_0', device: 'gpu', ranks: [NO, NO, NO, NO, 5, 5] },
      { model: 'whisper-medium-q8_0', device: 'cpu', ranks: [NO, NO, NO, NO, 6, 6] },
      { model: 'whisper-small', device: 'gpu', ranks: [NO, NO, NO, 5, 7, 7] },
      { model: 'whisper-small', device: 'cpu', ranks: [NO, NO, NO, 6, 8, 8] },
      { model: 'whisper-small-q8_0', device: 'cpu', ranks: [NO, NO, 6, NO, NO, NO] },
      { model: 'whisper-base-q8_0', device: 'gpu', ranks: [NO, NO, NO, 7, NO, NO] },
      { model: 'whisper-base-q8_0', device: 'cpu', ranks: [NO, 4, 7, 8, 9, 9] },
      { model: 'whisper-tiny-q8_0', device: 'cpu', ranks: [3, 5, 8, 12, 14, 14] },
      { model: 'whisper-tiny-q5_1', device: 'cpu', ranks: [4, NO, NO, NO, NO, NO] },
    ],
    work: [
      ['whisper-tiny', 2.1],
      ['whisper-base', 4],
      ['whisper-small', 13],
      ['whisper-medium', 42],
      ['whisper-large-v3-turbo', 44],
      ['whisper-large-v3', 84],
    ],
  },
  {
    info: voxtralInfo,
    runs: 'program',
    segmenter: defaultPreset,
    settings: ['voxtral.program'],
    models: [],
    work: [],
  },
  {
    info: openaiInfo,
    runs: 'server',
    segmenter: defaultPreset,
    settings: ['openai.endpoint', 'openai.model', 'openai.plainHttp', 'openai.key'],
    models: [],
    work: [],
  },
  {
    info: scriptedInfo,
    runs: 'test',
    segmenter: defaultPreset,
    settings: [],
    models: [],
    work: [],
  },
];

/** Engine of a session if nothing else is known: the catalogue's default. */
export const DEFAULT_TARGET: EngineTarget = {
  provider: moonshineInfo.id,
  model: 'moonshine-tiny',
  device: 'auto',
};

/** Recognisers that decode in inference workers. */
export const WORKER_RECOGNISERS = RECOGNISERS.filter(({ runs }) => runs === 'worker');

export function runsInWorker(id: string): boolean {
  return WORKER_RECOGNISERS.some(({ info }) => info.id === id);
}

/** True if a load fixes the threads of its decodes, as ONNX Runtime does. */
export function fixesThreads(id: string): boolean {
  return RECOGNISERS.find(({ info }) => info.id === id)?.fixesThreads ?? false;
}

/** True if the recogniser can decode on a GPU. */
export function usesGpu({ provider }: Pick<EngineTarget, 'provider'>): boolean {
  return RECOGNISERS.find(({ info }) => info.id === provider)?.info.capabilities.gpu ?? false;
}

/** True if quiet speech is raised for it. The recogniser for tests recognises levels. */
export function takesRaisedSpeech(id: string): boolean {
  return RECOGNISERS.find(({ info }) => info.id === id)?.runs !== 'test';
}

/** Returns the segmenter's options for a recogniser; the defaults for an unknown one. */
export function segmenterPresetOf(id: string): SegmenterPreset {
  return RECOGNISERS.find(({ info }) => info.id === id)?.segmenter ?? defaultPreset;
}

/** Returns the ids of recognisers that a change of these settings concerns. */
export function recognisersOf(changed: (setting: SettingName) => boolean): readonly string[] {
  return RECOGNISERS.filter(({ settings }) => settings.some(changed)).map(({ info }) => info.id);
}

/** Returns the models of a tier, best first. */
export function rankedModels(tier: Tier): readonly EngineTarget[] {
  const column = TIERS.indexOf(tier);
  return RECOGNISERS.flatMap(({ info, models }) =>
    models.flatMap(({ model, device, ranks }) => {
      const rank = ranks[column];
      return rank === undefined ? [] : [{ rank, target: { provider: info.id, model, device } }];
    }),
  )
    .sort((a, b) => a.rank - b.rank)
    .map(({ target }) => target);
}

/** @returns CPU work of a model relative to Moonshine tiny; undefined if unknown */
export function workOf(model: string): number | undefined {
  return RECOGNISERS.flatMap(({ work }) => work).find(([prefix]) => model.startsWith(prefix))?.[1];
}
