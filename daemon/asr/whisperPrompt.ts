/** The words that are likely as a text that Whisper takes for what was said before. */

/** Whisper reads this many tokens of a prompt, the last ones. */
export const PROMPT_TOKENS = 224;
/** Letters in a token, on the safe side: English prose has 4 to 5, names in code about 3. */
const LETTERS_PER_TOKEN = 2.5;

/**
 * The best word comes last: it stands nearest to the text, and what is too long is cut at the
 * front.
 * @param words best first
 * @returns undefined where there is nothing to say
 */
export function whisperPrompt(words: readonly string[]): string | undefined {
  const chosen: string[] = [];
  const seen = new Set<string>();
  let tokens = 1;
  for (const raw of words) {
    const word = raw.replace(/\s+/g, ' ').trim();
    if (word === '' || seen.has(word)) continue;
    // The comma is a token of its own.
    const cost = estimatedTokens(word) + 1;
    if (tokens + cost > PROMPT_TOKENS) break;
    seen.add(word);
    chosen.push(word);
    tokens += cost;
  }
  return chosen.length === 0 ? undefined : `${chosen.reverse().join(', ')}.`;
}

/** At least as many as Whisper's tokenizer makes, but for rare scripts. */
export function estimatedTokens(text: string): number {
  const bytes = Buffer.byteLength(text, 'utf8');
  return Math.max(1, Math.ceil(bytes / LETTERS_PER_TOKEN));
}
