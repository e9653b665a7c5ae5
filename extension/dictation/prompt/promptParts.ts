/** What the surfaces of prompts share. */
import type { SymbolIndex } from '../../code/symbolIndex';
import type { DictatedText } from '../surfaces/surface';
import { unsureLine, withoutSend } from './promptText';

/**
 * Passed in, because this bundle is separate: it holds no settings, and its classes are not those
 * of the extension's bundle.
 */
export interface PromptParts {
  readonly index: SymbolIndex;
  /** True if "send it" may send. */
  readonly maySend: () => boolean;
  /** True if a line names the doubted words. */
  readonly marksUnsure: () => boolean;
  /** An error that offers the text. */
  readonly refused: (message: string, text: string) => Error;
}

export interface Prompt {
  readonly text: string;
  readonly send: boolean;
  /** The line that names doubted words; may be empty. */
  readonly trail: string;
}

/** "Send it" stays as text where it may not send. */
export function promptOf(
  { text, doubted }: DictatedText,
  { maySend, marksUnsure }: PromptParts,
): Prompt {
  const rest = maySend() ? withoutSend(text) : undefined;
  return {
    text: rest ?? text,
    send: rest !== undefined,
    trail: marksUnsure() ? unsureLine(doubted) : '',
  };
}

/** A sentence begins with a capital; a name keeps its first letter. */
export const begun = (text: string, named: boolean): string =>
  named ? text : text.replace(/^\p{Ll}/u, (letter) => letter.toUpperCase());
