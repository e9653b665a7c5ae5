/**
 * Spoken commands: punctuation, lines, brackets, spelling of names, and the way to say a command
 * word as a word ("literal comma"). Which words are a command and which are prose is decided here;
 * what they do is done by the writer.
 */

/** How a mark stands to its neighbours. */
type Join = 'left' | 'right' | 'both' | 'none';

export type Command =
  | { readonly kind: 'mark'; readonly text: string; readonly join: Join; readonly ends?: boolean }
  | { readonly kind: 'line'; readonly count: 1 | 2 }
  | { readonly kind: 'style'; readonly style: NameStyle }
  | { readonly kind: 'caps'; readonly caps: 'upper' | 'lower' }
  | { readonly kind: 'glue' }
  | { readonly kind: 'literal' }
  | { readonly kind: 'scratch' };

export type NameStyle = 'camel' | 'pascal' | 'snake' | 'kebab' | 'constant';

interface Spoken {
  readonly words: readonly string[];
  readonly command: Command;
  /** Also an everyday word: a command only where the neighbours allow it. */
  readonly everyday?: 'noun' | 'end';
}

const mark = (
  said: string,
  text: string,
  join: Join,
  more: { ends?: boolean; everyday?: 'noun' | 'end' } = {},
): Spoken[] =>
  said.split('|').map((one) => ({
    words: one.split(' '),
    command: { kind: 'mark', text, join, ...(more.ends ? { ends: true } : {}) },
    ...(more.everyday ? { everyday: more.everyday } : {}),
  }));
const other = (said: string, command: Command, everyday?: 'noun' | 'end'): Spoken[] =>
  said
    .split('|')
    .map((one) => ({ words: one.split(' '), command, ...(everyday ? { everyday } : {}) }));

/**
 * Misheard forms ("open parent", "questioned mark") stand beside the right ones: they mean nothing
 * else.
 */
const COMMANDS: readonly Spoken[] = [
  ...mark('comma', ',', 'left', { everyday: 'noun' }),
  ...mark('full stop', '.', 'left', { ends: true, everyday: 'noun' }),
  ...mark('period', '.', 'left', { ends: true, everyday: 'end' }),
  ...mark('question mark|questioned mark|question marc', '?', 'left', {
    ends: true,
    everyday: 'noun',
  }),
  ...mark('exclamation mark|exclamation point', '!', 'left', { ends: true, everyday: 'noun' }),
  ...mark('colon', ':', 'left', { everyday: 'noun' }),
  ...mark('semicolon|semi colon', ';', 'left', { everyday: 'noun' }),
  ...mark('ellipsis|dot dot dot', '…', 'left', { everyday: 'noun' }),
  ...mark(
    'open paren|open parent|open parens|open parenthesis|left paren|open bracket|left parenthesis',
    '(',
    'right',
    { everyday: 'noun' },
  ),
  ...mark(
    'close paren|close parent|close parens|close parenthesis|closed paren|closed parent|right paren|close bracket|right parenthesis',
    ')',
    'left',
    { everyday: 'noun' },
  ),
  ...mark('open square bracket|open square', '[', 'right'),
  ...mark('close square bracket|close square', ']', 'left'),
  ...mark('open brace|open curly|open curly brace|left brace', '{', 'right'),
  ...mark('close brace|close curly|close curly brace|right brace', '}', 'left'),
  ...mark('open angle bracket|less than sign', '<', 'right'),
  ...mark('close angle bracket|greater than sign', '>', 'left'),
  ...mark('open quote|begin quote|open quotes', '"', 'right'),
  ...mark('close quote|end quote|unquote|close quotes', '"', 'left'),
  ...mark('open backtick', '`', 'right'),
  ...mark('close backtick', '`', 'left'),
  ...mark('underscore', '_', 'both', { everyday: 'noun' }),
  ...mark('forward slash', '/', 'both', { everyday: 'noun' }),
  ...mark('backslash|back slash', '\\', 'both', { everyday: 'noun' }),
  ...mark('equals sign|equal sign', '=', 'none'),
  ...mark('double equals', '==', 'none'),
  ...mark('triple equals', '===', 'none'),
  ...mark('not equals', '!=', 'none'),
  ...mark('plus sign', '+', 'none'),
  ...mark('minus sign', '-', 'none'),
  ...mark('fat arrow', '=>', 'none'),
  ...mark('thin arrow', '->', 'none'),
  ...mark('em dash', '—', 'none'),
  ...mark('at sign', '@', 'right'),
  ...mark('hash sign|hashtag', '#', 'right'),
  ...mark('dollar sign', '$', 'right'),
  ...mark('percent sign', '%', 'left'),
  ...mark('ampersand', '&', 'none'),
  ...mark('pipe sign', '|', 'none'),
  ...other('new line|newline', { kind: 'line', count: 1 }, 'noun'),
  ...other('new paragraph', { kind: 'line', count: 2 }, 'noun'),
  ...other('camel case', { kind: 'style', style: 'camel' }, 'noun'),
  ...other('pascal case', { kind: 'style', style: 'pascal' }, 'noun'),
  ...other('snake case', { kind: 'style', style: 'snake' }, 'noun'),
  ...other('kebab case', { kind: 'style', style: 'kebab' }, 'noun'),
  ...other(
    'constant case|screaming snake case|upper snake case',
    { kind: 'style', style: 'constant' },
    'noun',
  ),
  ...other('all caps', { kind: 'caps', caps: 'upper' }, 'noun'),
  ...other('no caps', { kind: 'caps', caps: 'lower' }, 'noun'),
  ...other('no space', { kind: 'glue' }, 'noun'),
  ...other('literal', { kind: 'literal' }),
  ...other('scratch that', { kind: 'scratch' }),
];

/**
 * The commands that people give most, as they are said: a recogniser that knows them hears fewer of
 * them as prose.
 */
export const COMMAND_PHRASES: readonly string[] = [
  'comma',
  'full stop',
  'question mark',
  'exclamation mark',
  'colon',
  'semicolon',
  'open paren',
  'close paren',
  'open brace',
  'close brace',
  'open bracket',
  'close bracket',
  'open quote',
  'close quote',
  'underscore',
  'new line',
  'new paragraph',
  'camel case',
  'pascal case',
  'snake case',
  'constant case',
  'all caps',
  'no caps',
  'scratch that',
  'dot',
];

const BY_FIRST = new Map<string, Spoken[]>();
for (const spoken of COMMANDS) {
  const first = spoken.words[0] as string;
  // "open square bracket" before "open square".
  BY_FIRST.set(
    first,
    [...(BY_FIRST.get(first) ?? []), spoken].sort((a, b) => b.words.length - a.words.length),
  );
}

/** Before a noun, not before a command. */
const NOUN_BEFORE = new Set(
  'a an the this that these those my your our his her its their each every another one no first second last next missing extra trailing leading single double of with without by and or to add put insert use write'.split(
    ' ',
  ),
);
/**
 * What continues a noun: "a new line of credit", "comma separated", "the question mark is missing".
 */
const NOUN_AFTER = new Set(
  'of separated delimited character characters operator is was in between key keys sign symbol cancer style'.split(
    ' ',
  ),
);

const QUESTIONS = new Set(
  'what why how who which where when whose do does did is are was were can could should would will has have had'.split(
    ' ',
  ),
);

export interface CommandMatch {
  readonly command: Command;
  readonly count: number;
}

/**
 * @param words lower case
 * @param isolated does the recogniser write a pause on both sides of words i … j (excluded)?
 */
export function matchCommand(
  words: readonly string[],
  at: number,
  isolated: (from: number, to: number) => boolean,
): CommandMatch | undefined {
  for (const { words: said, command, everyday } of BY_FIRST.get(words[at] ?? '') ?? []) {
    if (!said.every((word, i) => words[at + i] === word)) continue;
    const to = at + said.length;
    // "literal" is a command only in front of one.
    if (command.kind === 'literal' && !matchAfterLiteral(words, to, isolated)) continue;
    if (command.kind === 'style' && to >= words.length) continue;
    if (command.kind === 'scratch' && to < words.length && !isolated(at, to)) continue;
    if (
      command.kind === 'style' &&
      /^(?:use|in|and|write|as|to|call|type|with)$/.test(words[at - 1] ?? '')
    )
      return { command, count: said.length };
    if (
      everyday &&
      !isolated(at, to) &&
      reads(words, at, to, everyday) &&
      !endsQuestion(words, at, to, command)
    )
      continue;
    return { command, count: said.length };
  }
  return undefined;
}

/** What "literal" protects: the command words behind it, whatever their neighbours. */
export function matchAfterLiteral(
  words: readonly string[],
  at: number,
  isolated: (from: number, to: number) => boolean,
): number | undefined {
  const found = (BY_FIRST.get(words[at] ?? '') ?? []).find(
    ({ words: said, command }) =>
      command.kind !== 'literal' && said.every((word, i) => words[at + i] === word),
  );
  return found
    ? found.words.length
    : words[at] === 'literal' && matchCommand(words, at + 1, isolated)
      ? 1
      : undefined;
}

/** Do the neighbours make it an ordinary word? */
function reads(
  words: readonly string[],
  at: number,
  to: number,
  everyday: 'noun' | 'end',
): boolean {
  const before = words[at - 1];
  const after = words[to];
  if (everyday === 'end')
    return (
      after !== undefined ||
      before === undefined ||
      NOUN_BEFORE.has(before) ||
      /^(?:time|trial|grace|waiting|retention|notice|free|short|long)$/.test(before)
    );
  return (
    (before !== undefined && NOUN_BEFORE.has(before)) ||
    (after !== undefined && NOUN_AFTER.has(after))
  );
}

/**
 * "why is it missing question mark": what begins as a question and ends with its mark, unless that
 * has an article.
 */
function endsQuestion(words: readonly string[], at: number, to: number, command: Command): boolean {
  return (
    command.kind === 'mark' &&
    command.text === '?' &&
    to === words.length &&
    QUESTIONS.has(words[0] ?? '') &&
    !/^(?:an?|the|this|that|another|no)$/.test(words[at - 1] ?? '') &&
    !/^(?:an?|the|this|that)$/.test(words[at - 2] ?? '')
  );
}

/** `camel case retry count` → retryCount. */
export function styled(words: readonly string[], style: NameStyle): string {
  const lower = words.map((word) => word.toLowerCase().replace(/['’]/g, ''));
  const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
  switch (style) {
    case 'camel':
      return lower.map((word, i) => (i === 0 ? word : capital(word))).join('');
    case 'pascal':
      return lower.map(capital).join('');
    case 'snake':
      return lower.join('_');
    case 'kebab':
      return lower.join('-');
    case 'constant':
      return lower.join('_').toUpperCase();
  }
}
