/** Spoken words as people would write them; the words themselves are never lost. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import fc from 'fast-check';
import { disfluencies, readableText } from '../../../daemon/transcript/readable';

const check = (spoken: string, written: string): void => equal(readableText(spoken), written);

describe('readable text', () => {
  it('hides fillers and keeps the stop of the sentence', () => {
    check('Um, we uh deploy it, uh, today.', 'We deploy it, today.');
    check('That is it, um. Next one.', 'That is it. Next one.');
    check('So, you know, the cache is cold.', 'So, the cache is cold.');
    check('Do you know the port?', 'Do you know the port?');
  });
  it('hides what is said twice, not what is meant twice', () => {
    check('We should we should test the the parser.', 'We should test the parser.');
    check('I think, I think it works.', 'I think it works.');
    check('No, no, that is very very slow.', 'No, no, that is very very slow.');
    check('I know that that is wrong.', 'I know that that is wrong.');
  });
  it('hides words that break off', () => check('We sh- we should wait.', 'We should wait.'));
  it('keeps a segment that is nothing else', () => check('hmm', 'Hmm'));
  it('writes numbers as people do', () => {
    check(
      'It took twenty five seconds, not two hundred and fifty.',
      'It took 25 seconds, not 250.',
    );
    check(
      'one of them failed in ten percent of the twelve thousand runs',
      'One of them failed in 10% of the 12,000 runs',
    );
    check('It listens on port eighty eighty.', 'It listens on port 8080.');
    check('Version twenty twenty six, twenty-three files.', 'Version 2026, 23 files.');
    check(
      'Ten past nine, and it lasted forty minutes. Fourteen.',
      'Ten past nine, and it lasted 40 minutes. Fourteen.',
    );
    check(
      'Give me a second, two or three people came.',
      'Give me a second, two or three people came.',
    );
  });
  it('promise: no spoken digit is lost in readable text', () => {
    check('Nineteen ninety nine was the year.', 'Nineteen ninety nine was the year.');
    check('One hundred twenty users signed up.', 'One hundred twenty users signed up.');
    check('Ninety five percent passed.', 'Ninety five percent passed.');
    check('Five five five one two three four is the number.', '5551234 is the number.');
    check('We grew by one point twenty three percent.', 'We grew by 1.23%.');
    check('It was e.g. twenty five users.', 'It was e.g. 25 users.');
    check('We meet at 3 p.m. today.', 'We meet at 3 p.m. today.');
    check(
      'The twenty first attempt worked on the twenty first.',
      'The 21st attempt worked on the 21st.',
    );
    check('We need five six engineers', 'We need five six engineers');
  });
  it('keeps words that only look like fillers or repetitions', () => {
    for (const said of [
      'Draw the ER diagram',
      'The ER is full',
      'Uh huh',
      'Uh oh, that failed',
      'Please c c the team on this',
      'We want a win win situation',
      'New York New York',
      'It goes on and on and on',
      'We went in in the morning and gave her her book',
      'What it is is a bug',
      'The pre- and post-processing steps',
      'We use .NET and std::vector',
      'Wir treffen uns um zehn, er ist nicht da und kommt nicht',
    ])
      check(said, said);
  });
  it('ends no sentence at an abbreviation', () => {
    check('use e.g. this one, etc. and more vs. less', 'Use e.g. this one, etc. and more vs. less');
    check('it is done. next one', 'It is done. Next one');
    check('see Dr. who and no. 5', 'See Dr. who and no. 5');
  });
  it('loses no word of content, in 5,000 texts', () => {
    const word = fc.constantFrom(
      ...'deploy parser cache York New win token c ER merge release branch server Anna etc. .NET bye step day'.split(
        ' ',
      ),
    );
    const small = fc.constantFrom(...'um uh the the we we, to, and er I it like by'.split(' '));
    fc.assert(
      fc.property(fc.array(fc.oneof(word, small), { minLength: 1, maxLength: 12 }), (words) => {
        const content = (text: string): ReadonlySet<string> =>
          new Set(
            text
              .toLowerCase()
              .split(/[\s,]+/)
              .filter((one) => !/^(?:um|uh|the|we|to|and|er|i|it|like|by|)$/.test(one)),
          );
        const text = words.join(' ');
        deepEqual(content(readableText(text)), content(text), text);
      }),
      { numRuns: 5_000 },
    );
  });
  it('writes dates and times as people do', () => {
    check('by november twenty third at three thirty pm.', 'By November 23 at 3:30 pm.');
    check('on the fourth of may, at nine am', 'On 4 May, at 9 am');
    check('We may be the first of many.', 'We may be the first of many.');
  });
  it('keeps every word when they are to be shown', () =>
    equal(readableText('um, we we need twenty files', 'show'), 'Um, we we need 20 files'));
  it('leaves names of the code alone', () =>
    check(
      'refreshSession calls parseConfig. iOS is next.',
      'refreshSession calls parseConfig. iOS is next.',
    ));
  it('marks in order, without overlap, and says the same of what is readable already', () => {
    const word = fc.constantFrom(
      'um',
      'the',
      'we',
      'twenty',
      'three',
      'percent',
      'may',
      'first',
      'of',
      'sh-',
      'you',
      'know,',
      'like,',
      'yes,',
      'pm',
      'end.',
      'hundred',
      'and',
      'fooBar',
      '…',
      '’',
      '12',
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 14 }), (words) => {
        const text = words.join(' ');
        const marks = disfluencies(text);
        for (let i = 0; i < marks.length; i++)
          ok(
            (marks[i - 1]?.end ?? 0) <= marks[i]!.start &&
              marks[i]!.start < marks[i]!.end &&
              marks[i]!.end <= text.length,
            text,
          );
        ok(text.trim() === '' || readableText(text) !== '', text);
      }),
      { numRuns: 500 },
    );
  });
});
