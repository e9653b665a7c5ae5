/**
 * The diarization error rate against cases counted by hand, and the assignment against trying
 * everything.
 */
import { deepEqual, equal } from 'node:assert/strict';
import fc from 'fast-check';
import {
  type Turn,
  assign,
  diarizationErrors,
  pooledRate,
  readRttm,
} from '../../../testing/scoring/diarizationError';

const turn = (speaker: string, start: number, end: number): Turn => ({ speaker, start, end });

function check(
  reference: readonly Turn[],
  hypothesis: readonly Turn[],
  expected: { missed: number; falseAlarm: number; confused: number; reference: number },
): void {
  const rounded = Object.fromEntries(
    Object.entries(diarizationErrors(reference, hypothesis)).map(([name, value]) => [
      name,
      Math.round(value * 1000) / 1000,
    ]),
  );
  deepEqual(rounded, expected);
}

describe('diarization error rate', () => {
  const two = [turn('A', 0, 10), turn('B', 10, 14)];
  it('is nothing under other names', () =>
    check(two, [turn('2', 0, 10), turn('1', 10, 14)], {
      missed: 0,
      falseAlarm: 0,
      confused: 0,
      reference: 14,
    }));
  it('counts the shorter speaker where all is one', () =>
    check(two, [turn('x', 0, 14)], { missed: 0, falseAlarm: 0, confused: 4, reference: 14 }));
  it('counts silence that is called speech, and speech that is not heard', () =>
    check(two, [turn('x', 1, 10), turn('y', 10, 16)], {
      missed: 1,
      falseAlarm: 2,
      confused: 0,
      reference: 14,
    }));
  it('misses the second voice where two speak at once', () =>
    check([turn('A', 0, 10), turn('B', 4, 6)], [turn('x', 0, 10)], {
      missed: 2,
      falseAlarm: 0,
      confused: 0,
      reference: 12,
    }));
  it('confuses one of two that speak at once', () =>
    check(
      [turn('A', 0, 4), turn('B', 0, 4), turn('C', 4, 12)],
      [turn('x', 0, 12), turn('y', 0, 4)],
      { missed: 0, falseAlarm: 0, confused: 4, reference: 16 },
    ));
  it('takes the mapping that is best for all, not the best first', () =>
    check(
      [turn('A', 0, 6), turn('A', 6, 11), turn('B', 11, 16)],
      [turn('x', 0, 6), turn('y', 6, 11), turn('x', 11, 16)],
      { missed: 0, falseAlarm: 0, confused: 6, reference: 16 },
    ));
  it('gives a speaker to one only', () =>
    check([turn('A', 0, 10)], [turn('x', 0, 7), turn('y', 7, 10)], {
      missed: 0,
      falseAlarm: 0,
      confused: 3,
      reference: 10,
    }));
  it('counts nobody as all false', () =>
    check([], [turn('x', 0, 2)], { missed: 0, falseAlarm: 2, confused: 0, reference: 0 }));
  it('counts a speaker who overlaps himself once', () =>
    check([turn('A', 0, 4), turn('A', 2, 6)], [turn('x', 0, 6)], {
      missed: 0,
      falseAlarm: 0,
      confused: 0,
      reference: 6,
    }));
  it('pools by time', () =>
    equal(
      pooledRate([
        { missed: 1, falseAlarm: 0, confused: 0, reference: 4 },
        { missed: 0, falseAlarm: 2, confused: 2, reference: 16 },
      ]),
      25,
    ));
  it('reads RTTM', () =>
    deepEqual(
      [...readRttm('SPEAKER a 1 1.500 2.000 <NA> <NA> X <NA> <NA>\n;; note\n')],
      [['a', [turn('X', 1.5, 3.5)]]],
    ));

  it('assigns as trying every way does', () => {
    const best = (gains: readonly (readonly number[])[], row = 0, used = 0): number => {
      if (row === gains.length) return 0;
      let most = best(gains, row + 1, used);
      gains[row]?.forEach((gain, j) => {
        if ((used & (1 << j)) === 0)
          most = Math.max(most, gain + best(gains, row + 1, used | (1 << j)));
      });
      return most;
    };
    const matrix = fc
      .integer({ min: 1, max: 5 })
      .chain((columns) =>
        fc.array(
          fc.array(fc.integer({ min: 0, max: 20 }), { minLength: columns, maxLength: columns }),
          { minLength: 1, maxLength: 5 },
        ),
      );
    fc.assert(
      fc.property(matrix, (gains) => {
        const columns = assign(gains);
        const used = columns.filter((column) => column >= 0);
        equal(new Set(used).size, used.length);
        equal(
          columns.reduce((sum, column, row) => sum + (gains[row]?.[column] ?? 0), 0),
          best(gains),
        );
      }),
    );
  });
});
