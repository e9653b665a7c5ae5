/** Sentence pieces to words: each word takes the mean probability of its pieces as its confidence. */

export interface ScoredToken {
  readonly id: number;
  /** Probability the model gave it, 0–1. */
  readonly probability: number;
}

/** What of a tokenizer is needed here; llama-tokenizer-js has it. */
export interface PieceDecoder {
  readonly vocabById: readonly string[];
  decode(ids: number[], hasBos?: boolean, hasLeadingSpace?: boolean): string;
}

/** Mark that a sentence piece puts for a space. */
const SPACE_MARK = '▁';

export function tokensToWords(tokens: readonly ScoredToken[], decoder: PieceDecoder): { text: string; confidence: number }[] {
  const groups: ScoredToken[][] = [];
  for (const token of tokens) {
    const piece = decoder.vocabById[token.id];
    // Ids past the vocabulary are marks of the model, not text.
    if (piece === undefined) continue;
    const open = groups.at(-1);
    if (open === undefined || piece.startsWith(SPACE_MARK)) groups.push([token]);
    else open.push(token);
  }
  const words: { text: string; confidence: number }[] = [];
  for (const group of groups) {
    const text = decoder.decode(group.map((token) => token.id), false, false).trim();
    if (text === '') continue;
    const confidence = group.reduce((sum, token) => sum + token.probability, 0) / group.length;
    for (const part of text.split(/\s+/)) words.push({ text: part, confidence });
  }
  return words;
}
