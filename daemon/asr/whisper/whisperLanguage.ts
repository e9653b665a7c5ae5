/**
 * Detects the language of a conversation if the client did not set it. Whisper detects the language
 * of each phrase, which costs a second encoder run and fails on short phrases. After a few
 * confident phrases, the language is fixed.
 */

/** Minimum confidence of the text and minimum length of audio of a phrase that counts. */
const MIN_CONFIDENCE = 0.6;
const MIN_AUDIO_MS = 1_500;
/** Number of consecutive phrases that must agree. */
const PHRASES = 2;
/** Confidence at which a single long phrase suffices. */
const ALONE_CONFIDENCE = 0.8;
const ALONE_AUDIO_MS = 4_000;
/** Maximum number of remembered conversations; the least recently used is dropped. */
const MAX_CONVERSATIONS = 64;

interface Progress {
  readonly language: string;
  readonly agreeing: number;
  readonly locked: boolean;
}

export class LanguageLock {
  private readonly conversations = new Map<string, Progress>();

  /** Language to decode with; `auto` until it is fixed. */
  language(conversation: string): string {
    const known = this.conversations.get(conversation);
    return known?.locked ? known.language : 'auto';
  }

  /** Records the detected language of a phrase. */
  observe(
    conversation: string,
    phrase: { readonly language: string; readonly confidence: number; readonly audioMs: number },
  ): void {
    const before = this.conversations.get(conversation);
    if (before?.locked || phrase.confidence < MIN_CONFIDENCE || phrase.audioMs < MIN_AUDIO_MS)
      return;
    const agreeing = before?.language === phrase.language ? before.agreeing + 1 : 1;
    const alone = phrase.confidence >= ALONE_CONFIDENCE && phrase.audioMs >= ALONE_AUDIO_MS;
    this.conversations.delete(conversation);
    this.conversations.set(conversation, {
      language: phrase.language,
      agreeing,
      locked: alone || agreeing >= PHRASES,
    });
    const oldest = this.conversations.keys().next();
    if (this.conversations.size > MAX_CONVERSATIONS && !oldest.done)
      this.conversations.delete(oldest.value);
  }
}
