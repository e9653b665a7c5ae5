/**
 * Detects another language in a recogniser of English. Such a recogniser invents English words: it
 * doubts nearly all of them, or repeats itself until the guards reject the text. Noise and accents
 * lower its confidence less, see docs/decisions/0068-quiet-and-foreign-speech.md.
 */
import { type AsrResult, measuredConfidence } from '../contract/provider';

export interface LanguageDoubtOptions {
  /** Speech that the decision needs, milliseconds; a few doubtful words are no evidence. */
  readonly minSpeechMs: number;
  /** Mean confidence of this speech, 0–1, below which the language is doubted. */
  readonly maxConfidence: number;
  /** Confidence below which a phrase is doubtful. */
  readonly doubtful: number;
  /** Share of the speech that must be doubtful, 0–1. */
  readonly minShare: number;
  /** Confidence of a rejected or empty text: a loop may be confident, but recognises nothing. */
  readonly rejectedConfidence: number;
  /** Speech without a word that counts as doubt, milliseconds; shorter speech may be a cough. */
  readonly minWordlessMs: number;
}

const defaultLanguageDoubtOptions: LanguageDoubtOptions = {
  minSpeechMs: 10_000,
  maxConfidence: 0.6,
  doubtful: 0.65,
  minShare: 0.9,
  rejectedConfidence: 0.4,
  minWordlessMs: 3_000,
};

/** A decoded phrase. */
export interface DoubtedPhrase {
  /** Length of its speech, milliseconds. */
  readonly speechMs: number;
  readonly result: Pick<AsrResult, 'text' | 'confidence' | 'uncalibrated' | 'rejected'>;
}

/** Returns true if the latest phrases hardly contain English. */
export function isForeign(
  phrases: readonly DoubtedPhrase[],
  options: LanguageDoubtOptions = defaultLanguageDoubtOptions,
): boolean {
  let [speechMs, doubtfulMs, weighted] = [0, 0, 0];
  for (let i = phrases.length - 1; i >= 0 && speechMs < options.minSpeechMs; i--) {
    const phrase = phrases[i]!;
    const confidence = confidenceOf(phrase, options);
    if (confidence === undefined) continue;
    speechMs += phrase.speechMs;
    weighted += phrase.speechMs * confidence;
    if (confidence < options.doubtful) doubtfulMs += phrase.speechMs;
  }
  return (
    speechMs >= options.minSpeechMs &&
    weighted / speechMs < options.maxConfidence &&
    doubtfulMs / speechMs >= options.minShare
  );
}

/** Returns undefined if the phrase contains no speech: silence and noise say nothing. */
function confidenceOf(
  { speechMs, result }: DoubtedPhrase,
  options: LanguageDoubtOptions,
): number | undefined {
  const { text, rejected } = result;
  if (rejected === 'loop' || rejected === 'tooManyWords') return options.rejectedConfidence;
  if (rejected !== undefined) return undefined;
  if (text !== '') return measuredConfidence(result);
  return speechMs < options.minWordlessMs ? undefined : options.rejectedConfidence;
}

/** More phrases than the speech of a decision can have. */
const KEPT_PHRASES = 64;

/** Follows the phrases of a source and reports the doubt once. */
export class LanguageDoubt {
  private readonly phrases: DoubtedPhrase[] = [];
  private reported = false;

  /** @returns true the first time that the speech is not English */
  take(phrase: DoubtedPhrase): boolean {
    if (this.reported) return false;
    this.phrases.push(phrase);
    if (this.phrases.length > KEPT_PHRASES) this.phrases.shift();
    this.reported = isForeign(this.phrases);
    return this.reported;
  }
}
