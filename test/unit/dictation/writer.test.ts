/**
 * What a developer means by what was said: the labelled items, and commands, numbers and edges one
 * by one.
 */
import { deepStrictEqual } from 'node:assert/strict';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { scoreDictation, type DictationItem } from '../../../testing/scoring/dictationScore';
import { openCmuDictionary } from '../../../daemon/adapters/dictionary/cmuDictionary';
import { Pronouncer } from '../../../daemon/dictation/pronounce';
import { SymbolSpeller } from '../../../daemon/dictation/respell';
import { writeDictation } from '../../../daemon/dictation/writer';

const pronouncer = new Pronouncer(openCmuDictionary());

function check(raw: string, symbols: readonly string[], expected: string): void {
  deepStrictEqual(writeDictation(raw, new SymbolSpeller(symbols, pronouncer)).text, expected);
}

describe('dictation: writing', () => {
  it('writes every labelled item as it is wanted', () => {
    const { items } = JSON.parse(
      readFileSync(join(__dirname, '../../fixtures/dictation/items.json'), 'utf8'),
    ) as { items: DictationItem[] };
    const { failures, wrong, recall } = scoreDictation(
      items,
      (item) => writeDictation(item.say, new SymbolSpeller(item.symbols, pronouncer)).text,
    );
    deepStrictEqual({ failures, wrong, recall }, { failures: [], wrong: 0, recall: 1 });
  });

  it('hears symbols by their sound', () => {
    check('Make kashki a private field.', ['cacheKey'], 'Make cacheKey a private field.');
    check(
      'Rename POS config in user repository.',
      ['parseConfig', 'UserRepository'],
      'Rename parseConfig in UserRepository.',
    );
    check(
      'Set off token Ttl to fifteen minutes.',
      ['AUTH_TOKEN_TTL'],
      'Set AUTH_TOKEN_TTL to 15 minutes.',
    );
    check(
      'Convert the result with the jay-song before you send it.',
      ['toJSON'],
      'Convert the result with toJSON before you send it.',
    );
    check(
      'The loop-in-build report.py is slow.',
      ['build-report.py'],
      'The loop in build-report.py is slow.',
    );
  });

  it('leaves words alone that only resemble a symbol', () => {
    check(
      'I will open the window and close the door.',
      ['openWindow', 'closeDoor'],
      'I will open the window and close the door.',
    );
    check('Can you explain this?', ['canExplain'], 'Can you explain this?');
    check('The email is empty.', ['sendEmail'], 'The email is empty.');
    check('Next steps are clear.', ['index.ts'], 'Next steps are clear.');
    check('', ['parseConfig'], '');
    check('...', ['parseConfig'], '');
  });

  it('knows words that every object of the language has', () => {
    check(
      'Call the constructor and value of twice.',
      ['constructor', 'toString', 'valueOf'],
      'Call the constructor and valueOf twice.',
    );
    check('Constructor hundred', [], 'Constructor hundred');
  });

  it('wants more likeness of names that are far away, and none for numbers and little words', () => {
    const letters = [...'bcdfghjklmnpqrstvwxz'];
    const many = letters.flatMap((a) => letters.flatMap((b) => ['q', 'x'].map((c) => a + b + c)));
    check(
      'Wait two hundred milliseconds.',
      [...many, 'MIN_SECONDS', 'asrHandlers'],
      'Wait 200 milliseconds.',
    );
    check(
      'Make it a private field of the store.',
      [...many, 'makePrivateFolder'],
      'Make it a private field of the store.',
    );
    check('Let us write a unit test.', [...many, 'letUs', 'UNIT'], 'Let us write a unit test.');
    check('Call make private folder.', [...many, 'makePrivateFolder'], 'Call makePrivateFolder.');
    check(
      'Make kashki a private field.',
      ['cacheKey', 'key', ...many],
      'Make cacheKey a private field.',
    );
    check(
      'Set off token Ttl to fifteen minutes.',
      ['AUTH_TOKEN_TTL', ...many, 'token'],
      'Set AUTH_TOKEN_TTL to 15 minutes.',
    );
  });

  it('chooses the nearer of two symbols that sound alike', () => {
    check('call user id', ['userId', 'user_id', 'UserId'], 'Call userId');
    check('call user id', ['user_id', 'userId'], 'Call user_id');
  });

  it('carries out spoken punctuation and leaves talk about it alone', () => {
    check('The bug is here, comma, not there.', [], 'The bug is here, not there.');
    check('is it done question mark', [], 'Is it done?');
    check('Can you explain it again? questioned Mark.', [], 'Can you explain it again?');
    check('an empty string comma. Which is wrong.', [], 'An empty string, which is wrong.');
    check(
      'call fetch user open paren user id close paren',
      ['fetchUser', 'userId'],
      'Call fetchUser(userId)',
    );
    check('we need a new line of credit', [], 'We need a new line of credit');
    check('first point new line second point', [], 'First point\nSecond point');
    check('write literal new line here', [], 'Write new line here');
  });

  it('ends a question, and talks about its mark', () => {
    check('what happens when it is missing question mark', [], 'What happens when it is missing?');
    check('why is there a missing question mark', [], 'Why is there a missing question mark');
    check('it is missing question mark', [], 'It is missing question mark');
  });

  it('writes names by command', () => {
    check('camel case retry count', [], 'retryCount');
    check('use snake case order line items in the query', [], 'Use order_line_items in the query');
    check('all caps todo fix this', [], 'TODO fix this');
  });

  it('takes back what was scratched', () => {
    const taken = (raw: string): unknown => {
      const { text, takeBack } = writeDictation(raw);
      return { text, takeBack };
    };
    deepStrictEqual(
      [
        taken('Scratch that.'),
        taken('no wait, scratch that, use the cache'),
        taken('do not scratch that itch'),
      ],
      [
        { text: '', takeBack: 1 },
        { text: 'Use the cache', takeBack: 0 },
        { text: 'Do not scratch that itch', takeBack: 0 },
      ],
    );
  });

  it('takes back the last phrase alone', () => {
    const taken = (...phrases: string[]): unknown => {
      const { text, takeBack } = writeDictation(phrases);
      return { text, takeBack };
    };
    deepStrictEqual(
      [
        taken('Fix the bug.', 'In the cache.', 'Scratch that.'),
        taken('Fix the bug.', 'In the cache.', 'Scratch that.', 'Scratch that.', 'Scratch that.'),
        taken('Fix the bug.', 'In the cache, scratch that, in the parser.'),
      ],
      [
        { text: 'Fix the bug.', takeBack: 0 },
        { text: '', takeBack: 1 },
        { text: 'Fix the bug. In the parser.', takeBack: 0 },
      ],
    );
  });

  it('writes numbers as developers do', () => {
    check('five four three two', [], '5432');
    check('the default port is eight thousand eighty', [], 'The default port is 8080');
    check('one of two hundred and five', [], 'One of 205');
    check('bump to version two point zero', [], 'Bump to version 2.0');
    check('I have two cats and three dogs', [], 'I have two cats and three dogs');
  });

  it('tells the recogniser how the nearest names are said', () => {
    const names = [
      'parseConfig',
      'AUTH_TOKEN_TTL',
      'HTTPServer',
      'userId',
      'index.ts',
      'kubectl',
      'index',
      'toJSON',
    ];
    deepStrictEqual(new SymbolSpeller(names, pronouncer).phrases, [
      'parse config',
      'auth token TTL',
      'HTTP server',
      'user id',
      'index.ts',
      'index dot TS',
      'kubectl',
      'to JSON',
    ]);
  });

  it('says what it spelled anew', () => {
    deepStrictEqual(
      writeDictation('make kashki private', new SymbolSpeller(['cacheKey'], pronouncer)).spelled,
      [{ recognised: 'kashki', written: 'cacheKey' }],
    );
  });

  it('stays quick with thousands of symbols', function () {
    this.timeout(60_000);
    const verbs = [
      'get',
      'set',
      'load',
      'save',
      'parse',
      'render',
      'update',
      'delete',
      'find',
      'build',
    ];
    const nouns = [
      'User',
      'Order',
      'Config',
      'Token',
      'Session',
      'Page',
      'Report',
      'Cache',
      'Index',
      'Event',
      'Price',
      'Total',
      'Header',
      'Layout',
    ];
    const names = verbs.flatMap((verb) =>
      nouns.flatMap((noun) => nouns.map((other) => `${verb}${noun}${other}`)),
    );
    const phrase =
      'please rename the session cache in load user token and find order total before the report is rendered again';
    // The first ones are compiled meanwhile, and a busy machine takes longer for the same work: the
    // quickest tells what it costs.
    const costOf = (speller: SymbolSpeller): number => {
      const before = process.cpuUsage();
      writeDictation(phrase, speller);
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    const spellers = [names.filter((_, i) => i % 20 === 0), names].map((known) => ({
      symbols: known.length,
      speller: new SymbolSpeller(known, pronouncer),
      cost: Infinity,
    }));
    // By turns, so that both meet the same machine.
    for (let i = 0; i < 40; i++)
      for (const one of spellers) one.cost = Math.min(one.cost, costOf(one.speller));
    const [few, all] = spellers;
    deepStrictEqual(
      { few: few?.symbols, all: all?.symbols, slow: (all?.cost ?? 0) > 12 * (few?.cost ?? 0) },
      { few: 98, all: 1_960, slow: false },
      `${few?.cost} and ${all?.cost} µs`,
    );
  });

  it('begins no word of code with a capital, and joins dots there', () => {
    const code = (said: string): string => writeDictation(said, undefined, false, true).text;
    deepStrictEqual(code('foo open paren close paren new line bar dot baz'), 'foo()\nbar.baz');
    deepStrictEqual(code('x equals y semicolon'), 'x = y;');
  });
  it('keeps a sign of the recogniser before a word', () => {
    deepStrictEqual(writeDictation('Fixed, new line, #12 and @anna').text, 'Fixed\n#12 and @anna');
    deepStrictEqual(writeDictation('Add it. New line. #include it').text, 'Add it.\n#include it');
  });
});
