// Size limits for functions and files, and the files that exceed them today.
import { readFileSync } from 'node:fs';

const CODE = ['**/*.{ts,mjs,cjs,js}'];
/** A `describe` block is one function, regardless of its number of tests. */
const SUITES = ['test/**/*.ts'];

const COUNT_CODE = { skipBlankLines: true, skipComments: true };

/** ESLint configurations that set the limits for all code. */
export const LIMITS = [
  {
    files: CODE,
    rules: {
      complexity: ['error', 15],
      'max-depth': ['error', 4],
      'max-lines': ['error', { max: 400, ...COUNT_CODE }],
      'max-lines-per-function': ['error', { max: 80, ...COUNT_CODE }],
    },
  },
  { files: SUITES, rules: { 'max-lines-per-function': 'off' } },
];

const LIST = new URL('./exceptions.json', import.meta.url);

/**
 * Rule name → files that exceed its limit. The list may only shrink: `test/lint/limits.test.ts`
 * refuses a file that is listed without need and a list longer than it was.
 *
 * @returns {Record<string, string[]>}
 */
export const listedExceptions = () => JSON.parse(readFileSync(LIST, 'utf8'));

/** ESLint configurations that switch each rule off for the files listed under it. */
export const exceptions = () =>
  Object.entries(listedExceptions())
    .filter(([, files]) => files.length > 0)
    .map(([rule, files]) => ({ files, rules: { [rule]: 'off' } }));
