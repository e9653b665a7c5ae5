/** `transcript/import`: a transcript of another program becomes an ended meeting. */
import { EarmarkError } from '../../../protocol/errors';
import { isPlainLine } from '../../../protocol/plainText';
import { TranscriptImport } from '../../../protocol/transcript';
import { personOf } from '../../base/identity';
import { AnalysisInputError, parseAnalysisInput } from '../../insights/text/plainText';
import { isoWithOffset } from '../../session/contract/record';
import type { Segment } from '../../transcript/types';
import type { RpcDeps } from '../deps';
import type { Registry } from '../registry';

/** A longer name of a speaker is a mistake of the file. */
const NAME_MAX = 200;

export function importHandlers(
  registry: Registry,
  { sessions, analysis, clock }: Pick<RpcDeps, 'sessions' | 'analysis' | 'clock'>,
): void {
  registry.on(
    TranscriptImport,
    async ({ text, title, startedAt, language, self }, client, asked) => {
      const { identity } = client.peer;
      if (startedAt !== undefined && Number.isNaN(Date.parse(startedAt)))
        throw new EarmarkError(
          'analysis.badInput',
          'The date is not an ISO date (YYYY-MM-DD); correct it.',
        );
      const begun = startedAt ?? isoWithOffset(clock.wall());
      const segments = segmentsOf(text);
      const { insights } = await analysis.analyse(
        { segments, context: { startedAt: begun, ...(self === undefined ? {} : { self }) } },
        personOf(identity),
        AbortSignal.any([asked.signal, client.ended]),
      );
      const sessionId = await sessions.import({
        title,
        startedAt: begun,
        language: language ?? 'en',
        segments,
        insights,
        ...(identity.kind === 'local' ? {} : { owner: identity.user }),
      });
      return {
        sessionId,
        segments: segments.length,
        speakers: [...new Set(segments.map(({ speaker }) => speaker))],
      };
    },
  );
}

/**
 * Segments in order of time with ids of their own: those of the file may be anything.
 * @throws EarmarkError analysis.badInput
 */
function segmentsOf(text: string): readonly Segment[] {
  try {
    return [...parseAnalysisInput(text)]
      .sort((a, b) => a.startMs - b.startMs)
      .map((segment, i) => ({
        ...segment,
        id: `s${i + 1}`,
        speaker: isPlainLine(segment.speaker) ? segment.speaker.slice(0, NAME_MAX) : 'Others',
      }));
  } catch (error) {
    if (error instanceof AnalysisInputError)
      throw new EarmarkError('analysis.badInput', error.message);
    throw error;
  }
}
