/**
 * Builds a Whisper prompt from likely words. Whisper treats the prompt as the text before the
 * phrase.
 */

/** Whisper uses the last tokens of a prompt, at most this many. */
export const PROMPT_TOKENS = 224;
/** Letters per token, a low estimate: English prose has 4 to 5, code symbols about 3. */
const LETTERS_PER_TOKEN = 2.5;

/**
 * Puts the best word last, next to the text, because Whisper cuts long prompts at the front.
 * @param words best first
 * @returns undefined if the prompt would be empty
 */
export function whisperPrompt(words: readonly string[]): string | undefined {
  const chosen: string[] = [];
  const seen = new Set<string>();
  let tokens = 1;
  for (const raw of words) {
    const word = raw.replace(/\s+/g, ' ').trim();
    if (word === '' || seen.has(word)) continue;
    // The comma has its own token.
    const cost = estimatedTokens(word) + 1;
    if (tokens + cost > PROMPT_TOKENS) break;
    seen.add(word);
    chosen.push(word);
    tokens += cost;
  }
  return chosen.length === 0 ? undefined : `${chosen.reverse().join(', ')}.`;
}

/** Upper estimate of the tokens of Whisper's tokenizer, except for rare scripts. */
export function estimatedTokens(text: string): number {
  const bytes = Buffer.byteLength(text, 'utf8');
  return Math.max(1, Math.ceil(bytes / LETTERS_PER_TOKEN));
}
