/**
 * Tokens that recent decodes of a source gave. The next decode of the open phrase checks them
 * instead of making them anew, and a phrase that goes on right behind another is decoded behind its
 * tokens.
 */
import type { AsrOptions } from '../asr/provider';
import type { PhraseLead } from '../vad/contract';

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

  /** What is known of a phrase, as options of its decode. */
  of({
    id,
    lead,
  }: {
    readonly id: string;
    readonly lead?: PhraseLead;
  }): Pick<AsrOptions, 'draft' | 'lead'> {
    return {
      ...(this.open?.id === id ? { draft: this.open.tokens } : {}),
      ...(lead && this.final?.id === lead.id
        ? { lead: { pcm: lead.pcm, tokens: this.final.tokens } }
        : {}),
    };
  }
}
