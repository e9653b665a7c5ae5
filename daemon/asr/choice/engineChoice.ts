/**
 * Chooses the engines of a session, best first: the requested engine or the best for this machine,
 * then fallbacks.
 */
import { EarmarkError } from '../../../protocol/errors';
import type { EngineTarget } from '../contract/machineChoice';
import type { DeviceChoice, ProviderInfo } from '../contract/provider';

/** A model that can be chosen. */
export interface ModelFact {
  readonly id: string;
  readonly provider: string;
  /** BCP 47 primary tags; `*` for many. */
  readonly languages: readonly string[];
  readonly installed: boolean;
  /** Memory of a worker with the loaded model, bytes; absent if unknown. */
  readonly residentBytes?: number;
  /** Earmark downloads it automatically. */
  readonly isDefault?: boolean;
}

export interface ProviderFact {
  readonly info: ProviderInfo;
  /**
   * Default model for a request that names only the provider. For providers whose models are not in
   * the catalogue.
   */
  readonly defaultModel?: string;
}

export interface ChoiceSetup {
  readonly providers: readonly ProviderFact[];
  /** The catalogue's recognisers. */
  readonly models: readonly ModelFact[];
  /** Engines for this machine, best first; the user's setting comes first. */
  readonly preferred: readonly EngineTarget[];
  /** The same engines in the order for dictation; default: `preferred`. */
  readonly forDictation?: readonly EngineTarget[];
}

export interface EngineRequest {
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  readonly device?: DeviceChoice | undefined;
  /** BCP 47. */
  readonly language: string;
  readonly dictation?: boolean | undefined;
}

/** Value of a setting or option that lets the daemon choose. */
const AUTO = 'auto';

/**
 * Chooses the engines of a session.
 * @returns at least one engine. The first is the requested engine, else the best installed engine,
 * else the default model to download. The others are fallbacks: installed and of the same language.
 * A remote engine is a fallback of a local engine only if `preferred` contains it.
 * @throws EarmarkError engine.unavailable, model.unknown, engine.language
 */
export function chooseEngines(
  available: ChoiceSetup,
  request: EngineRequest,
): readonly [EngineTarget, ...EngineTarget[]] {
  const { forDictation = available.preferred } = available;
  const setup = request.dictation ? { ...available, preferred: forDictation } : available;
  const provider = named(request.provider);
  const model = named(request.model);
  const speaks = (target: EngineTarget): boolean =>
    speaksLanguage(languagesOf(setup, target), request.language);
  const first =
    provider === undefined && model === undefined
      ? undefined
      : requestedTarget(setup, provider, model, request);
  if (first && !speaks(first)) throw wrongLanguage(first.model, request.language);
  const preferred = onDevice(setup, request.device);
  if (request.device === 'gpu' && !(first ? usesGpu(setup, first) : preferred.length > 0))
    throw noGpu(setup, first);
  const speaking = preferred.filter(speaks);
  const ready = speaking.filter((target) => isInstalled(setup, target));
  const absent = speaking.find((target) => isFetched(setup, target)) ?? speaking[0];
  const stand = first ? [first, ...ready] : ready.length > 0 ? ready : absent ? [absent] : [];
  const [best, ...rest] = stand.filter(
    (target, i) => stand.findIndex((other) => same(other, target)) === i,
  );
  if (best) return [best, ...rest];
  throw wrongLanguage(setup.preferred[0]?.model ?? 'of this machine', request.language);
}

/** Preferred engines, on the requested device; an engine without a GPU is no choice for `gpu`. */
function onDevice(setup: ChoiceSetup, device: DeviceChoice | undefined): readonly EngineTarget[] {
  if (device === undefined || device === 'auto') return setup.preferred;
  return setup.preferred
    .filter((target) => device !== 'gpu' || usesGpu(setup, target))
    .map((target) => ({ ...target, device }));
}

function usesGpu({ providers }: ChoiceSetup, { provider }: EngineTarget): boolean {
  return providers.find(({ info }) => info.id === provider)?.info.capabilities.gpu ?? false;
}

function noGpu({ providers }: ChoiceSetup, target: EngineTarget | undefined): EarmarkError {
  const able = providers.filter(({ info }) => info.capabilities.gpu).map(({ info }) => info.id);
  return new EarmarkError(
    'engine.unavailable',
    `${target ? `The speech engine ${target.provider} does not` : 'No speech engine of this computer can'} use a GPU. ` +
      `Set the device to auto or cpu${able.length > 0 ? `, or choose ${able.join(' or ')}` : ''}.`,
    { details: target ? { provider: target.provider } : {} },
  );
}

export function same(a: EngineTarget, b: EngineTarget): boolean {
  return a.provider === b.provider && a.model === b.model && a.device === b.device;
}

/**
 * Returns the model to use for other languages, the best for this machine first and an installed
 * one before one to download. Undefined if the target is no model of English alone.
 */
export function multilingualInstead(setup: ChoiceSetup, target: EngineTarget): string | undefined {
  const languages = languagesOf(setup, target);
  if (languages.length !== 1 || languages[0] !== 'en') return undefined;
  const many = setup.preferred.filter(
    (other) => languagesOf(setup, other)[0] === '*' || languagesOf(setup, other).length > 1,
  );
  return (many.find((other) => isInstalled(setup, other)) ?? many[0])?.model;
}

function requestedTarget(
  setup: ChoiceSetup,
  provider: string | undefined,
  model: string | undefined,
  request: EngineRequest,
): EngineTarget {
  const known =
    provider === undefined ? undefined : setup.providers.find(({ info }) => info.id === provider);
  if (provider !== undefined && !known) {
    throw new EarmarkError(
      'engine.unavailable',
      `There is no speech engine named "${provider.slice(0, 50)}"; choose one of ` +
        `${setup.providers.map(({ info }) => info.id).join(', ')}.`,
      { details: { provider: provider.slice(0, 50) } },
    );
  }
  const device =
    request.device ??
    setup.preferred.find(
      (target) =>
        target.model === model && (provider === undefined || target.provider === provider),
    )?.device ??
    'auto';
  if (model !== undefined) {
    const entry = setup.models.find(({ id }) => id === model);
    if (entry && (provider === undefined || entry.provider === provider))
      return { provider: entry.provider, model, device };
    // Only this provider can judge whether a model name is valid.
    if (!entry && known?.defaultModel !== undefined)
      return { provider: known.info.id, model, device };
    const choice = setup.models
      .filter((m) => provider === undefined || m.provider === provider)
      .map(({ id }) => id);
    throw new EarmarkError(
      'model.unknown',
      `There is no model "${model.slice(0, 100)}"` +
        `${provider === undefined ? '' : ` for ${provider}`}; choose one of ` +
        `${choice.join(', ')}.`,
      { details: { model: model.slice(0, 100) } },
    );
  }
  const own = [
    ...setup.preferred,
    ...setup.models.map((m) => ({ provider: m.provider, model: m.id, device })),
  ].filter((target) => target.provider === provider);
  const speaking = own.filter((target) =>
    speaksLanguage(languagesOf(setup, target), request.language),
  );
  const best = speaking.find((target) => isInstalled(setup, target)) ?? speaking[0] ?? own[0];
  if (best) return { ...best, device: request.device ?? best.device };
  if (known?.defaultModel !== undefined)
    return { provider: known.info.id, model: known.defaultModel, device };
  throw new EarmarkError(
    'model.unknown',
    `The speech engine ${provider} has no model in the catalogue; name one with --model.`,
  );
}

function languagesOf(
  { models, providers }: ChoiceSetup,
  { provider, model }: EngineTarget,
): readonly string[] {
  return (
    models.find(({ id }) => id === model)?.languages ??
    providers.find(({ info }) => info.id === provider)?.info.capabilities.languages ??
    []
  );
}

function isInstalled(
  { models, providers }: ChoiceSetup,
  { provider, model }: EngineTarget,
): boolean {
  return (
    models.find(({ id }) => id === model)?.installed ??
    providers.some(({ info, defaultModel }) => info.id === provider && defaultModel !== undefined)
  );
}

function isFetched({ models }: ChoiceSetup, { model }: EngineTarget): boolean {
  return models.find(({ id }) => id === model)?.isDefault ?? false;
}

/** @param languages BCP 47 primary tags of a model; `*` for many */
export function speaksLanguage(languages: readonly string[], language: string): boolean {
  return languages.some((l) => l === '*' || l === primary(language));
}

function named(request: string | undefined): string | undefined {
  return request === undefined || request === '' || request === AUTO ? undefined : request;
}

function primary(language: string): string {
  return language.split('-')[0]?.toLowerCase() ?? '';
}

function wrongLanguage(model: string, language: string): EarmarkError {
  return new EarmarkError(
    'engine.language',
    `The model ${model} does not support the language ${language}; choose another ` + 'model.',
  );
}
