// What follows a failed decode.
import { deepEqual } from 'node:assert/strict';
import { retryRule } from '../../../../daemon/asr/engine/retries';
import { EarmarkError, type ErrorCode } from '../../../../protocol/errors';

describe('retries', () => {
  const check = (code: ErrorCode, expected: readonly [number, number, boolean, string]): void =>
    void it(code, () => {
      const { again, againBeforeNext, next, then } = retryRule(new EarmarkError(code, 'No.'));
      deepEqual([again, againBeforeNext, next, then], expected);
    });
  check('engine.crashed', [1, 1, true, 'giveUp']);
  check('engine.timeout', [1, 0, true, 'giveUp']);
  check('engine.unavailable', [1, 1, true, 'wait']);
  check('model.missing', [0, 0, true, 'wait']);
  check('model.corrupt', [0, 0, true, 'wait']);
  check('model.incompatible', [0, 0, true, 'wait']);
  check('model.offline', [0, 0, false, 'wait']);
  check('rpc.tooMany', [0, 0, false, 'wait']);
  check('rpc.cancelled', [0, 0, false, 'giveUp']);
  check('rpc.invalidParams', [0, 0, false, 'giveUp']);
  it('give an unexpected error up', () => deepEqual(retryRule(new Error('x')).then, 'giveUp'));
});
