/** A word or lemma without the plural that wink-nlp leaves on words it takes for verbs or names. */
export function singular(word: string): string {
  return word.length > 4 && word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word;
}
