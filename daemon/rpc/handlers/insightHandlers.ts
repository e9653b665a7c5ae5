/** `insights/revise`, `insights/derive`, `insights/write`, `insights/analyze`. */
import { EarmarkError } from '../../../protocol/errors';
import {
  ANALYSIS_SEGMENT_MAX,
  ANALYSIS_TEXT_MAX,
  InsightAnalyze,
  InsightDerive,
  InsightRevise,
  InsightWrite,
  InsightWriting,
} from '../../../protocol/insights';
import { LanguageModelLevels } from '../../../protocol/languageModel';
import type { Source } from '../../audio/frame';
import { derive } from '../../notes/derive';
import type { Segment } from '../../transcript/types';
import { defined } from '../../base/defined';
import { personOf } from '../../base/identity';
import type { ModelView } from '../../models/api';
import { expectedMinutes } from '../../models/languageSpeed';
import { toInsight } from '../convert';
import type { RpcDeps } from '../deps';
import type { Registry } from '../registry';
import { insightGone } from '../../session/contract/errors';

export function insightHandlers(
  registry: Registry,
  { sessions, analysis, clock, noteModels, models, engines }: RpcDeps,
): void {
  registry
    .on(InsightRevise, async ({ sessionId, insightId, ...change }) => {
      await sessions.reviseInsight(sessionId, insightId, defined(change));
      return {};
    })
    .on(InsightDerive, async ({ sessionId, insightId, as, languageId }) => {
      const { record, insights } = await sessions.get(sessionId);
      const insight = insights.find(({ id }) => id === insightId);
      if (!insight) throw insightGone();
      return {
        ...derive(
          as,
          insight,
          { title: record.title, startedAt: record.startedAt, ...record.workspace },
          languageId,
        ),
      };
    })
    .on(InsightWrite, async (params, client, { signal }) => {
      const { sessionId, model: which, modelId, template } = params;
      const person = personOf(client.peer.identity);
      const model =
        which === 'editor'
          ? noteModels?.offeredBy(client)
          : which === 'server'
            ? noteModels?.server?.of(person)
            : modelId === undefined
              ? undefined
              : noteModels?.local(modelId)?.of(person);
      if (!model) throw noModel(which);
      const { changed, level, usage, failure } = await sessions.writeNotes(sessionId, {
        model,
        ...defined({ template }),
        signal,
        onProgress: (step) => client.notify(InsightWriting, { sessionId, ...step }),
      });
      return { changed, ...usage, ...defined({ level, failure }) };
    })
    .on(LanguageModelLevels, async () => {
      const server = noteModels?.server;
      const cores = engines.machine?.capabilities.cores ?? 1;
      return {
        local: noteModels ? (await models.list()).flatMap((one) => localModel(one, cores)) : [],
        levels: [...(noteModels?.exams.all ?? [])],
        ...(server && { server: { modelId: server.id, name: server.name } }),
      };
    })
    .on(InsightAnalyze, async ({ segments, self, date }, client, { signal }) => {
      checkGiven(segments, date);
      const { insights, failure } = await analysis.analyse(
        {
          segments: segments.map(fromAnalysisSegment),
          context: {
            startedAt: date ?? new Date(clock.wall()).toISOString(),
            ...(self === undefined ? {} : { self }),
          },
        },
        personOf(client.peer.identity),
        AbortSignal.any([signal, client.ended]),
      );
      return {
        insights: insights.map(toInsight),
        ...(failure === undefined ? {} : { warnings: [failure] }),
      };
    });
}

/** @throws EarmarkError analysis.badInput */
function checkGiven(
  segments: readonly { readonly id: string; readonly speaker: string; readonly text: string }[],
  date: string | undefined,
): void {
  const refuse = (message: string): never => {
    throw new EarmarkError('analysis.badInput', message);
  };
  if (date !== undefined && Number.isNaN(Date.parse(date)))
    refuse('The date is not an ISO date (YYYY-MM-DD); correct it.');
  const ids = new Set(segments.map((s) => s.id));
  if (ids.size < segments.length) refuse('Two segments have the same id; give each its own.');
  if (segments.some(({ text }) => text.length > ANALYSIS_SEGMENT_MAX))
    refuse(`A segment has more than ${ANALYSIS_SEGMENT_MAX} characters; split it.`);
  const sum = segments.reduce((n, { speaker, text }) => n + speaker.length + text.length, 0);
  if (sum > ANALYSIS_TEXT_MAX)
    refuse(`The transcript has more than ${ANALYSIS_TEXT_MAX} characters; analyse it in parts.`);
}

/** Empty for a model that writes no notes. */
function localModel(
  { id, name = id, kind, bytes, residentBytes = bytes, status, experimental }: ModelView,
  cores: number,
) {
  if (kind !== 'language') return [];
  return [
    {
      id,
      name,
      modelId: `local/${id}`,
      bytes,
      residentBytes,
      installed: status.state === 'installed',
      minutes: expectedMinutes(bytes, cores),
      ...(experimental === true && { experimental }),
    },
  ];
}

function noModel(which: 'editor' | 'server' | 'local'): EarmarkError {
  return new EarmarkError(
    'engine.unavailable',
    which === 'editor'
      ? 'This editor offers no language model. Select one and try again.'
      : which === 'local'
        ? 'No local language model is named. Give its id as "modelId".'
        : 'No language model server is set. Name one in "earmark.llm.endpoint".',
  );
}

function fromAnalysisSegment(given: {
  id: string;
  start: number;
  end: number;
  source: string;
  speaker: string;
  text: string;
}): Segment {
  const source: Source =
    given.source === 'mic' || given.source === 'system' ? given.source : 'file';
  return {
    id: given.id,
    startMs: given.start * 1000,
    endMs: given.end * 1000,
    source,
    speaker: given.speaker,
    text: given.text,
    confidence: 1,
    revision: 0,
  };
}
