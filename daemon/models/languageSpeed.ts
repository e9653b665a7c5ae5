/** Expected time of a local language model on this machine. Pure. */

/**
 * The measured model, Qwen2.5 Coder 1.5B on two quiet processors, one of them in use: bytes of its
 * file, prompt tokens and generated tokens a second (docs/decisions/0093-local-language-models.md).
 */
const MEASURED = { bytes: 1_117_320_768, promptTokens: 120, generatedTokens: 8 };
/**
 * Half an hour of talk in the development meetings, at four characters a token: the transcript with
 * the prompt, and a large model's recorded notes with their quotes.
 */
const PROMPT_TOKENS = 8_000;
const NOTE_TOKENS = 9_400;

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
