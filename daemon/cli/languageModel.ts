/** The language model that a command names: `local:ID`, `server`, `none`, or that of the settings. */
import { EarmarkError } from '../../protocol/errors';
import type { Settings } from '../../protocol/settings';
import { configuredModel } from '../adapters/llm/configuredModel';
import { ExamFile } from '../adapters/llm/examFile';
import { LocalModels, requireLanguageModel } from '../adapters/llm/local/localModels';
import { systemClock } from '../base/clock';
import { silentLogger } from '../base/logger';
import type { ModelQueue } from '../insights/model/modelQueue';
import { localModelId } from '../insights/model/languageModel';
import type { Models } from '../models/api';
import { languageWorkerEntry } from './workerEntry';

interface Chosen {
  readonly queue: ModelQueue | undefined;
  /** Ends the process of a local model. */
  readonly dispose: () => void;
}

/**
 * @param id absent: what the settings name, the server first
 * @throws EarmarkError rpc.invalidParams for an unknown form, engine.unavailable, model.*
 */
export async function languageModel(
  id: string | undefined,
  setup: { readonly home: string; readonly models: Models; readonly settings: Settings },
): Promise<Chosen> {
  const { home, models, settings } = setup;
  const exams = new ExamFile(home, silentLogger);
  const wanted = id ?? defaultOf(settings);
  if (wanted === 'none') return { queue: undefined, dispose: () => undefined };
  if (wanted === 'server') {
    const queue = configuredModel(settings, systemClock, { exams });
    if (queue) return { queue, dispose: () => undefined };
    throw new EarmarkError(
      'engine.unavailable',
      'No language model server is set. Name one in "earmark.llm.endpoint".',
    );
  }
  const local = localModelId(wanted);
  if (local === undefined)
    throw new EarmarkError(
      'rpc.invalidParams',
      `There is no language model "${wanted.slice(0, 100)}"; write local:ID, server or none.`,
    );
  await requireLanguageModel(models, local);
  const all = new LocalModels({
    models,
    worker: languageWorkerEntry(),
    exams,
    clock: systemClock,
    logger: silentLogger,
  });
  return { queue: all.queue(local), dispose: () => all.dispose() };
}

function defaultOf({ 'llm.endpoint': endpoint, 'llm.localModel': local }: Settings): string {
  if (endpoint !== '') return 'server';
  return local === '' ? 'none' : `local:${local}`;
}
