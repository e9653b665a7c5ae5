/** Splits a note's text into lines with offsets, and classifies each line for the planner. */

export interface Line {
  /** Without its line break. */
  readonly text: string;
  readonly start: number;
  /** End of `text`. */
  readonly end: number;
  /** After the line break; equal to `end` for a last line without a line break. */
  readonly next: number;
  /**
   * Inside a fenced code block, including its fences. Such a line is never a heading or a place to
   * insert.
   */
  readonly fenced: boolean;
}

export function splitLines(text: string): Line[] {
  const lines: Line[] = [];
  let fence: string | undefined;
  let start = 0;
  while (start < text.length) {
    const newline = text.indexOf('\n', start);
    const next = newline === -1 ? text.length : newline + 1;
    let end = newline === -1 ? next : newline;
    if (end > start && text[end - 1] === '\r') end--;
    const content = text.slice(start, end);
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(content)?.[1];
    const opens = fence === undefined && mark !== undefined;
    lines.push({ text: content, start, end, next, fenced: opens || fence !== undefined });
    if (opens) fence = mark;
    else if (fence !== undefined && mark?.startsWith(fence) && /^[\s`~]*$/.test(content))
      fence = undefined;
    start = next;
  }
  return lines;
}

export function isBlank(line: Line | undefined): boolean {
  return line === undefined || line.text.trim() === '';
}

/** Level of an ATX heading, 0 for any other line. */
export function headingLevel(line: Line): number {
  return line.fenced ? 0 : (/^(#{1,6})(\s|$)/.exec(line.text)?.[1]?.length ?? 0);
}

/** Line break of the text; `\n` if it has none. */
export function lineBreak(text: string): '\n' | '\r\n' {
  const newline = text.indexOf('\n');
  return newline > 0 && text[newline - 1] === '\r' ? '\r\n' : '\n';
}

const BOX = /^(\s*[-*+] )\[([ xX])\]( .*)$/;

/** State of a task line's box; undefined for other lines. */
export function boxOf(text: string): 'done' | 'open' | undefined {
  const box = BOX.exec(text)?.[2];
  return box === undefined ? undefined : box === ' ' ? 'open' : 'done';
}

/** The line with the given box state; lines without a box are unchanged. */
export function withBox(text: string, box: string): string {
  return text.replace(
    BOX,
    (_, before: string, __: string, after: string) => `${before}[${box}]${after}`,
  );
}

/** The character in the box, so a user's `X` stays an `X`. */
export function boxCharacter(text: string): string | undefined {
  return BOX.exec(text)?.[2];
}
