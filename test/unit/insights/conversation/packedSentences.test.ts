/** What is kept of a text that was read is the same when it is unpacked. */
import { deepEqual, ok } from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { segmentsOf, type LabelledMeeting } from '../../../../testing/scoring/insightsScore';
import { readClause } from '../../../../daemon/insights/cues';
import { splitSentences, type IsName } from '../../../../daemon/insights/language/clauses';
import { winkNlp } from '../../../../daemon/insights/language/nlp';
import {
  packSentences,
  unpackSentences,
  type ReadSentence,
} from '../../../../daemon/insights/conversation/packedSentences';

const MEETINGS = join(__dirname, '../../../fixtures/meetings');
const nlp = winkNlp();

function read(text: string, isName: IsName): ReadSentence[] {
  return splitSentences(text, nlp.tokens(text), isName).map((sentence) => ({
    ...sentence,
    clauses: sentence.clauses.map((clause) => readClause(clause, isName)),
  }));
}

/** @returns how long the packed sentences are */
function check(text: string, isName: IsName): number {
  const sentences = read(text, isName);
  const packed = packSentences(text, sentences);
  const unpacked = unpackSentences(text, packed);
  deepEqual(unpacked, sentences);
  // Words of clauses are the tokens of the sentence themselves.
  for (const { tokens, clauses } of unpacked)
    for (const { words, vocatives } of clauses)
      ok([...words, ...vocatives].every((word) => tokens.includes(word)));
  return packed.length;
}

describe('packing what was read', () => {
  it('gives back every sentence of our meetings, from some nine bytes a word', () => {
    let [bytes, words] = [0, 0];
    for (const file of readdirSync(MEETINGS).filter((name) => name.endsWith('.json'))) {
      const meeting = JSON.parse(readFileSync(join(MEETINGS, file), 'utf8')) as LabelledMeeting;
      const names = new Set(meeting.turns.map(({ who }) => who.toLowerCase()));
      for (const { text } of segmentsOf(meeting, 'named')) {
        bytes += check(text, ({ norm }) => names.has(norm));
        words += text.split(' ').length;
      }
    }
    ok(bytes < 10 * words, `${bytes} of ${words} words`);
  });

  it('gives back whatever is said', () => {
    const word = fc.constantFrom(
      'Ben,',
      'Nina',
      'can',
      'you',
      "I'll",
      'won’t',
      'gonna',
      'alright',
      'by',
      'Friday.',
      'Let’s',
      'we',
      'decided',
      'to',
      'Σίσυφος',
      'ÉTÉ',
      'naïve',
      '日本語',
      '🙂',
      '…',
      '?!',
      '"',
      'um',
      'if',
      'U.S.',
      'lemme',
      'three',
      '#42',
      'a.b.c',
    );
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 9, arbitrary: word }, { weight: 1, arbitrary: fc.string() }), {
          maxLength: 30,
        }),
        fc.constantFrom(' ', '  ', '\n'),
        (words, blank) =>
          void check(words.join(blank), ({ norm }) => norm === 'nina' || norm === 'ben'),
      ),
      { numRuns: 200 },
    );
  });
});
