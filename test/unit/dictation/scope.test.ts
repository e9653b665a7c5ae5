/** Dictated text in the form of the place it goes to. */
import { equal } from 'node:assert/strict';
import { inScope, scopeOfLanguage, type WritingScope } from '../../../daemon/dictation/scope';

describe('dictation: scope', () => {
  const long = 'word '.repeat(30).trim();
  const check = (name: string, text: string, scope: WritingScope, expected: string): void =>
    void it(name, () => equal(inScope(text, scope), expected));
  check(
    'breaks the body of a commit message at 72 columns',
    `Fix the cache.\n\n${long}.`,
    scopeOfLanguage('scminput'),
    `Fix the cache\n\n${'word '.repeat(14).trim()}\n${'word '.repeat(14).trim()}\nword word.`,
  );
  check(
    'keeps a word that is longer than a line',
    `A\n${'x'.repeat(90)} b`,
    scopeOfLanguage('git-commit'),
    `A\n${'x'.repeat(90)}\nb`,
  );
  check(
    'keeps an ellipsis at the end of a subject',
    'Wait...',
    scopeOfLanguage('git-commit'),
    'Wait...',
  );
  check(
    'leaves everything else alone',
    `Fix it.\n${long}`,
    scopeOfLanguage('typescript'),
    `Fix it.\n${long}`,
  );

  check(
    'breaks no commit message before a number sign',
    `Fix it\n${'word '.repeat(14)}#123 and more`,
    scopeOfLanguage('git-commit'),
    `Fix it\n${'word '.repeat(13).trim()}\nword #123 and more`,
  );
  check(
    'keeps dictated lines that begin with a number sign from git',
    '#12 is fixed.\n#13 too',
    scopeOfLanguage('scminput'),
    ' #12 is fixed\n #13 too',
  );

  const line: WritingScope = { kind: 'wrapped', lead: '  // ', first: 10, rest: 20 };
  check(
    'begins every further line of a comment as the first',
    'Read the whole file before it answers.',
    line,
    'Read the\n  // whole file before it\n  // answers.',
  );
  check(
    'keeps lines and paragraphs of a comment',
    'One.\nTwo.\n\nThree.',
    line,
    'One.\n  // Two.\n  //\n  // Three.',
  );
  check(
    'does not end a comment early',
    'Match */ here',
    { kind: 'wrapped', lead: ' * ', first: 60, rest: 60, close: '*/' },
    'Match * / here',
  );
  check(
    'does not end a docstring early',
    'Say """ twice',
    { kind: 'wrapped', lead: '    ', first: 60, rest: 60, close: '"""' },
    'Say " " " twice',
  );

  check(
    'escapes quotes in a string',
    'Say "hi"',
    { kind: 'string', quote: '"', escape: 'backslash', multiline: false },
    'Say \\"hi\\"',
  );
  check(
    'leaves the other quote alone',
    'It\'s "fine"',
    { kind: 'string', quote: "'", escape: 'backslash', multiline: false },
    'It\\\'s "fine"',
  );
  check(
    'doubles quotes where a language does so',
    "it's",
    { kind: 'string', quote: "'", escape: 'double', multiline: true },
    "it''s",
  );
  check(
    'writes a line break of a string as the language does',
    'One\n\ntwo',
    { kind: 'string', quote: '"', escape: 'backslash', multiline: false },
    'One\\ntwo',
  );
  check(
    'opens no placeholder in a template',
    'Costs ${x}\n`now`',
    { kind: 'string', quote: '`', escape: 'backslash', multiline: true },
    'Costs \\${x}\n\\`now\\`',
  );

  check(
    'makes items of the lines in a list',
    'Read it.\nWrite it.\n\nDone.',
    { kind: 'list', indent: '  ', marker: '- ' },
    'Read it.\n  - Write it.\n\nDone.',
  );
  check(
    'counts on in a numbered list',
    'Two.\nThree.\nFour.',
    { kind: 'list', indent: '', marker: '. ', number: 2 },
    'Two.\n3. Three.\n4. Four.',
  );
  check(
    'keeps the indentation of code and ends no sentence there',
    'return early\nx.',
    { kind: 'code', indent: '\t' },
    'return early\n\tx',
  );
  check('takes a programming language for code', 'x = 1.', scopeOfLanguage('python'), 'x = 1');
  check('takes Markdown for text', 'It is done.', scopeOfLanguage('markdown'), 'It is done.');
});
