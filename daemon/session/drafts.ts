/**
 * Tokens that recent decodes of a source gave. The next partial of the open phrase checks them instead of making them
 * anew, and a phrase that goes on right behind another is decoded behind its tokens. Finals are not made from drafts: read
 * at once, a model of 8 bits scales all tokens alike and errs more (live LibriSpeech other: 123 word errors, 115 without).
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

  /** Takes the tokens of a text that became final. */
  keepFinal(id: string, tokens: readonly number[] | undefined): void {
    this.final = tokens === undefined || tokens.length === 0 ? undefined : { id, tokens };
  }

  /** What is known of a phrase that is over, or may be, as options of its decode. */
  of({ lead }: { readonly lead?: PhraseLead }): Pick<AsrOptions, 'lead'> {
    return lead && this.final?.id === lead.id ? { lead: { pcm: lead.pcm, tokens: this.final.tokens } } : {};
  }

  /** What is known of the open phrase, as options of the decode of a partial. */
  ofOpen(phrase: { readonly id: string; readonly lead?: PhraseLead }): Pick<AsrOptions, 'draft' | 'lead'> {
    return { ...(this.open?.id === phrase.id ? { draft: this.open.tokens } : {}), ...this.of(phrase) };
  }
}
