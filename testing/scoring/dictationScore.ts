/**
 * Scores dictation: equal to what is wanted, symbols that are there, and symbols written where none
 * was meant.
 */

export interface DictationItem {
  readonly id: string;
  readonly kind: string;
  readonly symbols: readonly string[];
  readonly say: string;
  readonly expect: string;
  readonly accept?: readonly string[] | null;
  readonly used: readonly string[];
}

export interface DictationScore {
  readonly items: number;
  readonly equal: number;
  /** Symbols that should be there and are, over those that should. */
  readonly recall: number;
  /** Items without symbols that got one. */
  readonly wrong: number;
  readonly failures: readonly {
    readonly id: string;
    readonly expect: string;
    readonly text: string;
  }[];
}

export function scoreDictation(
  items: readonly DictationItem[],
  write: (item: DictationItem) => string,
): DictationScore {
  const failures: { id: string; expect: string; text: string }[] = [];
  let [found, wanted, wrong] = [0, 0, 0];
  for (const item of items) {
    const text = write(item);
    if (![item.expect, ...(item.accept ?? [])].some((expected) => bare(expected) === bare(text)))
      failures.push({ id: item.id, expect: item.expect, text });
    wanted += item.used.length;
    found += item.used.filter((symbol) => text.includes(symbol)).length;
    // A symbol that is a plain word with a capital may open a sentence.
    if (
      item.used.length === 0 &&
      item.symbols.some((symbol) => /[A-Z_.-]/.test(symbol.slice(1)) && text.includes(symbol))
    )
      wrong++;
  }
  return {
    items: items.length,
    equal: items.length - failures.length,
    recall: wanted === 0 ? 1 : found / wanted,
    wrong,
    failures,
  };
}

/** Commas and the final full stop do not count. */
function bare(text: string): string {
  return text
    .replace(/,/g, '')
    .replace(/\.\s*$/, '')
    .trim();
}
