/** User-visible strings of daemon, client, protocol and scripts: their wording and their length. */
import { deepEqual, ok } from 'node:assert/strict';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const lint = path.resolve(__dirname, '../../../scripts/lint');
const load = <T>(name: string): Promise<T> =>
  import(pathToFileURL(path.join(lint, name)).href) as Promise<T>;
type Collector = typeof import('../../../scripts/lint/userStrings.mjs');
type Wording = typeof import('../../../scripts/lint/wording.mjs');

/** Words of a sentence that a person reads in passing. */
const MOST_WORDS = 20;

let collector: Collector;
let strings: ReturnType<Collector['userStrings']>;
let badWording: Wording['badWording'];

describe('strings of the product', () => {
  before(async () => {
    collector = await load<Collector>('userStrings.mjs');
    ({ badWording } = await load<Wording>('wording.mjs'));
    strings = collector.userStrings();
  });

  const check = (source: string, expected: readonly string[]): void =>
    deepEqual(
      collector.userStringsOf('daemon/x.ts', source).map(({ line, text }) => `${line}: ${text}`),
      expected,
    );

  describe('user-visible strings', () => {
    it('avoid the banned words and openings', () => {
      const bad = strings.flatMap(({ file, line, text }) =>
        badWording(text).map(
          ({ word, instead }) => `${file}:${line} “${word}” → ${instead}: ${text}`,
        ),
      );
      deepEqual(bad, []);
    });

    it(`have at most ${MOST_WORDS} words a sentence`, () => {
      const long = strings.flatMap(({ file, line, text }) =>
        collector.longSentences(text, MOST_WORDS).map((sentence) => `${file}:${line} ${sentence}`),
      );
      deepEqual(long, []);
    });

    it('come from all four rooms and of every kind', () => {
      const rooms = new Map<string, number>();
      for (const { file } of strings) {
        const room = file.slice(0, file.indexOf('/'));
        rooms.set(room, (rooms.get(room) ?? 0) + 1);
      }
      deepEqual(
        ['client', 'daemon', 'protocol', 'scripts'].filter((room) => (rooms.get(room) ?? 0) < 20),
        [],
        'each room has at least 20 strings',
      );
      for (const known of [
        'output format', // an option
        'transcribe recordings', // a summary
        'No voices are stored.\n', // an output
        'Lowest level of logged messages.', // a setting
        'The session is closing; try again.', // an error
      ])
        ok(
          strings.some(({ text }) => text === known),
          `${known} is collected`,
        );
    });
  });

  describe('userStringsOf', () => {
    it('joins sums and templates, with {} for a computed part', () =>
      check("throw new EarmarkError('internal', `No ${a} ` + 'is here; ' + b + ' goes.');", [
        '1: No {} is here; {} goes.',
      ]));

    it('takes both sides of a condition', () =>
      check("new EarmarkError('internal', a ? 'one is lost' : 'two are lost');", [
        '1: one is lost',
        '1: two are lost',
      ]));

    it('takes descriptions of commands and settings, not flags', () =>
      check(
        "c.summary('list them all').option('--a <B>', 'what to do');\nz.describe('Of it all.');",
        ['1: list them all', '1: what to do', '2: Of it all.'],
      ));

    it('takes a sentence wherever it stands, and leaves out codes, types and imports', () =>
      check(
        [
          "import x from 'a b c';",
          "type T = 'a b c d.';",
          "const code = 'rpc.parse';",
          "const sentence = 'The disk is full now.';",
        ].join('\n'),
        ['4: The disk is full now.'],
      ));

    it('takes a text that a template computes', () =>
      check("out.write(`It is ${a ? 'not here now' : 'here again'}.`);", [
        '1: It is {}.',
        '1: not here now',
        '1: here again',
      ]));
  });

  describe('longSentences', () => {
    it('counts the words of each sentence', () =>
      deepEqual(collector.longSentences('One two three. One two three four.', 3), [
        'One two three four.',
      ]));

    it('counts code and a quoted command as one word', () =>
      deepEqual(collector.longSentences('Run "earmark daemon stop now" or `a b c`.', 4), []));
  });
});
