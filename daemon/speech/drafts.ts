/**
 * Draft tokens from recent decodes of a source. The next decode of the open phrase verifies them
 * instead of decoding them again. A phrase that directly follows another is decoded after the
 * tokens of that phrase.
 */
import type { DecodeRequest } from '../asr/contract/provider';
import type { PhraseLeft } from '../vad/contract';

export class Drafts {
  private open: { readonly id: string; readonly tokens: readonly number[] } | undefined;
  private final: { readonly id: string; readonly tokens: readonly number[] } | undefined;

  /** Stores the tokens of a decode of the open phrase. Engines without tokens pass undefined. */
  keep(id: string, tokens: readonly number[] | undefined): void {
    if (tokens !== undefined) this.open = { id, tokens };
  }

  /**
   * Stores the tokens of a final text; undefined clears them. After an empty list, the decode of
   * the next phrase also returns words missed in this phrase.
   */
  keepFinal(id: string, tokens: readonly number[] | undefined): void {
    this.final = tokens === undefined ? undefined : { id, tokens };
  }

  /** Returns the decode context of a phrase from earlier decodes. */
  of({
    id,
    left,
  }: {
    readonly id: string;
    readonly left?: PhraseLeft;
  }): Pick<DecodeRequest, 'context'> {
    const draft = this.open?.id === id ? { draft: this.open.tokens } : {};
    const before =
      left && this.final?.id === left.id
        ? { left: { pcm: left.pcm, tokens: this.final.tokens } }
        : {};
    const context = { ...draft, ...before };
    return Object.keys(context).length > 0 ? { context } : {};
  }
}
