/** Entities of the word-error bench: symbols, names and numbers whose words must all be right. */
import { deepEqual, equal } from 'node:assert/strict';
import { entityErrors, spoken } from '../../../bench/werClips';

describe('entities of the word-error bench', () => {
  for (const [symbol, words] of [
    ['retry_with_backoff', 'retry with backoff'],
    ['parseConfig', 'parse config'],
    ['HTTPServer', 'http server'],
    ['AUTH_TOKEN_TTL', 'auth token ttl'],
    ['page-layout.tsx', 'page layout tsx'],
  ] as const)
    it(`${symbol} is spoken as "${words}"`, () => equal(spoken(symbol), words));

  const reference = 'Ben, set auth token TTL to 25 minutes, then one more for Ben.';
  const entities = { symbols: ['auth token ttl'], names: ['Ben'] };
  const check = (text: string, wrong: readonly [number, number, number]): void =>
    void it(`"${text}" has ${wrong.join(', ')} wrong`, () => {
      const { symbols, names, numbers } = entityErrors(reference, text, entities);
      deepEqual(
        [symbols, names, numbers],
        [
          { all: 1, wrong: wrong[0] },
          { all: 2, wrong: wrong[1] },
          { all: 1, wrong: wrong[2] },
        ],
      );
    });
  check('ben set auth token ttl to twenty five minutes then one more for ben', [0, 0, 0]);
  check('then set auth token to 25 minutes then one more for ben', [1, 1, 0]);
  check('ben set auth broken token ttl to 20 minutes then more for then', [1, 1, 1]);
  check('', [1, 2, 1]);
});
