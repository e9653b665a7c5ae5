import { deepEqual, equal } from 'node:assert/strict';
import { type TestOutcome, reportLines } from '../../../scripts/test/report.mjs';

const outcome = (more: Partial<TestOutcome> = {}): TestOutcome => ({
  name: 'unit',
  passed: 2,
  failed: 0,
  skipped: [],
  failures: [],
  ms: 1234,
  ...more,
});

describe('report of the tests', () => {
  it('ends with the sums of all parts', () => {
    const failures = [{ title: 'adds', error: 'one\ntwo' }];
    deepEqual(
      reportLines([outcome(), outcome({ failed: 1, failures })], { slowest: false, ms: 9000 }),
      [
        '',
        '                   passed   failed  skipped     time',
        '  unit                  2        0        0    1.2 s',
        '  unit                  2        1        0    1.2 s',
        '\n1) unit: adds\n     one\n     two',
        '\n9.0 s',
        '4 passed, 1 failed',
      ],
    );
  });

  it('names what was skipped or tried again with its reason', () => {
    const lines = reportLines(
      [
        outcome({
          skipped: [{ title: 'plays', reason: 'no device' }],
          retried: [{ title: 'stops', error: 'late' }],
        }),
      ],
      { slowest: false, ms: 0 },
    );
    deepEqual(lines.slice(3, 8), [
      '\nSkipped:',
      '  – unit: plays (no device)',
      '\nFailed once, then tried again:',
      '  ↻ unit: stops\n       late',
      '\n1 skipped; 0.0 s',
    ]);
  });

  it('names the twenty slowest tests, the slowest first', () => {
    const records = Array.from({ length: 30 }, (_, i) => ({
      type: 'pass',
      title: `t${i}`,
      ms: i * 100,
    }));
    const lines = reportLines([outcome({ records })], { slowest: true, ms: 0 });
    const named = lines.slice(lines.indexOf('\nSlowest tests:') + 1, -2);
    equal(named.length, 20);
    deepEqual([named[0], named[19]], ['    2.9 s  unit: t29', '    1.0 s  unit: t10']);
  });
});
