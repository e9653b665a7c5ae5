/**
 * Finds the kind of text at a place in a document: comment, string, list, commit message, code or
 * prose. Pure.
 */
import type { DictationScope } from '../../protocol/dictation';
import { type Language, languageOf } from './languages';
import { lexicalContext } from './lexPlace';

export interface DocumentPosition {
  readonly languageId: string;
  /** Text before the place, up to the read limit. */
  readonly before: string;
  readonly tabSize: number;
  /** Column at which the user wants lines to end. */
  readonly columns: number;
}

export interface ScopeAt {
  readonly scope: DictationScope;
  /** Text to insert first: a comment marker needs a space after it. */
  readonly gap: '' | ' ';
  /** True if the text begins its docstring and so begins a sentence. */
  readonly opens?: true;
}

/**
 * Maximum number of characters read to classify a place (10 ms). Enough for the largest file that a
 * person edits.
 */
export const LOOKED_AT = 300_000;
/** Column limit that Git's documentation gives for commit messages. */
const COMMIT_COLUMNS = 72;
/** A narrower column would break after every word. */
const MIN_ROOM = 20;

const LIST = /^([\t ]*)(?:([-*+])|(\d{1,9})([.)]))([\t ]+)(\[[ xX]\][\t ]+)?/;

const plain = (scope: DictationScope): ScopeAt => ({ scope, gap: '' });

export function scopeAt(place: DocumentPosition): ScopeAt {
  const line = place.before.slice(place.before.lastIndexOf('\n') + 1);
  if (place.languageId === 'scminput' || place.languageId === 'git-commit')
    return commit(place, line);
  const language = languageOf(place.languageId);
  if (language === undefined) return plain({ kind: 'prose' });
  if (place.languageId === 'markdown') return markdown(place, line, language);
  return inLanguage(place, line, language);
}

function commit({ before }: DocumentPosition, line: string): ScopeAt {
  if (!before.includes('\n')) return plain({ kind: 'commit' });
  const item = LIST.exec(line)?.[0] ?? '';
  return plain({
    kind: 'wrapped',
    lead: ' '.repeat(item.length),
    first: room(COMMIT_COLUMNS - line.length),
    rest: room(COMMIT_COLUMNS - item.length),
  });
}

function markdown(place: DocumentPosition, line: string, language: Language): ScopeAt {
  // Text between two fences is code in any language.
  const fences = place.before.match(/^[\t ]*(?:```|~~~)/gm)?.length ?? 0;
  if (fences % 2 === 1) return plain({ kind: 'code', indent: indentOf(line) });
  const item = LIST.exec(line);
  if (item === null) return inLanguage(place, line, language);
  const [, indent = '', bullet, number, end = '', blank = ' ', box] = item;
  const marker = `${bullet ?? end}${blank}${box === undefined ? '' : '[ ] '}`;
  return plain({
    kind: 'list',
    indent,
    marker,
    ...(number === undefined ? {} : { number: Number(number) }),
  });
}

function inLanguage(place: DocumentPosition, line: string, language: Language): ScopeAt {
  const { before } = place;
  const found = lexicalContext(before, language);
  const lineStart = before.length - line.length;
  switch (found.kind) {
    case 'rest':
      return plain(
        language.rest === 'prose' ? { kind: 'prose' } : { kind: 'code', indent: indentOf(line) },
      );
    case 'line': {
      const head = before.slice(lineStart, found.at);
      // `///`, `//!`, `##`, `;;` continue with the same marker.
      const marker = /^[^\w\s]{1,4}/.exec(before.slice(found.at))?.[0] ?? found.marker;
      // After code, further lines start below the marker.
      const indent = head.trim() === '' ? head : blanks(width(head, place.tabSize));
      return wrapped(
        place,
        line,
        `${indent}${marker} `,
        place.columns,
        undefined,
        before.endsWith(marker) && found.at + marker.length === before.length,
      );
    }
    case 'block': {
      const opening = found.at >= lineStart;
      const star = /^[\t ]*\*(?!\/)[\t ]?/.exec(line)?.[0];
      const head = before.slice(lineStart, Math.max(lineStart, found.at));
      const lead = opening
        ? `${indentOf(head)}${found.comment.middle}`
        : star === undefined
          ? indentOf(line)
          : `${star.trimEnd()} `;
      const bare = opening
        ? /^[^\w\s]+$/.test(before.slice(found.at))
        : star !== undefined && star === line && !line.endsWith(' ');
      return wrapped(place, line, lead, place.columns, found.comment.close, bare);
    }
    case 'string': {
      const { open, escape, multiline = false, doc } = found.string;
      const head = before.slice(before.lastIndexOf('\n', found.at - 1) + 1, found.at);
      if (doc === true && /^[\t ]*[rRuUbBfF]{0,2}$/.test(head)) {
        const opens = before.slice(found.at + open.length).trim() === '';
        return {
          ...wrapped(
            place,
            line,
            indentOf(line),
            Math.min(place.columns, language.docColumns ?? place.columns),
            open,
            false,
          ),
          ...(opens ? { opens } : {}),
        };
      }
      return plain({ kind: 'string', quote: open, escape, multiline });
    }
  }
}

function wrapped(
  { tabSize }: DocumentPosition,
  line: string,
  lead: string,
  columns: number,
  close: string | undefined,
  bare: boolean,
): ScopeAt {
  const scope = {
    kind: 'wrapped' as const,
    lead,
    first: room(columns - width(line, tabSize) - (bare ? 1 : 0)),
    rest: room(columns - width(lead, tabSize)),
    ...(close === undefined ? {} : { close }),
  };
  return { scope, gap: bare ? ' ' : '' };
}

const indentOf = (line: string): string => /^[\t ]*/.exec(line)?.[0] ?? '';
const blanks = (count: number): string => ' '.repeat(count);
const room = (columns: number): number => Math.max(MIN_ROOM, Math.min(1_000, columns));

/** Width of a text in columns, with tabs expanded. */
function width(text: string, tabSize: number): number {
  let columns = 0;
  for (const letter of text) columns += letter === '\t' ? tabSize - (columns % tabSize) : 1;
  return columns;
}
