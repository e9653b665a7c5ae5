/**
 * The syntax of comments and strings by VS Code language id. Data only. A language without an entry
 * counts as prose.
 */

export interface StringKind {
  readonly open: string;
  readonly close: string;
  readonly escape: 'backslash' | 'double' | 'none';
  readonly multiline?: boolean;
  /** At the start of a line, documents the code around it. */
  readonly doc?: boolean;
}

export interface BlockComment {
  readonly open: string;
  readonly close: string;
  /** Marker that convention puts at the start of every further line. */
  readonly middle: string;
}

export interface Language {
  readonly line: readonly string[];
  readonly block: readonly BlockComment[];
  readonly strings: readonly StringKind[];
  /** Kind of the text between comments and strings. */
  readonly rest: 'code' | 'prose';
  /** A line comment needs a space or the start of the line before it. */
  readonly apart?: boolean;
  /** `/` may begin a regular expression. */
  readonly regex?: boolean;
  /** Column limit of docstrings, if convention sets a separate limit. */
  readonly docColumns?: number;
}

const QUOTE: StringKind = { open: '"', close: '"', escape: 'backslash' };
const SINGLE: StringKind = { open: "'", close: "'", escape: 'backslash' };
const STARS: BlockComment = { open: '/*', close: '*/', middle: ' * ' };
const ANGLES: BlockComment = { open: '<!--', close: '-->', middle: '' };
const TEMPLATE: StringKind = { open: '`', close: '`', escape: 'backslash', multiline: true };
const doubled = (quote: string): StringKind => ({
  open: quote,
  close: quote,
  escape: 'double',
  multiline: true,
});
const triple = (quote: string, doc = false): StringKind => ({
  open: quote.repeat(3),
  close: quote.repeat(3),
  escape: 'backslash',
  multiline: true,
  ...(doc ? { doc } : {}),
});

const code = (
  line: readonly string[],
  block: readonly BlockComment[],
  strings: readonly StringKind[],
  more: Partial<Language> = {},
): Language => ({ line, block, strings, rest: 'code', ...more });

const C = code(['//'], [STARS], [QUOTE, SINGLE]);
const SCRIPT = code(['//'], [STARS], [QUOTE, SINGLE, TEMPLATE], { regex: true });
const HASH = code(['#'], [], [QUOTE, SINGLE], { apart: true });
const SHELL = code(
  ['#'],
  [],
  [
    { ...QUOTE, multiline: true },
    { open: "'", close: "'", escape: 'none', multiline: true },
  ],
  { apart: true },
);
const YAML = code(['#'], [], [QUOTE, { open: "'", close: "'", escape: 'double' }], { apart: true });
const MARKUP: Language = { line: [], block: [ANGLES], strings: [], rest: 'prose' };

const GROUPS: readonly (readonly [string, Language])[] = [
  ['c cpp objective-c objective-cpp java csharp', C],
  ['javascript javascriptreact typescript typescriptreact', SCRIPT],
  ['vue svelte astro', { ...SCRIPT, block: [STARS, ANGLES] }],
  ['go', code(['//'], [STARS], [QUOTE, SINGLE, { ...TEMPLATE, escape: 'none' }])],
  // An apostrophe begins a lifetime.
  ['rust zig', code(['//'], [{ ...STARS, middle: ' * ' }], [{ ...QUOTE, multiline: true }])],
  ['kotlin swift scala dart groovy', code(['//'], [STARS], [triple('"'), QUOTE])],
  ['php', code(['//', '#'], [STARS], [QUOTE, SINGLE])],
  ['css', code([], [STARS], [QUOTE, SINGLE])],
  ['scss less', code(['//'], [STARS], [QUOTE, SINGLE])],
  ['json jsonc json5', code(['//'], [STARS], [QUOTE])],
  ['proto3 protobuf proto solidity hlsl glsl', C],
  [
    'python',
    code(['#'], [], [triple('"', true), triple("'", true), QUOTE, SINGLE], { docColumns: 72 }),
  ],
  ['ruby perl r elixir julia coffeescript terraform hcl toml properties', HASH],
  ['shellscript dockerfile makefile', SHELL],
  [
    'powershell',
    code(
      ['#'],
      [{ open: '<#', close: '#>', middle: '' }],
      [
        { ...QUOTE, escape: 'double' },
        { open: "'", close: "'", escape: 'double' },
      ],
    ),
  ],
  ['yaml dockercompose', YAML],
  ['sql', code(['--'], [STARS], [doubled("'"), doubled('"')])],
  ['lua', code(['--'], [{ open: '--[[', close: ']]', middle: '' }], [QUOTE, SINGLE])],
  ['haskell elm', code(['--'], [{ open: '{-', close: '-}', middle: '' }], [QUOTE])],
  ['clojure lisp scheme', code([';'], [], [{ ...QUOTE, multiline: true }])],
  ['ini', code([';', '#'], [], [], { apart: true })],
  ['erlang matlab', code(['%'], [], [QUOTE])],
  ['vb', code(["'"], [], [{ ...QUOTE, escape: 'double' }])],
  ['latex tex', { line: ['%'], block: [], strings: [], rest: 'prose' }],
  ['html xml markdown svg', MARKUP],
];

const LANGUAGES = new Map(
  GROUPS.flatMap(([ids, language]) => ids.split(' ').map((id) => [id, language] as const)),
);

export const languageOf = (languageId: string): Language | undefined => LANGUAGES.get(languageId);
