/** Removes the plural ending that wink-nlp leaves on words tagged as verbs or names. */
export function singular(word: string): string {
  return word.length > 4 && word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word;
}
