/** Which name a person put in place of what was dictated. */
import { equal } from 'node:assert/strict';
import { correctedName } from '../../../extension/dictation/correction';

const check = (before: string, after: string, expected: string | undefined): void =>
  void it(`${JSON.stringify(before)} → ${JSON.stringify(after)}`, () =>
    equal(correctedName(before, after), expected));

describe('a correction of dictated text', () => {
  check('Call past config first.', 'Call parseConfig first.', 'parseConfig');
  check('ask anya about it', 'ask Anja about it', 'Anja');
  check('use red time out.', 'use READ_TIMEOUT.', 'READ_TIMEOUT');
  check('in index dot ts', 'in index.ts', 'index.ts');
  check('the cache', 'The cache', undefined);
  check('the cache', 'the old cache', undefined);
  check('the cache is full', 'it overflows', undefined);
  check('the cash', 'the cache', undefined);
  check('one two three four five six', 'oneTwo', undefined);
  check('same', 'same', undefined);
  check('gone', '', undefined);
});
