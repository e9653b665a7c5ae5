/** Converts Whisper's segments and tokens into words with confidences. */

export interface WhisperToken {
  /** A token may be part of a character; then its text contains U+FFFD. */
  readonly text: string;
  readonly id: number;
  readonly p: number;
}

export interface WhisperSegment {
  readonly text: string;
  readonly lang: string;
  readonly tokens: readonly WhisperToken[];
}

/** Token ids from here on are control tokens: end, language, task, times. */
const FIRST_MARK = 50_256;
/** Keeps logarithms finite. */
const LEAST_P = 1e-6;
const BROKEN = '\uFFFD';

interface Draft {
  text: string;
  sum: number;
  count: number;
}

/**
 * Returns the words of the segments' text.
 * @returns also the mean probability of the tokens and the mean of its natural logarithm
 */
export function whisperWords(segments: readonly WhisperSegment[]): {
  words: { text: string; confidence: number }[];
  confidence: number;
  logProbability: number;
} {
  const drafts: Draft[] = [];
  let sum = 0;
  let logs = 0;
  let count = 0;
  for (const segment of segments) {
    let open: Draft | undefined;
    for (const { text, token } of piecesOf(segment)) {
      sum += token.p;
      logs += Math.log(Math.max(token.p, LEAST_P));
      count++;
      // A space starts a word. A piece contains several words only if a character was split over
      // tokens.
      for (const [i, part] of text.split(/\s+/).entries()) {
        if (i > 0) open = undefined;
        if (part === '') continue;
        if (!open) {
          open = { text: '', sum: 0, count: 0 };
          drafts.push(open);
        }
        open.text += part;
        open.sum += token.p;
        open.count++;
      }
    }
  }
  return {
    words: drafts.map((draft) => ({
      text: draft.text,
      confidence: Math.min(1, Math.max(LEAST_P, draft.sum / draft.count)),
    })),
    confidence: count === 0 ? 0 : sum / count,
    logProbability: count === 0 ? 0 : logs / count,
  };
}

/**
 * Returns the tokens of a segment with their texts. If a character is split over several tokens,
 * the last token gets it.
 */
function piecesOf(segment: WhisperSegment): { text: string; token: WhisperToken }[] {
  const pieces: { text: string; token: WhisperToken }[] = [];
  let rest = segment.text;
  const tokens = segment.tokens.filter((token) => token.id < FIRST_MARK);
  tokens.forEach((token, i) => {
    if (!token.text.includes(BROKEN) && rest.startsWith(token.text)) {
      pieces.push({ text: token.text, token });
      rest = rest.slice(token.text.length);
      return;
    }
    // The next whole token marks the end of the broken characters.
    const next = tokens.slice(i + 1).find((t) => !t.text.includes(BROKEN) && t.text !== '');
    const follows = tokens[i + 1];
    const end =
      follows === undefined
        ? rest.length
        : follows === next && next !== undefined
          ? rest.indexOf(next.text)
          : 0;
    const text = end < 0 ? '' : rest.slice(0, end);
    pieces.push({ text, token });
    rest = rest.slice(text.length);
  });
  if (rest.trim() !== '' && pieces.length > 0)
    (pieces[pieces.length - 1] as { text: string }).text += rest;
  return pieces;
}
