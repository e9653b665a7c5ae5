/** What dictation writes for at a place of a document: `|` is the cursor. */
import { deepEqual } from 'node:assert/strict';
import { scopeAt, type ScopeAt } from '../../../extension/dictation/scopeAt';

const at = (languageId: string, text: string): ScopeAt =>
  scopeAt({ languageId, before: text.slice(0, text.indexOf('|')), tabSize: 4, columns: 80 });
const check = (
  name: string,
  languageId: string,
  text: string,
  expected: ScopeAt['scope'],
  gap: '' | ' ' = '',
): void => void it(name, () => deepEqual(at(languageId, text), { scope: expected, gap }));

describe('scope at the cursor', () => {
  check('a line comment goes on with its marker', 'typescript', 'a();\n  // Reads |', {
    kind: 'wrapped',
    lead: '  // ',
    first: 69,
    rest: 75,
  });
  check(
    'a bare marker wants a blank',
    'typescript',
    '//|',
    { kind: 'wrapped', lead: '// ', first: 77, rest: 77 },
    ' ',
  );
  check('markers of documentation go on as they began', 'rust', "fn a<'b>() {}\n\t/// Reads |", {
    kind: 'wrapped',
    lead: '\t/// ',
    first: 66,
    rest: 72,
  });
  check('behind code further lines stand below the marker', 'c', 'int a; // is |', {
    kind: 'wrapped',
    lead: '       // ',
    first: 67,
    rest: 70,
  });
  check('a block comment opens its lines with stars', 'typescript', '  /** Reads |', {
    kind: 'wrapped',
    lead: '   * ',
    first: 68,
    rest: 75,
    close: '*/',
  });
  check(
    'and goes on with them',
    'java',
    '/**\n * Reads.\n *|\n */',
    { kind: 'wrapped', lead: ' * ', first: 77, rest: 77, close: '*/' },
    ' ',
  );
  check('a block without stars keeps its indentation', 'css', '/*\n   Reads |', {
    kind: 'wrapped',
    lead: '   ',
    first: 71,
    rest: 77,
    close: '*/',
  });
  check('a comment in a page', 'html', '<p>\n  <!-- Reads |', {
    kind: 'wrapped',
    lead: '  ',
    first: 67,
    rest: 78,
    close: '-->',
  });
  check('a docstring has 72 columns', 'python', 'def a():\n    """Reads |', {
    kind: 'wrapped',
    lead: '    ',
    first: 59,
    rest: 68,
    close: '"""',
  });
  it('a docstring that is empty so far begins a sentence', () =>
    deepEqual(
      [at('python', 'def a():\n    """|').opens, at('python', 'def a():\n    """Reads |').opens],
      [true, undefined],
    ));
  check('a string that is no docstring', 'python', 'a = """Reads |', {
    kind: 'string',
    quote: '"""',
    escape: 'backslash',
    multiline: true,
  });
  check('a string', 'typescript', "const a = 'it\\'s |", {
    kind: 'string',
    quote: "'",
    escape: 'backslash',
    multiline: false,
  });
  check('a doubled quote ends no string', 'sql', "select 'it''s |", {
    kind: 'string',
    quote: "'",
    escape: 'double',
    multiline: true,
  });
  check(
    'the placeholder of a template is code',
    'typescript',
    'const a = `x ${b.map((c) => { return c |',
    { kind: 'code', indent: '' },
  );
  check('behind it is the template again', 'typescript', 'const a = `x ${{ b }} |', {
    kind: 'string',
    quote: '`',
    escape: 'backslash',
    multiline: true,
  });
  check(
    'a quote in a regular expression begins no string',
    'typescript',
    'const a = /["\'`]/.test(b); |',
    { kind: 'code', indent: '' },
  );
  check('a division is none', 'typescript', 'const a = b / c; // Half |', {
    kind: 'wrapped',
    lead: '                 // ',
    first: 55,
    rest: 60,
  });
  check('a string that is open ends with its line', 'typescript', "const a = 'x\n  |", {
    kind: 'code',
    indent: '  ',
  });
  check('a marker in a string is none', 'typescript', "fetch('http://a'); |", {
    kind: 'code',
    indent: '',
  });
  check('a marker in a word is none in a shell', 'shellscript', 'echo $# |', {
    kind: 'code',
    indent: '',
  });
  check('an item of a list', 'markdown', 'Text\n  - [x] Read |', {
    kind: 'list',
    indent: '  ',
    marker: '- [ ] ',
  });
  check('a numbered item', 'markdown', '3) Read |', {
    kind: 'list',
    indent: '',
    marker: ') ',
    number: 3,
  });
  check('prose', 'markdown', '# Title\n\nRead |', { kind: 'prose' });
  check('a fence', 'markdown', '```ts\n  a(|', { kind: 'code', indent: '  ' });
  check('the subject of a commit message', 'scminput', 'Fix |', { kind: 'commit' });
  check('its body', 'git-commit', 'Fix it\n\nIt was |', {
    kind: 'wrapped',
    lead: '',
    first: 65,
    rest: 72,
  });
  check('an item of its body', 'git-commit', 'Fix it\n\n- It was |', {
    kind: 'wrapped',
    lead: '  ',
    first: 63,
    rest: 70,
  });
  check('a language nobody knows is prose', 'plaintext', "it's |", { kind: 'prose' });
});
