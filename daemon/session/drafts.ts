/**
 * Tokens that recent decodes of a source gave. The next decode of the open phrase checks them
 * instead of making them anew, and a phrase that goes on right behind another is decoded behind its
 * tokens.
 */
import type { DecodeRequest } from '../asr/provider';
import type { PhraseLeft } from '../vad/contract';

export class Drafts {
  private open: { readonly id: string; readonly tokens: readonly number[] } | undefined;
  private final: { readonly id: string; readonly tokens: readonly number[] } | undefined;

  /** Takes what a decode of the open phrase gave; engines without tokens give none. */
  keep(id: string, tokens: readonly number[] | undefined): void {
    if (tokens !== undefined) this.open = { id, tokens };
  }

  /**
   * Takes the tokens of a text that became final. None: what follows brings words that were not
   * heard in it, and only there.
   */
  keepFinal(id: string, tokens: readonly number[] | undefined): void {
    this.final = tokens === undefined ? undefined : { id, tokens };
  }

  /** What earlier decodes tell of a phrase, as the context of its decode. */
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
