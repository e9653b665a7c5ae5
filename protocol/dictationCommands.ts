/**
 * The spoken commands of dictation, as data: the daemon executes them, the extension's cheat sheet
 * lists them. `daemon/dictation/commandSense.ts` distinguishes the command from the word.
 */

/** Side of a mark without a space; `toggle` alternates between opening and closing. */
export type MarkJoin = 'left' | 'right' | 'both' | 'none' | 'toggle';
export type NameStyle = 'camel' | 'pascal' | 'snake' | 'kebab' | 'constant';

export type SpokenCommand =
  | {
      readonly kind: 'mark';
      readonly text: string;
      readonly join: MarkJoin;
      /** True if the mark ends a sentence. */
      readonly ends?: boolean;
    }
  | { readonly kind: 'line'; readonly count: 1 | 2 }
  | { readonly kind: 'style'; readonly style: NameStyle }
  | { readonly kind: 'caps'; readonly caps: 'upper' | 'lower' }
  | { readonly kind: 'glue' }
  | { readonly kind: 'literal' }
  | { readonly kind: 'scratch' };

export interface DictationCommand {
  readonly group: 'Punctuation' | 'Brackets and quotes' | 'Lines' | 'Names' | 'Code' | 'Editing';
  /** The first is the phrase to learn; the others are variants and typical recognition errors. */
  readonly say: readonly string[];
  readonly command: SpokenCommand;
  /** An example: spoken and written form. */
  readonly example: readonly [said: string, written: string];
}

type Group = DictationCommand['group'];

const mark = (
  group: Group,
  say: string,
  text: string,
  join: MarkJoin,
  example: readonly [string, string],
  ends = false,
): DictationCommand => ({
  group,
  say: say.split('|'),
  command: { kind: 'mark', text, join, ...(ends ? { ends } : {}) },
  example,
});
const other = (
  group: Group,
  say: string,
  command: SpokenCommand,
  example: readonly [string, string],
): DictationCommand => ({ group, say: say.split('|'), command, example });

const PUNCTUATION = 'Punctuation';
const PAIRS = 'Brackets and quotes';
const CODE = 'Code';

export const DICTATION_COMMANDS: readonly DictationCommand[] = [
  mark(PUNCTUATION, 'comma', ',', 'left', ['well comma yes', 'Well, yes']),
  mark(PUNCTUATION, 'full stop', '.', 'left', ['done full stop', 'Done.'], true),
  mark(PUNCTUATION, 'period', '.', 'left', ['it works period', 'It works.'], true),
  mark(
    PUNCTUATION,
    'question mark|questioned mark|question marc',
    '?',
    'left',
    ['is it done question mark', 'Is it done?'],
    true,
  ),
  mark(
    PUNCTUATION,
    'exclamation mark|exclamation point',
    '!',
    'left',
    ['it works exclamation mark', 'It works!'],
    true,
  ),
  mark(PUNCTUATION, 'colon', ':', 'left', ['next steps colon', 'Next steps:']),
  mark(PUNCTUATION, 'semicolon|semi colon', ';', 'left', ['return x semicolon', 'Return x;']),
  mark(PUNCTUATION, 'ellipsis|dot dot dot', '…', 'left', ['wait ellipsis', 'Wait…']),
  mark(PUNCTUATION, 'hyphen', '-', 'both', ['well hyphen known', 'Well-known']),
  mark(PUNCTUATION, 'em dash', '—', 'none', ['late em dash again', 'Late — again']),
  mark(PUNCTUATION, 'apostrophe', "'", 'both', ['users apostrophe s', "Users's"]),

  mark(
    PAIRS,
    'open paren|open parent|open parens|open parenthesis|left paren|left parenthesis',
    '(',
    'right',
    ['open paren see below close paren', '(see below)'],
  ),
  mark(
    PAIRS,
    'close paren|close parent|close parens|close parenthesis|closed paren|closed parent|right paren|right parenthesis',
    ')',
    'left',
    ['open paren see below close paren', '(see below)'],
  ),
  mark(PAIRS, 'open square bracket|open square|open bracket|left bracket', '[', 'right', [
    'open square i',
    '[i',
  ]),
  mark(PAIRS, 'close square bracket|close square|close bracket|right bracket', ']', 'left', [
    'i close square',
    'I]',
  ]),
  mark(PAIRS, 'open brace|open curly brace|open curly|left brace', '{', 'right', [
    'open brace x',
    '{x',
  ]),
  mark(PAIRS, 'close brace|close curly brace|close curly|right brace', '}', 'left', [
    'x close brace',
    'X}',
  ]),
  mark(PAIRS, 'open angle bracket|less than sign', '<', 'right', [
    'open angle bracket div',
    '<div',
  ]),
  mark(PAIRS, 'close angle bracket|greater than sign', '>', 'left', [
    'div close angle bracket',
    'Div>',
  ]),
  mark(PAIRS, 'open quote|open quotes|begin quote', '"', 'right', [
    'open quote hello close quote',
    '"hello"',
  ]),
  mark(PAIRS, 'close quote|close quotes|end quote|unquote', '"', 'left', [
    'open quote hello close quote',
    '"hello"',
  ]),
  mark(PAIRS, 'open single quote', "'", 'right', ['open single quote a', "'a"]),
  mark(PAIRS, 'close single quote', "'", 'left', ['x close single quote', "X'"]),
  mark(PAIRS, 'open backtick', '`', 'right', ['open backtick npm close backtick', '`npm`']),
  mark(PAIRS, 'close backtick', '`', 'left', ['open backtick npm close backtick', '`npm`']),
  mark(PAIRS, 'backtick|back tick', '`', 'toggle', ['run backtick npm backtick', 'Run `npm`']),
  mark(PAIRS, 'double quote', '"', 'toggle', ['double quote yes double quote', '"yes"']),

  other('Lines', 'new line|newline', { kind: 'line', count: 1 }, ['one new line two', 'One\nTwo']),
  other('Lines', 'new paragraph', { kind: 'line', count: 2 }, [
    'one new paragraph two',
    'One\n\nTwo',
  ]),
  mark('Lines', 'tab', '\t', 'both', ['name tab value', 'Name\tvalue']),

  other('Names', 'camel case', { kind: 'style', style: 'camel' }, [
    'camel case retry count',
    'retryCount',
  ]),
  other('Names', 'pascal case', { kind: 'style', style: 'pascal' }, [
    'pascal case retry count',
    'RetryCount',
  ]),
  other('Names', 'snake case', { kind: 'style', style: 'snake' }, [
    'snake case retry count',
    'retry_count',
  ]),
  other('Names', 'kebab case', { kind: 'style', style: 'kebab' }, [
    'kebab case retry count',
    'retry-count',
  ]),
  other(
    'Names',
    'constant case|screaming snake case|upper snake case',
    { kind: 'style', style: 'constant' },
    ['constant case retry count', 'RETRY_COUNT'],
  ),
  other('Names', 'all caps', { kind: 'caps', caps: 'upper' }, [
    'all caps todo fix it',
    'TODO fix it',
  ]),
  other('Names', 'no caps', { kind: 'caps', caps: 'lower' }, ['no caps Npm works', 'npm works']),
  other('Names', 'no space', { kind: 'glue' }, ['data no space base', 'Database']),

  mark(CODE, 'underscore', '_', 'both', ['user underscore id', 'User_id']),
  mark(CODE, 'slash|forward slash', '/', 'both', ['and slash or', 'And/or']),
  mark(CODE, 'dot slash', './', 'right', ['run dot slash build', 'Run ./build']),
  mark(CODE, 'dot dot slash', '../', 'right', ['cd dot dot slash src', 'Cd ../src']),
  mark(CODE, 'backslash|back slash', '\\', 'both', ['c colon backslash temp', 'C:\\temp']),
  mark(CODE, 'dash', '-', 'both', ['git commit dash m', 'Git commit -m']),
  mark(CODE, 'dash dash|double dash', '--', 'right', [
    'npm test dash dash watch',
    'Npm test --watch',
  ]),
  mark(CODE, 'tilde', '~', 'right', ['cd tilde slash src', 'Cd ~/src']),
  mark(CODE, 'pipe|pipe sign', '|', 'none', ['ls pipe grep foo', 'Ls | grep foo']),
  mark(CODE, 'double pipe', '||', 'none', ['a double pipe b', 'A || b']),
  mark(CODE, 'ampersand', '&', 'none', ['a ampersand b', 'A & b']),
  mark(CODE, 'double ampersand', '&&', 'none', ['a double ampersand b', 'A && b']),
  mark(CODE, 'plus plus', '++', 'left', ['i plus plus', 'I++']),
  mark(CODE, 'minus minus', '--', 'left', ['i minus minus', 'I--']),
  mark(CODE, 'plus sign', '+', 'none', ['a plus sign b', 'A + b']),
  mark(CODE, 'minus sign', '-', 'none', ['a minus sign b', 'A - b']),
  mark(CODE, 'plus equals', '+=', 'none', ['x plus equals y', 'X += y']),
  mark(CODE, 'asterisk', '*', 'none', ['select asterisk from', 'Select * from']),
  mark(CODE, 'caret', '^', 'both', ['x caret two', 'X^two']),
  mark(CODE, 'equals sign|equal sign|equals', '=', 'none', ['x equals sign five', 'X = five']),
  mark(CODE, 'double equals', '==', 'none', ['x double equals y', 'X == y']),
  mark(CODE, 'triple equals', '===', 'none', ['x triple equals y', 'X === y']),
  mark(CODE, 'not equals', '!=', 'none', ['x not equals y', 'X != y']),
  mark(CODE, 'fat arrow', '=>', 'none', ['x fat arrow y', 'X => y']),
  mark(CODE, 'thin arrow', '->', 'none', ['x thin arrow y', 'X -> y']),
  mark(CODE, 'double colon', '::', 'both', ['std double colon vector', 'Std::vector']),
  mark(CODE, 'at sign', '@', 'right', ['ask at sign anna', 'Ask @anna']),
  mark(CODE, 'hash sign|hashtag', '#', 'right', ['fixes hash sign twelve', 'Fixes #12']),
  mark(CODE, 'dollar sign', '$', 'right', ['echo dollar sign home', 'Echo $home']),
  mark(CODE, 'percent sign', '%', 'left', ['ninety percent sign', '90%']),

  other('Editing', 'literal', { kind: 'literal' }, ['write literal comma', 'Write comma']),
  other('Editing', 'scratch that', { kind: 'scratch' }, ['use x, scratch that, use y', 'Use y']),
];
