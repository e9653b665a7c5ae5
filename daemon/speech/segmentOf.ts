/** Converts a phrase and its text into a segment of the session. */
import type { AsrResult } from '../asr/contract/provider';
import { speakerOf } from '../transcript/speakers';
import type { Segment } from '../transcript/types';
import type { Phrase } from '../vad/contract';

/**
 * Creates a segment.
 * @returns undefined without words: a guard rejected the text, no word was recognised, or the
 * phrase was given up
 */
export function segmentOf(phrase: Phrase, result: AsrResult | undefined): Segment | undefined {
  const text = result?.text.trim();
  if (!result || !text) return undefined;
  const endMs = endOf(phrase, result);
  // The phrase goes on behind its speech, and estimated words may reach into that silence.
  const within = (ms: number): number =>
    Math.min(endMs, Math.max(phrase.startMs, Math.round(phrase.startMs + ms)));
  const words = result.words.map((word) => ({
    ...word,
    startMs: within(word.startMs),
    endMs: within(word.endMs),
  }));
  return {
    id: phrase.id,
    startMs: phrase.startMs,
    endMs,
    source: phrase.source,
    speaker: speakerOf(phrase.source).name,
    text,
    ...(result.confidence === undefined
      ? {}
      : { confidence: Math.min(1, Math.max(0, result.confidence)) }),
    ...(words.length > 0 ? { words } : {}),
    revision: 0,
  };
}

/** End of the speech, or of the last word whose time the recogniser measured. */
function endOf(phrase: Phrase, { words }: AsrResult): number {
  const measured = words
    .filter(({ timing }) => timing === 'model')
    .map(({ endMs }) => Math.min(phrase.endMs, Math.round(phrase.startMs + endMs)));
  return Math.max(phrase.speechEndMs, phrase.startMs + 1, ...measured);
}
