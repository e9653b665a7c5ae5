/** Command words both ways: carried out where they are meant, kept where they are words. */
import { deepStrictEqual, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { DICTATION_COMMANDS } from '../../../protocol/dictationCommands';
import { writeDictation } from '../../../daemon/dictation/writer';

interface Sentences {
  /** Nothing here is a command. */
  readonly prose: readonly string[];
  /** Said and written: everything here is a command. */
  readonly commands: readonly (readonly [string, string])[];
}
const { prose: PROSE, commands: COMMANDS } = JSON.parse(
  readFileSync(resolve(__dirname, '../../fixtures/dictation/commandSentences.json'), 'utf8'),
) as Sentences;

describe('dictation: command or word', () => {
  it(`keeps ${PROSE.length} sentences in which command words are words`, () => {
    ok(new Set(PROSE).size >= 200, `${new Set(PROSE).size} sentences`);
    const wrong = PROSE.map((said) => [said, writeDictation(said, undefined, false).text]).filter(
      ([said, written]) => said !== written,
    );
    deepStrictEqual(wrong, []);
  });
  it(`carries out ${COMMANDS.length} sentences of commands`, () => {
    const said = new Set(COMMANDS.map(([one]) => one));
    ok(said.size >= 200, `${said.size} sentences`);
    const wrong = COMMANDS.map(([said, right]) => [said, right, writeDictation(said).text]).filter(
      ([, right, written]) => right !== written,
    );
    deepStrictEqual(wrong, []);
  });
  it('writes the examples of the cheat sheet', () => {
    const wrong = DICTATION_COMMANDS.map(({ example: [said, written] }) => [
      said,
      written,
      writeDictation(said).text,
    ]).filter(([, written, got]) => written !== got);
    deepStrictEqual(wrong, []);
  });
  it('takes command words for commands in code', () => {
    const code = (said: string): string => writeDictation(said, undefined, false, true).text;
    deepStrictEqual(
      [code('use comma'), code('x comma is y'), code('remove the comma')],
      ['use,', 'x, is y', 'remove the comma'],
    );
  });
  it('keeps the end of a sentence before a command', () => {
    const check = (said: string, written: string): void =>
      deepStrictEqual(writeDictation(said).text, written);
    check('Are you there? New line. Yes.', 'Are you there?\nYes.');
    check('It works! New paragraph. Next.', 'It works!\n\nNext.');
    check('It works. New line. Next.', 'It works.\nNext.');
    check('Is it done? Open paren, I hope, close paren.', 'Is it done? (I hope)');
    check('Open quote, are you there? Close quote.', '"are you there?"');
    check('Can you explain it? Question mark.', 'Can you explain it?');
  });
  it('loses no mark and no line that was dictated, in 3,000 dictations', () => {
    const signs = DICTATION_COMMANDS.flatMap(({ say: [said = ''], command }) =>
      command.kind === 'mark'
        ? [[said, command.text] as const]
        : command.kind === 'line'
          ? [[said, '\n'.repeat(command.count)] as const]
          : [],
    );
    const part = fc.oneof(
      fc.constantFrom(...signs),
      fc.constantFrom('apple', 'river', 'stone').map((word) => [word, ''] as const),
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 8 }), (parts) => {
        const text = writeDictation(parts.map(([said]) => said)).text;
        const marks = text.replace(/[a-z ]/gi, '');
        deepStrictEqual(marks, parts.map(([, mark]) => mark).join(''), text);
      }),
      { numRuns: 3_000 },
    );
  });
});
