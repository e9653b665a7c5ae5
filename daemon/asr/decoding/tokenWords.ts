/**
 * Joins sentence pieces into words. The confidence of a word is the mean probability of its pieces.
 */

export interface ScoredToken {
  readonly id: number;
  /** Probability the model gave it, 0–1. */
  readonly probability: number;
}

/** Tokenizer functions used here; llama-tokenizer-js has them. */
export interface PieceDecoder {
  readonly vocabById: readonly string[];
  decode(ids: number[], hasBos?: boolean, hasLeadingSpace?: boolean): string;
}

/**
 * Punctuation that belongs to the previous word. A continued phrase may begin with the full stop of
 * the phrase before.
 */
const LONE_MARKS = /^[.,;:!?…]+$/;

/** Character that stands for a space in a sentence piece. */
const SPACE_MARK = '▁';

export function tokensToWords(
  tokens: readonly ScoredToken[],
  decoder: PieceDecoder,
): { text: string; confidence: number }[] {
  const words: { text: string; confidence: number }[] = [];
  for (const group of wordsOfTokens(tokens, decoder)) {
    const text = textOfTokens(group, decoder);
    if (text === '') continue;
    const confidence = group.reduce((sum, token) => sum + token.probability, 0) / group.length;
    for (const part of text.split(/\s+/)) {
      if (!LONE_MARKS.test(part)) words.push({ text: part, confidence });
      else if (words.length > 0) words.push(closed(words.pop() as (typeof words)[number], part));
    }
  }
  return words;
}

/** The pieces of each word. */
export function wordsOfTokens(
  tokens: readonly ScoredToken[],
  decoder: PieceDecoder,
): ScoredToken[][] {
  const groups: ScoredToken[][] = [];
  for (const token of tokens) {
    const piece = decoder.vocabById[token.id];
    // Ids beyond the vocabulary are control tokens, not text.
    if (piece === undefined) continue;
    const open = groups.at(-1);
    if (open === undefined || piece.startsWith(SPACE_MARK)) groups.push([token]);
    else open.push(token);
  }
  return groups;
}

export function textOfTokens(tokens: readonly ScoredToken[], decoder: PieceDecoder): string {
  return decoder
    .decode(
      tokens.map((token) => token.id),
      false,
      false,
    )
    .trim();
}

/** Mean probability, 0–1; 0 without tokens. */
export function meanProbability(tokens: readonly ScoredToken[]): number {
  return tokens.length === 0
    ? 0
    : tokens.reduce((sum, { probability }) => sum + probability, 0) / tokens.length;
}

function closed<Word extends { readonly text: string }>(word: Word, mark: string): Word {
  return LONE_MARKS.test(word.text.slice(-1)) ? word : { ...word, text: word.text + mark };
}
