// Trust in the text of a pause, from the recogniser or from its confidence.
import { equal } from 'node:assert/strict';
import type { AsrResult } from '../../../../daemon/asr/contract/provider';
import { trustOf } from '../../../../daemon/asr/decoding/trust';

describe('trust in a text', () => {
  const check = (title: string, given: Partial<AsrResult>, expected: string): void =>
    void it(title, () =>
      equal(
        trustOf({ text: 'Yes', words: [], language: 'en', inferenceMs: 1, ...given }),
        expected,
      ),
    );
  check('is that of the recogniser', { trust: 'low', confidence: 0.99 }, 'low');
  check('is high with a high confidence', { confidence: 0.9 }, 'high');
  check('is fair in between', { confidence: 0.8 }, 'fair');
  check('is low with a low confidence', { confidence: 0.7 }, 'low');
  check(
    'ignores a confidence that is not calibrated',
    { confidence: 0.1, uncalibrated: true },
    'fair',
  );
  check(
    'is high for a sentence that ended with such a confidence',
    { text: 'We ship it.', confidence: 0.1, uncalibrated: true },
    'high',
  );
  check('is high for a sentence that ended', { text: 'We ship it.' }, 'high');
  check('is high for a quoted question', { text: 'He said “Why?”' }, 'high');
  check('is fair for an open sentence', { text: 'We ship it because' }, 'fair');
});
