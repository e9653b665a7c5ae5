/** The language models of notes: the configured server, local models, and those of editors. */
import { EarmarkError } from '../protocol/errors';
import type { Settings } from '../protocol/settings';
import { configuredModel, queueFor } from './adapters/llm/configuredModel';
import type { Clock } from './base/clock';
import type { Logger } from './base/logger';
import type { ExamResults } from './insights/model/examResults';
import type { ModelQueue, ModelQueueSetup } from './insights/model/modelQueue';
import type { ClientContext } from './rpc/clientContext';
import type { NoteModels } from './rpc/deps';
import type { OfferedModel } from './rpc/offeredModel';

export interface LanguageModels extends Pick<NoteModels, 'offeredBy' | 'server'> {
  /** Model of all meetings: the server, else the local one, else the oldest offer of an editor. */
  queue(): ModelQueue | undefined;
  readonly problem?: string;
}

export interface LanguageModelsSetup {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly offered: OfferedModel;
  readonly exams: ExamResults;
  /** Slots that several processes share, up to a number. */
  /** Queue in front of a local model. */
  readonly local: (modelId: string) => ModelQueue;
  readonly place: ((most: number) => ReturnType<NonNullable<ModelQueueSetup['place']>>) | undefined;
}

/** With a wrong address the daemon starts, the rules write the notes, and the problem is listed. */
export function composeLanguageModels({
  settings,
  clock,
  logger,
  offered,
  exams,
  local,
  place: slots,
}: LanguageModelsSetup): LanguageModels {
  const ofClients = new WeakMap<ClientContext, ModelQueue>();
  const offeredBy: NoteModels['offeredBy'] = (client) => {
    const model = offered.of(client);
    const known = ofClients.get(client) ?? (model && queueFor(model, settings, clock, { exams }));
    if (known) ofClients.set(client, known);
    return model && known;
  };
  try {
    const place = slots && (() => slots(settings['llm.concurrency']));
    const server = configuredModel(settings, clock, { exams, ...(place && { place }) });
    // A lent model belongs to the user of the editor.
    const lent = queueFor(offered, settings, clock, { exams });
    const { 'llm.localModel': chosen } = settings;
    const own = chosen === '' ? undefined : local(chosen);
    return {
      queue: () => server ?? own ?? (offered.available ? lent : undefined),
      offeredBy,
      server,
    };
  } catch (error) {
    logger.warn('llm.notConfigured', {
      error: error instanceof EarmarkError ? error.code : 'unexpected',
    });
    return {
      queue: () => undefined,
      offeredBy,
      server: undefined,
      problem:
        error instanceof EarmarkError
          ? error.message
          : "Could not use the language model; see the daemon's log.",
    };
  }
}
