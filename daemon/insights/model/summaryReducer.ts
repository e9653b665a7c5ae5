/**
 * Makes one summary of a meeting that was read in several parts. Each sentence keeps the evidence of
 * the statements it rests on, and the check refuses one that this evidence does not carry.
 */
import type { SegmentText } from '../../transcript/types';
import type { Finding } from '../discourse/discuss';
import { checkSentence } from '../gate/checkAnswer';
import { SpokenWindow } from '../gate/spokenWindow';
import type { Evidence } from '../types';
import { readReduced, REDUCE_SCHEMA, reduceQuestion } from '../write/reduce';
import type { ModelQueue } from './modelQueue';
import type { UsageCounter } from './usage';

const CONFIDENCE = 0.75;
/** With fewer sentences the parts' own summaries say more. */
const MIN_SENTENCES = 3;
/** Quotes of one sentence; a sentence about the whole rests on many. */
const MAX_EVIDENCE = 8;

/**
 * @param material sentences and items of all parts, in order of time
 * @returns undefined if the model gave no usable summary; never throws
 */
export async function reduceSummary(
  queue: Pick<ModelQueue, 'complete' | 'rateLimited'>,
  material: readonly Finding[],
  segments: readonly SegmentText[],
  signal: AbortSignal,
  usage: UsageCounter,
): Promise<readonly Finding[] | undefined> {
  if (material.length === 0 || queue.rateLimited) return undefined;
  try {
    const question = reduceQuestion(material.map(statementOf));
    const answer = await queue.complete(question, REDUCE_SCHEMA, signal, usage);
    const window = new SpokenWindow(segments);
    const lines = new Map(segments.map(({ id }, at) => [id, at + 1]));
    const sentences = (readReduced(answer) ?? []).flatMap(({ text, from }) => {
      const quotes = from
        .flatMap((at) => material[at]?.evidence ?? [])
        .slice(0, MAX_EVIDENCE)
        .map(({ segmentId, quote }: Evidence) => ({ line: lines.get(segmentId) ?? 0, quote }));
      return checkSentence({ text, quotes }, window, CONFIDENCE) ?? [];
    });
    return sentences.length < MIN_SENTENCES ? undefined : sentences;
  } catch {
    return undefined;
  }
}

function statementOf({ kind, text, owner, due }: Finding): string {
  const details = [owner, due].filter((one) => one !== undefined).join(', ');
  return `${kind === 'summary' ? '' : `${kind}: `}${text}${details === '' ? '' : ` (${details})`}`;
}
