/**
 * Recognised texts with secrets redacted: keys, tokens, card numbers, e-mail addresses.
 */
import type { AsrResult, AsrWord, StreamedText } from '../asr/contract/provider';
import { redact } from '../base/redaction/redact';

/** A secret may begin in the stable text and end in the rest; then nothing of it is stable. */
export function redactedText(text: StreamedText): StreamedText {
  const whole = [text.stable, text.unstable].filter((part) => part !== '').join(' ');
  const after = redact(whole);
  if (after === whole) return text;
  const stable = redact(text.stable);
  return after.startsWith(stable)
    ? { stable, unstable: after.slice(stable.length).trim() }
    : { stable: '', unstable: after };
}

/** A partly redacted word replaces all neighbouring words that were redacted with it. */
export function redactedResult(result: AsrResult): AsrResult {
  const text = redact(result.text);
  return text === result.text ? result : { ...result, text, words: redactedWords(result, text) };
}

function redactedWords({ text: before, words }: AsrResult, after: string): readonly AsrWord[] {
  const kept = words.filter(({ text }) => text !== '');
  const out = after.split(/\s+/).filter((word) => word !== '');
  const said = before.split(/\s+/).filter((word) => word !== '');
  // Words that are not split at spaces cannot be matched with the redacted text.
  if (said.length !== kept.length) return [];
  const result: AsrWord[] = [];
  let [at, left] = [0, said.length];
  for (const [i, word] of out.entries()) {
    // The words after this one in the new text show how many old words it replaced.
    const rest = out.slice(i + 1);
    const taken = word === said[at] ? 1 : Math.max(1, left - tailLength(said.slice(at), rest));
    const [first, last] = [kept[at], kept[at + taken - 1]];
    if (!first || !last) break;
    result.push({ ...first, text: word, endMs: last.endMs });
    [at, left] = [at + taken, left - taken];
  }
  return result;
}

/** Number of old words that match the start of `rest`, up to the next redacted word. */
function tailLength(said: readonly string[], rest: readonly string[]): number {
  const next = rest.findIndex((word) => !said.includes(word));
  const same = next < 0 ? rest : rest.slice(0, next);
  if (same.length === 0) return rest.length;
  for (let at = 1; at + same.length <= said.length; at++)
    if (same.every((word, i) => said[at + i] === word)) return said.length - at;
  return rest.length;
}
