/** Warnings about the speech itself, each at most once in a session and source. */
import { loudestDb } from '../asr/guards';
import { LanguageDoubt } from '../asr/languageDoubt';
import type { AsrResult } from '../asr/provider';
import type { Source } from '../audio/frame';
import type { Phrase } from '../vad/contract';
import type { WarningCode } from './events';

export interface SpeechWarningsSetup {
  readonly live: () => boolean;
  /** See `EngineLease.multilingual`. */
  readonly multilingual: () => string | undefined;
  readonly warn: (code: WarningCode, message: string, source: Source) => void;
}

/**
 * Speech below this level, dBFS over its loudest 300 ms, is very quiet. Recognition makes more
 * errors below it, see docs/decisions/0069-quiet-speech.md.
 */
const QUIET_DB = -45;
/** Consecutive quiet phrases before the warning, so that one whisper causes none. */
const QUIET_PHRASES = 3;

export class SpeechWarnings {
  private readonly doubts = new Map<Source, LanguageDoubt>();
  private readonly quiet = new Map<Source, number>();
  private foreign = false;

  constructor(private readonly setup: SpeechWarningsSetup) {}

  phrase(phrase: Phrase, result: AsrResult | undefined): void {
    if (result === undefined) return;
    this.language(phrase, result);
    if (this.setup.live()) this.level(phrase, result);
  }

  private language(phrase: Phrase, result: AsrResult): void {
    if (this.foreign) return;
    const model = this.setup.multilingual();
    if (model === undefined) return;
    const doubt = this.doubts.get(phrase.source) ?? new LanguageDoubt();
    this.doubts.set(phrase.source, doubt);
    if (!doubt.take({ speechMs: phrase.speechEndMs - phrase.startMs, result })) return;
    this.foreign = true;
    this.setup.warn(
      'language.foreign',
      'This does not sound like English, the only language of this model. ' +
        `Choose a model of several languages, such as ${model}, and set the spoken language.`,
      phrase.source,
    );
  }

  private level({ source, pcm }: Phrase, { text, rejected }: AsrResult): void {
    const before = this.quiet.get(source) ?? 0;
    if (before >= QUIET_PHRASES || (text === '' && rejected !== 'tooQuiet')) return;
    const count = loudestDb(pcm) < QUIET_DB ? before + 1 : 0;
    this.quiet.set(source, count);
    if (count === QUIET_PHRASES)
      this.setup.warn(
        'audio.quiet',
        source === 'system'
          ? 'The system audio is very quiet; raise its volume.'
          : 'The microphone is very quiet; raise its input level or move closer to it.',
        source,
      );
  }
}
