/** Decides whether an owner took an item, or was asked and did not refuse. */
import { wordsOf } from './words';

const TAKES =
  /\b(?:i'll|i will|i'm going to|i can|i could|i'd|i am|i'm|i have to|i've got to|i need to|i must|i want to|let me|my|me|mine|on me|i take|i do|i send|i write|i put|i ask|i get|i call|i make|i go|will do|on it)\b/i;
const AGREES =
  /^\W*(?:um,?\s*|uh,?\s*)?(?:yes|yeah|yep|sure|okay|ok|fine|right|good|of course|can do|gladly|no problem|all right|alright|deal|mm|done|if |then )/i;
const REFUSES = /\b(?:i can't|i cannot|i won't|not me|i'd rather not|no time|i'm away|not mine)\b/i;
/** Answers to a request; a promise may begin with "No" too. */
const DECLINES = /^\W*(?:no|nope|nah)\b(?! (?:problem|worries|need|bother))/i;

/** Said right after the owner spoke. */
const ASSIGNS = /\b(?:so you|you do|you take|you'd have to|(?:can|could|would|will) you)\b/i;

interface Spoken {
  readonly speaker: string;
  readonly text: string;
}

/**
 * @param quoted positions of the evidence in `lines`
 * @returns true if a line near the evidence gives the item to `owner`
 */
export function tookIt(
  owner: string,
  lines: readonly Spoken[],
  quoted: readonly number[],
): boolean {
  const name = wordsOf(owner)[0] ?? '';
  const own = quoted.filter((at) => lines[at]?.speaker === owner);
  if (own.some((at) => takes(lines[at]?.text ?? ''))) return true;
  // Another speaker of the evidence took it; an acknowledgement is no promise then.
  const taken = quoted.some(
    (at) => lines[at]?.speaker !== owner && /\b(?:I'll|I will)\b/i.test(lines[at]?.text ?? ''),
  );
  return quoted.some((at) => {
    const line = lines[at];
    if (!line || line.speaker === owner) return false;
    const named = wordsOf(line.text).some((word) => word.replace(/'s$/, '') === name);
    const asked = /\b(?:you|your)\b/i.test(line.text);
    const assigned = lines[at - 1]?.speaker === owner && ASSIGNS.test(line.text);
    const answer = [at + 1, at + 2].find((next) => lines[next]?.speaker === owner);
    const text = answer === undefined ? '' : (lines[answer]?.text ?? '');
    if (declines(text)) return false;
    const agrees = AGREES.test(text) || TAKES.test(text);
    return assigned || (!taken && (named || (asked && answer !== undefined && agrees)));
  });
}

function declines(answer: string): boolean {
  return REFUSES.test(answer) || (DECLINES.test(answer) && !/\bI'll\b/i.test(answer));
}

/** "If I can't …, I'll …" is a promise all the same. */
function takes(text: string): boolean {
  return TAKES.test(text) && (!REFUSES.test(text) || /\bI'll\b/i.test(text));
}
