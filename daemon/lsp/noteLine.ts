/**
 * Parses one line of a note by itself: heading, item, transcript line or plain text. Columns are
 * UTF-16 units.
 */

/** From `start` up to `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** `[00:14:05]` */
export interface Stamp extends Span {
  /** Undefined for an invalid time such as `[00:75:00]`. */
  readonly ms: number | undefined;
}

/** `@Ben`; the range covers the name. */
export interface Owner extends Span {
  readonly name: string;
}

/** `by Friday (2026-11-27)`; the range covers the date. */
export interface DueDate extends Span {
  readonly date: string;
  readonly phrase: string;
}

export interface ItemLine {
  readonly kind: 'item';
  readonly text: string;
  /** Character in the box; undefined for a bullet without a box. */
  readonly box: string | undefined;
  /** The text without bullet, box, owner, date and time. */
  readonly words: Span;
  readonly owner: Owner | undefined;
  readonly due: DueDate | undefined;
  readonly stamp: Stamp | undefined;
}

export interface TranscriptLine {
  readonly kind: 'said';
  readonly text: string;
  readonly speaker: Owner;
  readonly stamp: Stamp;
}

export type NoteLine =
  | {
      readonly kind: 'heading';
      readonly text: string;
      readonly level: number;
      readonly title: string;
    }
  | ItemLine
  | TranscriptLine
  /** A fence of a code block. */
  | { readonly kind: 'fence'; readonly text: string; readonly mark: string }
  | { readonly kind: 'plain'; readonly text: string };

const STAMP = /\[(\d{1,3}):(\d{2}):(\d{2})\]/g;
const SAID = /^\*\*([^*\n]{1,200})\*\* (\[\d{1,3}:\d{2}:\d{2}\])/;
const ITEM = /^\s{0,12}[-*+] (?:\[([ xX])\] )?/;
/** Earmark's own form, in which a name may contain spaces: ` — @Ben Miller, by Friday`. */
const TAIL = /— @([^,@[\]]{1,100}?)(?=\s*(?:,|\[|$))/u;
/** A user's form: `@Ben` anywhere. */
const MENTION =
  /(?:^|[\s(,;])@([\p{L}\p{N}][\p{L}\p{N}\p{M}_.'’-]*[\p{L}\p{N}\p{M}]|[\p{L}\p{N}])/u;
const DATE = /\b(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))\b/;

export function readLine(text: string): NoteLine {
  switch (text.trimStart().charAt(0)) {
    case '#': {
      const [, marks, title] = /^(#{1,6})\s([^]*)$/.exec(text) ?? [];
      return marks === undefined
        ? { kind: 'plain', text }
        : {
            kind: 'heading',
            text,
            level: marks.length,
            title: (title ?? '').replace(/(?<!#)#+$/, '').trim(),
          };
    }
    case '`':
    case '~': {
      const mark = /^ {0,3}(`{3,}|~{3,})/.exec(text)?.[1];
      return mark === undefined ? { kind: 'plain', text } : { kind: 'fence', text, mark };
    }
    case '*':
    case '-':
    case '+':
      return readSaid(text) ?? readItem(text) ?? { kind: 'plain', text };
    default:
      return { kind: 'plain', text };
  }
}

/** All times in a line. */
export function stampsOf(text: string): Stamp[] {
  if (!text.includes('[')) return [];
  return [...text.matchAll(STAMP)].map((match) => stampOf(match));
}

function stampOf({ 0: whole, 1: h, 2: m, 3: s, index = 0 }: RegExpMatchArray): Stamp {
  const [hours, minutes, seconds] = [Number(h), Number(m), Number(s)];
  return {
    start: index,
    end: index + whole.length,
    ms: minutes < 60 && seconds < 60 ? ((hours * 60 + minutes) * 60 + seconds) * 1000 : undefined,
  };
}

function readSaid(text: string): TranscriptLine | undefined {
  const match = SAID.exec(text);
  const [stamp] = match === null ? [] : stampsOf(match[0]);
  if (match?.[1] === undefined || stamp === undefined) return undefined;
  return {
    kind: 'said',
    text,
    speaker: { name: match[1], start: 2, end: 2 + match[1].length },
    stamp,
  };
}

function readItem(text: string): ItemLine | undefined {
  const match = ITEM.exec(text);
  if (match === null) return undefined;
  const stamp = stampsOf(text).at(-1);
  const tail = TAIL.exec(text);
  const mention = tail ?? MENTION.exec(text);
  const name = mention?.[1];
  const at =
    mention === null || name === undefined ? 0 : mention.index + mention[0].indexOf('@') + 1;
  const date = DATE.exec(text);
  const start = match[0].length;
  const end = Math.min(
    ...[text.length, stamp?.start, tail?.index].filter(
      (n): n is number => n !== undefined && n >= start,
    ),
  );
  return {
    kind: 'item',
    text,
    box: match[1],
    stamp,
    words: { start, end: start + text.slice(start, end).trimEnd().length },
    owner: name === undefined ? undefined : { name, start: at, end: at + name.length },
    due:
      date?.[1] === undefined
        ? undefined
        : {
            date: date[1],
            start: date.index,
            end: date.index + date[1].length,
            phrase: phraseBefore(text.slice(0, date.index)) || date[1],
          },
  };
}

/** The text between the last comma and a date in parentheses: `, by Friday (`. */
function phraseBefore(text: string): string {
  if (!text.endsWith('(')) return '';
  const body = text.slice(0, -1);
  const start = Math.max(body.lastIndexOf(','), body.lastIndexOf('—'));
  const phrase = body.slice(start + 1).trim();
  return start >= 0 && /^[^[\]()@]{1,80}$/.test(phrase) ? phrase : '';
}
