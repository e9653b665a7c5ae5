/**
 * An open note: parsed lines, and the structure built from them. A change parses only the changed
 * lines. It then rebuilds the structure in one pass over the parsed lines, about 2 ms for 20,000
 * lines.
 */
import { readLine, type ItemLine, type NoteLine, type TranscriptLine } from './noteLine';

/** Lines and UTF-16 columns, as in the Language Server Protocol. */
export interface Position {
  readonly line: number;
  readonly character: number;
}

export interface Change {
  /** Absent for the whole text. */
  readonly range?: { readonly start: Position; readonly end: Position } | undefined;
  readonly text: string;
}

export type ItemKind = 'summary' | 'decision' | 'action' | 'question' | 'risk';

export interface Heading {
  readonly line: number;
  readonly level: number;
  readonly title: string;
  /** Last line of its content. */
  readonly end: number;
}

export interface Item {
  readonly line: number;
  readonly kind: ItemKind;
  readonly item: ItemLine;
}

export interface TranscriptItem {
  readonly line: number;
  readonly ms: number;
  readonly said: TranscriptLine;
}

/** Front matter: key → value and line. */
export type Front = ReadonlyMap<string, { readonly line: number; readonly value: string }>;

export interface Structure {
  readonly headings: readonly Heading[];
  readonly items: readonly Item[];
  /** In the order of the page. */
  readonly said: readonly TranscriptItem[];
  readonly front: Front;
  /** First and last lines of front matter, code blocks and the manifest. */
  readonly blocks: readonly {
    readonly kind: 'front' | 'code' | 'comment';
    readonly start: number;
    readonly end: number;
  }[];
}

/** Maximum length of a parsed text, in UTF-16 units. It equals the maximum length of a note. */
const TEXT_MAX = 4_000_000;

/**
 * Maximum number of items with lenses and in the outline. Further items of a huge note are parsed
 * but not listed, so an answer takes at most 50 ms.
 */
export const LISTED_MAX = 1_000;

/** Section titles in lower case. */
const SECTIONS: ReadonlyMap<string, ItemKind> = new Map([
  ['summary', 'summary'],
  ['decisions', 'decision'],
  ['action items', 'action'],
  ['actions', 'action'],
  ['open questions', 'question'],
  ['questions', 'question'],
  ['risks', 'risk'],
]);
const COMMENT = '<!-- earmark ';

export class Note {
  private lines: NoteLine[];
  private made: Structure | undefined;

  constructor(text: string) {
    this.lines = read(text);
  }

  get length(): number {
    return this.lines.length;
  }

  line(at: number): NoteLine | undefined {
    return this.lines[at];
  }

  /** Applies changes in order, as in `textDocument/didChange`. */
  change(changes: readonly Change[]): void {
    for (const { range, text } of changes) {
      if (range === undefined) {
        this.lines = read(text);
        continue;
      }
      const [start, end] = [this.inside(range.start), this.inside(range.end)];
      const [from, to] = [start.line, end.line];
      const before = (this.lines[from]?.text ?? '').slice(0, start.character);
      const after = (this.lines[to]?.text ?? '').slice(end.character);
      const fresh = read(before + text + after);
      this.lines =
        fresh.length < 1_000
          ? (this.lines.splice(from, to - from + 1, ...fresh), this.lines)
          : [...this.lines.slice(0, from), ...fresh, ...this.lines.slice(to + 1)];
    }
    this.made = undefined;
  }

  /** A position after the end becomes the end. */
  private inside(position: Position): Position {
    return position.line < this.lines.length
      ? position
      : { line: this.lines.length - 1, character: Infinity };
  }

  get structure(): Structure {
    return (this.made ??= structureOf(this.lines));
  }

  /** Title of the first heading of level 1. */
  get title(): string {
    return this.structure.headings.find(({ level }) => level === 1)?.title ?? '';
  }
}

function read(text: string): NoteLine[] {
  return text
    .slice(0, TEXT_MAX)
    .split(/\r\n|\n|\r/)
    .map(readLine);
}

function structureOf(lines: readonly NoteLine[]): Structure {
  const headings: { line: number; level: number; title: string; end: number }[] = [];
  const open: (typeof headings)[number][] = [];
  const items: Item[] = [];
  const said: TranscriptItem[] = [];
  const blocks: { kind: 'front' | 'code' | 'comment'; start: number; end: number }[] = [];
  const { front, end: frontEnd } = frontOf(lines);
  if (frontEnd > 0) blocks.push({ kind: 'front', start: 0, end: frontEnd });
  let section: ItemKind | undefined;
  let fence: { mark: string; start: number } | undefined;
  let comment: number | undefined;
  for (let at = frontEnd > 0 ? frontEnd + 1 : 0; at < lines.length; at++) {
    const line = lines[at]!;
    if (comment !== undefined) {
      if (line.text.trimEnd().endsWith('-->')) {
        blocks.push({ kind: 'comment', start: comment, end: at });
        comment = undefined;
      }
    } else if (line.kind === 'fence') {
      if (fence === undefined) fence = { mark: line.mark, start: at };
      else if (line.mark.startsWith(fence.mark)) {
        blocks.push({ kind: 'code', start: fence.start, end: at });
        fence = undefined;
      }
    } else if (fence !== undefined) {
      continue;
    } else if (line.kind === 'plain') {
      if (line.text.startsWith(COMMENT)) comment = at;
    } else if (line.kind === 'heading') {
      while (open.length > 0 && open.at(-1)!.level >= line.level) open.pop()!.end = at - 1;
      const heading = { line: at, level: line.level, title: line.title, end: lines.length - 1 };
      headings.push(heading);
      open.push(heading);
      if (line.level <= 2) section = SECTIONS.get(line.title.trim().toLowerCase());
    } else if (line.kind === 'said') {
      if (line.stamp.ms !== undefined) said.push({ line: at, ms: line.stamp.ms, said: line });
    } else {
      // A user's line with a box is an action anywhere in the note.
      const kind = section ?? (line.box === undefined ? undefined : 'action');
      if (kind !== undefined) items.push({ line: at, kind, item: line });
    }
  }
  return { headings, items, said, front, blocks };
}

function frontOf(lines: readonly NoteLine[]): { readonly front: Front; readonly end: number } {
  const front = new Map<string, { line: number; value: string }>();
  if (lines[0]?.text !== '---') return { front, end: 0 };
  const end = lines.findIndex(({ text }, at) => at > 0 && text === '---');
  if (end === -1 || end > 100) return { front, end: 0 };
  for (let at = 1; at < end; at++) {
    const [, key, value] = /^(\w[\w-]*):([^]*)$/.exec(lines[at]!.text) ?? [];
    if (key !== undefined && value !== undefined && !front.has(key))
      front.set(key, { line: at, value: value.trim() });
  }
  return { front, end };
}
