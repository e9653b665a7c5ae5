/** Spoken numbers: what is written has the value that was said, or the words stay, all of them. */
import { deepStrictEqual, ok } from 'node:assert/strict';
import fc from 'fast-check';
import { matchNumber } from '../../../daemon/transcript/numbers';
import { TENS, UNITS } from '../../../daemon/transcript/numberWords';
import { writeDictation } from '../../../daemon/dictation/writer';

const check = (said: string, written: string): void =>
  deepStrictEqual(writeDictation(said).text, written);

describe('dictation: numbers', () => {
  it('writes decimals, versions and addresses', () => {
    check('release one point twenty three', 'Release 1.23');
    check('it costs three point one four one five', 'It costs 3.1415');
    check('we have one point five million users', 'We have 1.5 million users');
    check('two and a half million rows', '2.5 million rows');
    check('wait two and a half seconds', 'Wait 2.5 seconds');
    check('it is two and a half times slower', 'It is two and a half times slower');
    check('version two point zero point one', 'Version 2.0.1');
    check('python three point eleven', 'Python 3.11');
    check('ping one ninety two dot one sixty eight dot zero dot one', 'Ping 192.168.0.1');
    check('bind to one two seven dot zero dot zero dot one', 'Bind to 127.0.0.1');
    check('one hundred ninety two dot ten dot two hundred fifty five dot one', '192.10.255.1');
    check('zero point zero five percent', '0.05 percent');
  });
  it('writes whole numbers and scales', () => {
    check('a hundred and twenty users', '120 users');
    check('a hundred users', 'A hundred users');
    check('two thousand and five', '2005');
    check('twenty five hundred rows', '2500 rows');
    check('five million rows', '5 million rows');
    check('three hundred twelve thousand four hundred one', '312401');
    check('two hundred five hundred or more', 'Two hundred five hundred or more');
    check('a few hundred and twenty', 'A few hundred and twenty');
    check('2 thousand and five', '2 thousand and five');
  });
  it('keeps numbers apart that are said side by side', () => {
    check('we need five six engineers', 'We need five six engineers');
    check('the options are one, two and three', 'The options are one, two and three');
    check('it took twenty thirty seconds', 'It took twenty thirty seconds');
    check('between ten, twenty, thirty', 'Between 10, 20, 30');
  });
  it('keeps a half before further number words in words', () => {
    check('it was ninety and a half zero', 'It was ninety and a half zero');
    check('it was ninety and a half million five', 'It was ninety and a half million five');
  });
  it('writes strings of digits', () => {
    check('call five five five one two three four', 'Call 5551234');
    check('call five five five twelve thirty four', 'Call 5551234');
    check('it answers four oh four', 'It answers 404');
    check('agent double oh seven nine', 'Agent 0079');
    check('call five five five double one two two', 'Call 5551122');
    check('room one twenty three', 'Room 123');
    check('eight hundred five five five one two one two', '8005551212');
  });
  it('writes years and times', () => {
    check('in nineteen ninety nine', 'In 1999');
    check('in nineteen oh four', 'In 1904');
    check('in nineteen twenty', 'In 1920');
    check('since twenty twenty six', 'Since 2026');
    check('we meet at ten thirty', 'We meet at 10:30');
    check('at three oh five pm', 'At 3:05 pm');
    check('at eighteen fifteen', 'At 18:15');
    check('it is twenty four seven', 'It is 24/7');
    check('ten past nine', 'Ten past nine');
  });
  it('writes ordinals of more than one word', () => {
    check('the twenty first', 'The 21st');
    check('on the twenty third', 'On the 23rd');
    check('the hundred and eleventh run', 'The 111th run');
    check('a thirty second timeout', 'A 30 second timeout');
    check('on the thirty second', 'On the 32nd');
    check('the first and the tenth', 'The first and the tenth');
    check('twenty two fifths', 'Twenty two fifths');
  });

  const two = (n: number): string =>
    n < 20 ? UNITS[n]! : [TENS[Math.floor(n / 10)]!, ...(n % 10 ? [UNITS[n % 10]!] : [])].join(' ');
  const whole = (n: number): string => {
    for (const [scale, word] of [
      [1e9, 'billion'],
      [1e6, 'million'],
      [1e3, 'thousand'],
      [100, 'hundred'],
    ] as const)
      if (n >= scale)
        return [whole(Math.floor(n / scale)), word, ...(n % scale ? [whole(n % scale)] : [])].join(
          ' ',
        );
    return two(n);
  };
  const digits = (text: string): string => [...text].map((d) => UNITS[Number(d)]!).join(' ');
  /** What is said, and the value it has, as text that `valueOf` gives too. */
  const spoken = fc.oneof(
    fc.integer({ min: 10, max: 2_000_000_000 }).map((n) => [whole(n), String(n)] as const),
    fc.integer({ min: 10, max: 9_999 }).map((n) => [whole(n), String(n)] as const),
    fc
      .tuple(fc.integer({ min: 0, max: 9_999 }), fc.stringMatching(/^\d{1,5}$/))
      .map(([n, part]) => [`${whole(n)} point ${digits(part)}`, `${n}.${part}`] as const),
    fc
      .tuple(fc.integer({ min: 0, max: 99 }), fc.integer({ min: 10, max: 99 }))
      .map(([n, part]) => [`${whole(n)} point ${two(part)}`, `${n}.${part}`] as const),
    fc
      .tuple(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 9 }))
      .map(([n, part]) => [
        `${whole(n)} point ${two(part)} million`,
        String((n * 10 + part) * 1e5),
      ]),
    fc.stringMatching(/^[1-9]\d{3,11}$/).map((text) => [digits(text), text] as const),
    fc
      .array(fc.integer({ min: 0, max: 255 }), { minLength: 3, maxLength: 4 })
      .map((parts) => [parts.map(whole).join(' dot '), parts.join('.')] as const),
    fc
      .integer({ min: 1_310, max: 2_099 })
      .filter((y) => y % 100 >= 10)
      .map((y) => [`${two(Math.floor(y / 100))} ${two(y % 100)}`, String(y)] as const),
  );
  const valueOf = (written: string): string => {
    const scaled = /^([\d.]+) (million|billion)$/.exec(written);
    return scaled
      ? String(Math.round(Number(scaled[1]) * (scaled[2] === 'million' ? 1e6 : 1e9)))
      : written;
  };
  it('keeps the value that was said, in 10,000 numbers', function () {
    this.timeout(60_000);
    fc.assert(
      fc.property(spoken, ([said, value]) => {
        const words = said.split(' ');
        const found = matchNumber(words, 0, () => false);
        deepStrictEqual(
          { count: found?.count, value: valueOf(found?.written ?? '') },
          { count: words.length, value },
          said,
        );
      }),
      { numRuns: 10_000 },
    );
  });
  it('never writes half a run, in 10,000 random strings of number words', function () {
    this.timeout(60_000);
    const word = fc.constantFrom(
      ...UNITS,
      ...TENS.slice(2),
      ...'hundred thousand million and point dot oh first second a half users'.split(' '),
    );
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 8 }), (words) => {
        for (let at = 0; at < words.length;) {
          const found = matchNumber(words, at, () => false);
          const number = (i: number): boolean => UNITS.includes(words[i] ?? '');
          if (found?.written !== undefined && at > 0)
            ok(!number(at - 1) || words[at] === 'a', `${words.join(' ')}: ${at}`);
          if (found?.written !== undefined) ok(!number(at + found.count), words.join(' '));
          at += found?.count ?? 1;
        }
      }),
      { numRuns: 10_000 },
    );
  });
});
