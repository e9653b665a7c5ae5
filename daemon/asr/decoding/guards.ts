/**
 * Silence guards: phrases without speech are not decoded, and texts invented from noise are
 * rejected. Every rejection is counted by kind.
 */
import { deflateSync } from 'node:zlib';
import { SAMPLE_RATE } from '../../audio/frame';
import { type AsrResult, type GuardKind, measuredConfidence } from '../contract/provider';
import { carriesWords } from './speechEvidence';

export interface GuardOptions {
  readonly minPhraseMs: number;
  /** Minimum RMS over the loudest 300 ms, dBFS. */
  readonly minLevelDb: number;
  /** Maximum compression ratio; a text above it is a loop (the limit of Whisper's own decoder). */
  readonly maxCompression: number;
  readonly maxWordsPerSecond: number;
  /**
   * A known silence phrase is accepted from this confidence on. Without a calibrated confidence, the energy of
   * the audio decides.
   */
  readonly silencePhraseConfidence: number;
}

export const defaultGuardOptions: GuardOptions = {
  minPhraseMs: 250,
  minLevelDb: -50,
  maxCompression: 2.4,
  maxWordsPerSecond: 8,
  silencePhraseConfidence: 0.7,
};

/**
 * Texts that recognisers produce for silence, because their training data had subtitles and
 * sign-offs over silence. Short answers of people ("no", "okay") do not belong here.
 */
const SILENCE_PHRASES: ReadonlySet<string> = new Set([
  'you',
  'the',
  'bye',
  'uh',
  'um',
  'hmm',
  'mm',
  'thank you',
  'thank you very much',
  'thank you so much',
  'thanks',
  'thanks for watching',
  'thank you for watching',
  'please subscribe',
  'bye bye',
  'see you next time',
  'music',
  'applause',
  'silence',
  'blank audio',
  'inaudible',
  'the end',
  'subtitles by the amara org community',
]);

/**
 * Minimum length for the loop guard. Deflate has about this much overhead, which distorts the ratio
 * of short texts.
 */
const MIN_TEXT_FOR_LOOP = 30;

/** Returns the reason not to decode the samples, or undefined. */
export function guardAudio(
  pcm: Float32Array,
  options: GuardOptions = defaultGuardOptions,
): GuardKind | undefined {
  if (pcm.length < (options.minPhraseMs * SAMPLE_RATE) / 1000) return 'tooShort';
  return loudestDb(pcm) < options.minLevelDb ? 'tooQuiet' : undefined;
}

/** Returns the reason to reject the text, or undefined. */
export function guardText(
  result: AsrResult,
  pcm: Float32Array,
  options: GuardOptions = defaultGuardOptions,
): GuardKind | undefined {
  const words = result.text.split(/\s+/).filter((word) => word !== '');
  const audioMs = (pcm.length * 1000) / SAMPLE_RATE;
  if (words.length === 0) return undefined;
  if (
    words.length > options.maxWordsPerSecond &&
    words.length > (audioMs / 1000) * options.maxWordsPerSecond
  )
    return 'tooManyWords';
  if (result.text.length >= MIN_TEXT_FOR_LOOP && compression(result.text) > options.maxCompression)
    return 'loop';
  const bare = words
    .map((word) => word.toLowerCase().replace(/[^\p{L}\p{N}']/gu, ''))
    .filter((word) => word !== '')
    .join(' ');
  if (bare === '') return 'knownSilencePhrase';
  if (!SILENCE_PHRASES.has(bare)) return undefined;
  const confidence = measuredConfidence(result);
  const spoken =
    confidence === undefined
      ? carriesWords(pcm, words.length)
      : confidence >= options.silencePhraseConfidence;
  return spoken ? undefined : 'knownSilencePhrase';
}

/** Returns the result without its text. */
export function reject(
  result: Omit<AsrResult, 'text' | 'words' | 'rejected'>,
  rejected: GuardKind,
): AsrResult {
  return {
    text: '',
    words: [],
    ...(result.confidence === undefined ? {} : { confidence: result.confidence }),
    language: result.language,
    inferenceMs: result.inferenceMs,
    rejected,
  };
}

/** Compression ratio of the text. */
export function compression(text: string): number {
  const bytes = Buffer.from(text, 'utf8');
  return bytes.length / deflateSync(bytes).length;
}

/**
 * RMS of the loudest 300 ms, so that a short answer with much silence around it is not too quiet.
 */
function loudestDb(pcm: Float32Array): number {
  const span = Math.min(pcm.length, SAMPLE_RATE * 0.3);
  const step = SAMPLE_RATE / 50;
  const sums: number[] = [];
  for (let at = 0; at < pcm.length; at += step) {
    let sum = 0;
    for (let i = at; i < Math.min(at + step, pcm.length); i++) sum += (pcm[i] ?? 0) ** 2;
    sums.push(sum);
  }
  const count = Math.max(1, Math.round(span / step));
  let best = 0;
  for (let i = 0; i + count <= sums.length; i++)
    best = Math.max(
      best,
      sums.slice(i, i + count).reduce((a, b) => a + b, 0),
    );
  return best === 0 ? -100 : 10 * Math.log10(best / span);
}
