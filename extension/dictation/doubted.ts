/** Words of a dictation that may be wrong, for hovers and for the agent that gets them. Pure. */

export interface SpokenWord {
  readonly text: string;
  /** 0–1; absent if the recogniser gives none. */
  readonly confidence?: number | undefined;
}

/** Maximum number of doubted words that are named. */
const DOUBTED_MAX = 10;
/** Confidence below which a word is doubted: the limit of `daemon/asr/decoding/languageDoubt.ts`. */
const DOUBTFUL = 0.65;

/**
 * @param text as written
 * @param spelled names that were written for spoken words: doubted if the letters differ
 * @param words as recognised: doubted below a confidence of 0.65
 * @returns doubted words that stand in the text, once each and in its order
 */
export function doubtedWords(
  text: string,
  spelled: readonly { readonly recognised: string; readonly written: string }[],
  words: readonly SpokenWord[],
): string[] {
  const doubted = new Set([
    ...spelled
      .filter(
        ({ recognised, written }) => lettersOf(withoutMarks(recognised)) !== lettersOf(written),
      )
      .map(({ written }) => written),
    ...words
      .filter(({ confidence = 1 }) => confidence < DOUBTFUL)
      .map(({ text: word }) => bare(word)),
  ]);
  return [...new Set(text.split(/\s+/).map(bare))]
    .filter((word) => word !== '' && doubted.has(word))
    .slice(0, DOUBTED_MAX);
}

/** "token dot py" names `token.py`. */
const withoutMarks = (spoken: string): string =>
  spoken.replace(/\b(?:dot|dash|hyphen|underscore|slash)\b/giu, '');
const lettersOf = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
/** Without the punctuation around it. */
const bare = (word: string): string => {
  const inside = [...word.matchAll(/[\p{L}\p{N}_$]/gu)];
  const last = inside.at(-1);
  return last === undefined ? '' : word.slice(inside[0]?.index, last.index + last[0].length);
};
