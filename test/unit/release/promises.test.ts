/** Promises are found in test files and in results, and each has one state. */
import { deepEqual } from 'node:assert/strict';
import { promiseFiles, promisesIn, promisesOf } from '../../../scripts/test/promises.mjs';

/** Not the word itself, so that this file attacks no promise. */
const P = 'promise:';

describe('promises', () => {
  it('are titles of suites and tests that start with the word', () => {
    deepEqual(
      promisesIn(
        [
          `describe('${P} a', () => {`,
          `  it("${P} b's", async () => {`,
          `it(\n  \`${P} c\`, function () {`,
          `it('keeps the promise: d', () => {`,
          `// '${P} e'`,
        ].join('\n'),
      ),
      ['a', "b's", 'c'],
    );
  });

  it('select their files by a part of the title', () => {
    const files = [
      { file: 'unit/b.test.ts', source: `it('${P} one', () => {` },
      { file: 'unit/a.test.ts', source: `it('${P} two', () => {` },
      { file: 'unit/c.test.ts', source: `it('three', () => {` },
    ];
    deepEqual(promiseFiles(files), ['unit/a.test.ts', 'unit/b.test.ts']);
    deepEqual(promiseFiles(files, 'one'), ['unit/b.test.ts']);
  });

  it('are held if every test passed, broken if one failed, skipped if none ran', () => {
    deepEqual(
      promisesOf([
        { type: 'pass', promise: 'a' },
        { type: 'pass', promise: 'b' },
        { type: 'pass' },
        { type: 'retry', promise: 'a' },
        { type: 'skip', promise: 'a', reason: 'no ffmpeg' },
        { type: 'fail', promise: 'b', error: 'wrong' },
        { type: 'skip', promise: 'c', reason: 'no socket' },
        { type: 'end' },
      ]),
      [
        { promise: 'a', state: 'held', tests: 1, reason: 'no ffmpeg' },
        { promise: 'b', state: 'broken', tests: 2, error: 'wrong' },
        { promise: 'c', state: 'skipped', tests: 0, reason: 'no socket' },
      ],
    );
  });
});
