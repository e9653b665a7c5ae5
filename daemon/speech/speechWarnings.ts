/** Warns once in a session that the speech is not of the model's language. */
import { LanguageDoubt } from '../asr/decoding/languageDoubt';
import type { AsrResult } from '../asr/contract/provider';
import type { Source } from '../audio/frame';
import type { Phrase } from '../vad/contract';
import type { WarningCode } from '../../protocol/vocabulary';

export interface SpeechWarningsSetup {
  /** See `EngineLease.multilingual`. */
  readonly multilingual: () => string | undefined;
  readonly warn: (code: WarningCode, message: string, source: Source) => void;
}

export class SpeechWarnings {
  private readonly doubts = new Map<Source, LanguageDoubt>();
  private foreign = false;

  constructor(private readonly setup: SpeechWarningsSetup) {}

  phrase(phrase: Phrase, result: AsrResult | undefined): void {
    if (result === undefined || this.foreign) return;
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
}
