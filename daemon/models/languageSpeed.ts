/** Expected time of a local language model on this machine. Pure. */

/**
 * The measured model: bytes of its file, prompt and generated tokens a second on one thread
 * (docs/decisions/0095).
 */
const MEASURED = { bytes: 1_117_320_768, promptTokens: 40, generatedTokens: 5 };
/** Tokens of half an hour of talk with the prompt, and of the notes about it. */
const PROMPT_TOKENS = 9_000;
const NOTE_TOKENS = 2_000;

/**
 * Time grows with the bytes that are read for each token, and falls with the threads.
 * @param cores of this machine; one stays free
 * @returns minutes for half an hour of talk, at least 1
 */
export function expectedMinutes(bytes: number, cores: number): number {
  const { promptTokens, generatedTokens, bytes: measured } = MEASURED;
  const seconds = PROMPT_TOKENS / promptTokens + NOTE_TOKENS / generatedTokens;
  const threads = Math.max(1, cores - 1);
  return Math.max(1, Math.round(((bytes / measured) * seconds) / threads / 60));
}
