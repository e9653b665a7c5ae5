/** Divides a segment into readable subtitle cues: two lines of 42 characters, 7 s at most. */

/** Characters per line and lines per cue, as in the guides of broadcasters (BBC, Netflix). */
const LINE_CHARS = 42;
const CUE_LINES = 2;
const CUE_MS = 7_000;

export interface Cue {
  readonly startMs: number;
  readonly endMs: number;
  readonly lines: readonly string[];
}

interface TimedText {
  readonly startMs: number;
  readonly endMs: number;
  /** Prefix of every cue text; empty if the format has a separate field for it. */
  readonly speaker: string;
  readonly text: string;
  readonly words?:
    | readonly { readonly text: string; readonly startMs: number; readonly endMs: number }[]
    | undefined;
}

interface Word {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** Times come from the words. Without words, they come from the share of the characters. */
export function cuesOf(segment: TimedText): Cue[] {
  const lead = segment.speaker === '' ? '' : `${segment.speaker.replace(/\s+/g, ' ').trim()}: `;
  const groups: Word[][] = [];
  let current: Word[] = [];
  for (const word of timed(segment)) {
    const first = current[0];
    const full =
      first !== undefined &&
      // Each cue has a time of its own.
      word.startMs > first.startMs &&
      word.startMs < segment.endMs &&
      (wrapped(lead, [...current, word]).length > CUE_LINES ||
        word.endMs - first.startMs > CUE_MS ||
        (/[.?!…]["'”’)]*$/.test(current.at(-1)?.text ?? '') && isLong(current)));
    if (full) {
      groups.push(current);
      current = [];
    }
    current.push(word);
  }
  if (current.length > 0) groups.push(current);
  return groups.map((words, i) => {
    const startMs = i === 0 ? segment.startMs : (words[0]?.startMs ?? segment.startMs);
    const next = groups[i + 1]?.[0]?.startMs;
    const end = next === undefined ? segment.endMs : Math.min(words.at(-1)?.endMs ?? next, next);
    return {
      startMs,
      // WebVTT allows no cue that ends as it begins.
      endMs: Math.max(startMs + 1, Math.min(end, startMs + CUE_MS)),
      lines: wrapped(lead, words),
    };
  });
}

/** A sentence longer than a line ends its cue. */
const isLong = (words: readonly Word[]): boolean =>
  words.reduce((sum, { text }) => sum + text.length + 1, 0) > LINE_CHARS;

function wrapped(lead: string, words: readonly Word[]): string[] {
  const lines: string[] = [];
  let line = lead.trimEnd();
  for (const { text } of words) {
    if (line !== '' && line.length + 1 + text.length > LINE_CHARS) {
      lines.push(line);
      line = text;
    } else line = line === '' ? text : `${line} ${text}`;
  }
  return [...lines, line];
}

/** The words of the text, which a user may have edited, with the matching times. */
function timed({ text, words, startMs, endMs }: TimedText): Word[] {
  const parts = text.split(' ').filter((part) => part !== '');
  if (words?.length === parts.length)
    return parts.map((part, i) => ({
      text: part,
      startMs: words[i]?.startMs ?? startMs,
      endMs: words[i]?.endMs ?? endMs,
    }));
  const total = Math.max(
    1,
    parts.reduce((sum, { length }) => sum + length + 1, 0),
  );
  const at = (chars: number): number => Math.round(startMs + ((endMs - startMs) * chars) / total);
  let chars = 0;
  return parts.map((part) => {
    const from = chars;
    chars += part.length + 1;
    return { text: part, startMs: at(from), endMs: at(chars) };
  });
}
