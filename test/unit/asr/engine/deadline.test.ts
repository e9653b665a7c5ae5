// When a decode counts as stuck.
import { equal } from 'node:assert/strict';
import { Deadlines } from '../../../../daemon/asr/engine/deadline';

describe('deadline of a decode', () => {
  const decoded = (rtf: number): Parameters<Deadlines['took']>[1] => ({
    text: 'x',
    words: [],
    confidence: 1,
    language: 'en',
    inferenceMs: rtf * 5_000,
  });
  function check(rtfs: readonly number[], seconds: number, expected: number): void {
    const deadlines = new Deadlines();
    for (const rtf of rtfs) deadlines.took(80_000, decoded(rtf));
    equal(Math.round(deadlines.of(seconds * 16_000)), expected);
  }
  it('is 30 s at least', () => check([0.1, 0.1, 0.1, 0.1], 4, 30_000));
  it('lets a new engine be as slow as speech', () => check([], 20, 120_000));
  it('is six times what is expected', () => check([0.5, 0.5, 0.5, 0.5], 20, 60_000));
  it('expects the slow decodes that happen', () => check([0.5, 0.5, 0.5, 1], 20, 120_000));
  it('is ten minutes at most', () => check([9, 9, 9, 9], 30, 600_000));
});
