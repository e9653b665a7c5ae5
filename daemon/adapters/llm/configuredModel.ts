/** The language model that the user configured, with its queue. Undefined without an endpoint. */
import type { Settings } from '../../../protocol/settings';
import type { LanguageModel } from '../../insights/model/languageModel';
import { ModelQueue, type ModelQueueSetup } from '../../insights/model/modelQueue';
import type { Clock } from '../../base/clock';
import { OpenaiCompatibleModel } from './openaiCompatible';

/** @throws EarmarkError engine.unavailable for an invalid address */
export function configuredModel(
  settings: Settings,
  clock: Clock,
  { place, exams }: Pick<ModelQueueSetup, 'place' | 'exams'> = {},
): ModelQueue | undefined {
  const {
    'llm.endpoint': endpoint,
    'llm.model': name,
    'llm.plainHttp': allowPlainHttp,
    'llm.key': key,
  } = settings;
  if (endpoint === '') return undefined;
  return queueFor(
    new OpenaiCompatibleModel({
      endpoint,
      model: name,
      allowPlainHttp,
      ...(key === '' ? {} : { key }),
    }),
    settings,
    clock,
    { ...(place && { place }), ...(exams && { exams }) },
  );
}

/** The largest part of a meeting on two processors; a process that stands still ends sooner. */
const LOCAL_TIMEOUT_MS = 60 * 60_000;

/** A local model answers one request at a time. */
export function queueForLocal(
  model: LanguageModel,
  clock: Clock,
  shared: Pick<ModelQueueSetup, 'exams'>,
): ModelQueue {
  return new ModelQueue(model, { clock, concurrency: 1, timeoutMs: LOCAL_TIMEOUT_MS, ...shared });
}

export function queueFor(
  model: LanguageModel,
  { 'llm.concurrency': concurrency, 'llm.timeoutSeconds': seconds }: Settings,
  clock: Clock,
  shared: Pick<ModelQueueSetup, 'place' | 'exams'>,
): ModelQueue {
  return new ModelQueue(model, {
    clock,
    concurrency,
    timeoutMs: 1000 * seconds,
    ...shared,
  });
}
