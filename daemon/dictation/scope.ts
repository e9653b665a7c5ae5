/**
 * Formats dictated text for its target. Pure: the caller describes the target.
 */

/** Line length of a commit message, as git's documentation recommends. */
const COMMIT_COLUMNS = 72;
/** Language ids of commit messages in editors. */
const COMMITS: ReadonlySet<string> = new Set([
  'git-commit',
  'scminput',
  'commit',
  'jj-commit',
  'hg-commit',
]);

/** Language ids of text; without an id the target is text as well. */
const PROSE: ReadonlySet<string> = new Set([
  '',
  'plaintext',
  'markdown',
  'mdx',
  'latex',
  'tex',
  'bibtex',
  'restructuredtext',
  'asciidoc',
  'typst',
  'log',
  'git-rebase',
  'chat',
]);

/** As `DictationScope` in the protocol. */
export type WritingScope =
  | { readonly kind: 'prose' }
  | { readonly kind: 'code'; readonly indent: string }
  | {
      readonly kind: 'wrapped';
      readonly lead: string;
      readonly first: number;
      readonly rest: number;
      readonly close?: string | undefined;
    }
  | {
      readonly kind: 'list';
      readonly indent: string;
      readonly marker: string;
      readonly number?: number | undefined;
    }
  | {
      readonly kind: 'string';
      readonly quote: string;
      readonly escape: 'backslash' | 'double' | 'none';
      readonly multiline: boolean;
    }
  | { readonly kind: 'commit' };

/**
 * The scope that follows from a language alone; a programming language is code.
 * @param languageId VS Code's id of the language
 */
export function scopeOfLanguage(languageId: string): WritingScope {
  if (COMMITS.has(languageId)) return { kind: 'commit' };
  return PROSE.has(languageId) ? { kind: 'prose' } : { kind: 'code', indent: '' };
}

export function inScope(text: string, scope: WritingScope): string {
  switch (scope.kind) {
    case 'prose':
      return text;
    case 'code':
      return withoutStop(text).replaceAll('\n', `\n${scope.indent}`);
    case 'wrapped':
      return wrapped(scope.close === undefined ? text : apart(text, scope.close), scope);
    case 'list':
      return list(text, scope);
    case 'string':
      return quoted(text, scope);
    case 'commit': {
      const [subject = '', ...body] = text.split('\n');
      // A subject is one line without a full stop, however long: a line break would make a body of
      // the rest.
      return [
        withoutStop(subject),
        ...body.flatMap((line) => wrap(line, COMMIT_COLUMNS, COMMIT_COLUMNS, COMMENT)),
      ]
        .map(notComment)
        .join('\n');
    }
  }
}

/** git drops lines that begin with this; a blank before it keeps them. */
const COMMENT = '#';
const notComment = (line: string): string => (line.startsWith(COMMENT) ? ` ${line}` : line);

const withoutStop = (text: string): string => text.replace(/(?<!\.)\.$/, '');

function wrapped(
  text: string,
  { lead, first, rest }: Extract<WritingScope, { kind: 'wrapped' }>,
): string {
  const lines = text.split('\n').flatMap((line, i) => wrap(line, i === 0 ? first : rest, rest));
  return lines
    .map((line, i) => (i === 0 ? line : line === '' ? lead.trimEnd() : lead + line))
    .join('\n');
}

/** A blank breaks up the mark that would end the comment. */
function apart(text: string, close: string): string {
  return text.replaceAll(close, [...close].join(' '));
}

/** A new line begins an item, a new paragraph ends the list. */
function list(
  text: string,
  { indent, marker, number }: Extract<WritingScope, { kind: 'list' }>,
): string {
  const [items = '', ...paragraphs] = text.split('\n\n');
  const lead = (i: number): string =>
    i === 0 ? '' : `${indent}${number === undefined ? '' : number + i}${marker}`;
  return [
    items
      .split('\n')
      .map((item, i) => lead(i) + item)
      .join('\n'),
    ...paragraphs,
  ].join('\n\n');
}

function quoted(
  text: string,
  { quote, escape, multiline }: Extract<WritingScope, { kind: 'string' }>,
): string {
  const mark = quote.charAt(0);
  const escaped =
    escape === 'none'
      ? text
      : text.replaceAll(mark, escape === 'double' ? mark + mark : `\\${mark}`);
  if (multiline) return mark === '`' ? escaped.replaceAll('${', '\\${') : escaped;
  return escaped.replace(/\n+/g, escape === 'backslash' ? '\\n' : ' ');
}

/**
 * Breaks at blanks; a word longer than the line stays whole.
 * @param first room on the first line, characters
 * @param never no further line begins with this: the word before moves with it
 */
function wrap(line: string, first: number, rest: number, never?: string): string[] {
  const lines: string[] = [];
  let current = '';
  for (const word of line.split(' ')) {
    if (current !== '' && current.length + 1 + word.length > (lines.length === 0 ? first : rest)) {
      const at = never !== undefined && word.startsWith(never) ? current.lastIndexOf(' ') : -1;
      lines.push(at > 0 ? current.slice(0, at) : current);
      current = at > 0 ? `${current.slice(at + 1)} ${word}` : word;
    } else current = current === '' ? word : `${current} ${word}`;
  }
  return [...lines, current];
}
