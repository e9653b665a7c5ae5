/** Parses the answer of a transcription server (OpenAI's `json` and `verbose_json`). */
import { z } from 'zod';
import { alignWords } from '../../../asr/decoding/alignWords';
import type { AsrResult } from '../../../asr/contract/provider';
import { estimateWordTimes, audioBounds } from '../../../asr/decoding/wordTimes';
import { SAMPLE_RATE } from '../../../audio/frame';

const Answer = z.object({
  text: z.string().max(100_000),
  language: z.string().max(50).nullish(),
  words: z
    .array(z.object({ word: z.string(), start: z.number(), end: z.number() }))
    .max(10_000)
    .nullish(),
  segments: z
    .array(z.object({ text: z.string().nullish(), avg_logprob: z.number().nullish() }))
    .max(5000)
    .nullish(),
});

/** `verbose_json` names languages in English. */
const LANGUAGES: Readonly<Record<string, string>> = {
  english: 'en',
  german: 'de',
  french: 'fr',
  spanish: 'es',
  italian: 'it',
  portuguese: 'pt',
  dutch: 'nl',
  russian: 'ru',
  chinese: 'zh',
  japanese: 'ja',
  korean: 'ko',
  polish: 'pl',
  turkish: 'tr',
  ukrainian: 'uk',
  arabic: 'ar',
  hindi: 'hi',
  swedish: 'sv',
  czech: 'cs',
};

/** @returns undefined for any other content */
export function readAnswer(
  body: string,
  pcm: Float32Array,
  asked: string,
  inferenceMs: number,
): AsrResult | undefined {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return undefined;
  }
  const parsed = Answer.safeParse(json);
  if (!parsed.success) return undefined;
  const { words: timed, segments, language } = parsed.data;
  const text = parsed.data.text
    .split(/\s+/)
    .filter((w) => w !== '')
    .join(' ');
  const audioMs = Math.round((pcm.length * 1000) / SAMPLE_RATE);
  const confidence = confidenceOf(segments ?? []);
  const of = confidence === undefined ? {} : { confidence };
  const words =
    timed && timed.length > 0
      ? alignWords(
          text,
          timed.map(({ word, start, end }) => ({ word, startMs: start * 1000, endMs: end * 1000 })),
          audioMs,
          confidence,
        )
      : estimateWordTimes(
          text
            .split(' ')
            .filter((w) => w !== '')
            .map((w) => ({ text: w, ...of })),
          audioBounds(pcm),
        );
  const detected =
    LANGUAGES[language?.toLowerCase() ?? ''] ??
    (/^[a-z]{2,3}$/.test(language ?? '') ? (language as string) : undefined);
  const sameAsAsked = detected === undefined || detected === asked.split('-')[0];
  return {
    text,
    words,
    ...(text === '' ? { confidence: 0 } : of),
    language: sameAsAsked ? asked : detected,
    inferenceMs,
  };
}

/** Mean of the segments' token probabilities, weighted by length; undefined if there are none. */
function confidenceOf(
  segments: readonly {
    readonly text?: string | null | undefined;
    readonly avg_logprob?: number | null | undefined;
  }[],
): number | undefined {
  let weight = 0;
  let sum = 0;
  for (const { text, avg_logprob: logprob } of segments) {
    if (typeof logprob !== 'number') continue;
    const length = Math.max(1, text?.length ?? 1);
    weight += length;
    sum += length * Math.min(1, Math.exp(logprob));
  }
  return weight === 0 ? undefined : Math.max(0.01, sum / weight);
}
