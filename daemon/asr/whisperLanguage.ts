/**
 * Which language a conversation is in, where nobody said it. Whisper finds it out phrase by phrase,
 * which costs a second run of the encoder and errs on short ones; after a few phrases that it was
 * sure of, it is settled.
 */

/** A phrase counts from this confidence of its text and this much audio on. */
const MIN_CONFIDENCE = 0.6;
const MIN_AUDIO_MS = 1_500;
/** So many phrases in a row must agree. */
const PHRASES = 2;
/** One long phrase that was very sure is enough. */
const ALONE_CONFIDENCE = 0.8;
const ALONE_AUDIO_MS = 4_000;
/** Conversations that are remembered; the one that was silent longest is forgotten. */
const MAX_CONVERSATIONS = 64;

interface Progress {
  readonly language: string;
  readonly agreeing: number;
  readonly locked: boolean;
}

export class LanguageLock {
  private readonly conversations = new Map<string, Progress>();

  /** The language to decode with; `auto` while it is not settled. */
  language(conversation: string): string {
    const known = this.conversations.get(conversation);
    return known?.locked ? known.language : 'auto';
  }

  /** Takes what a phrase was found to be in. */
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
