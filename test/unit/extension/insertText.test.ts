import { equal } from 'node:assert/strict';
import { fitText, ghostText, pastable } from '../../../extension/dictation/insertText';

/** `|` is the cursor; the expectation is the whole line with the text in it. */
function check(around: string, spoken: string, expected: string): void {
  it(`${JSON.stringify(around)} + ${JSON.stringify(spoken)}`, () => {
    const [before = '', after = ''] = around.split('|');
    equal(before + fitText(spoken, { before, after }) + after, expected);
  });
}

describe('dictated text at the cursor', () => {
  check('|', 'hello there.', 'Hello there.');
  check('|', '', '');
  check('|', '   ', '');
  check('Done.|', 'next step.', 'Done. Next step.');
  check('Done. |', 'next step.', 'Done. Next step.');
  check('Is it?|', 'yes.', 'Is it? Yes.');
  check('He said “no.”|', 'then he left.', 'He said “no.” Then he left.');
  check('The|', 'Parser fails.', 'The parser fails.');
  check('The | fails.', 'Parser', 'The parser fails.');
  check('The |fails.', 'Parser.', 'The parser fails.');
  check('The|.', 'Parser fails.', 'The parser fails.');
  check('(|)', 'See below.', '(see below.)');
  check('call(|', 'Value', 'call(value');
  check('And |', "I'm sure.", "And I'm sure.");
  check('And |', 'I think so.', 'And I think so.');
  check('Use the |', 'HTTP server.', 'Use the HTTP server.');
  check('Use |', 'GitHub for it.', 'Use GitHub for it.');
  check('foo|', ', bar', 'foo, bar');
  check('- [ ] |', 'fix the login.', '- [ ] Fix the login.');
  check('## |', 'open questions', '## Open questions');
  check('  // |', 'retries forever.', '  // Retries forever.');
  check('last line.\n|', 'new paragraph.', 'last line.\nNew paragraph.');
  check('const x = |;', 'Value', 'const x = value;');
  check('one|two', 'and', 'one and two');
  check('wait|', 'and  see', 'wait and see');
  check('Then…|', 'it worked.', 'Then… It worked.');
  check('die |', 'Änderung', 'die Änderung');
  check('I think |', 'Monday is fine.', 'I think Monday is fine.');
  check('Of course |', 'Python is slow.', 'Of course Python is slow.');
  check('I think |', 'Anna will do it.', 'I think Anna will do it.');
  check('We run |', 'Kubernetes here.', 'We run Kubernetes here.');
  check('see e.g. |', 'The docs', 'see e.g. the docs');
  check('a, b, etc. |', 'And more', 'a, b, etc. and more');
  check('We |', 'Refactored it.', 'We refactored it.');
  check('|', ' #12 is fixed', ' #12 is fixed');
});

describe('ghost text', () => {
  const same = (finals: string[], partial: string, expected: string): void =>
    void it(JSON.stringify([finals, partial]).slice(0, 60), () =>
      equal(ghostText(finals, partial), expected),
    );
  same([], '', '');
  same(['One.', ' Two.'], ' thr ', 'One. Two. thr');
  same([], `${'long '.repeat(40)}end`, `…${`${'long '.repeat(40)}end`.slice(-79).trimStart()}`);
});

describe('dictated text in code and terminals', () => {
  it('has no capital for its place in code', () =>
    equal(
      fitText('Return early', { before: '  ', after: '' }, { sentences: false }),
      'return early',
    ));
  it('keeps the lines of a comment as they are', () =>
    equal(fitText('reads it\n   * whole', { before: '/** ', after: '' }), 'Reads it\n   * whole'));
  const pasted = (text: string, expected: string): void =>
    void it(JSON.stringify(text), () => equal(pastable(text, false), expected));
  pasted('Git status', 'git status');
  pasted('git commit\nrm minus rf\r\u001b[A', 'git commit rm minus rf [A');
});
