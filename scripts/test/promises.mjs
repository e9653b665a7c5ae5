// Promises in test files and in results: a promise is a test or a suite whose title starts with
// `promise: `.

const TITLE = /\b(?:describe|it)\(\s*(['"`])promise: (.+?)\1\s*,/g;

/**
 * Promises that a test file attacks, in the order of the file.
 * @param {string} source
 * @returns {string[]} titles without `promise: `
 */
export const promisesIn = (source) => [...source.matchAll(TITLE)].map(([, , title]) => title);

/**
 * @param {{file: string, source: string}[]} files
 * @param {string} text a part of the promise; empty for all
 * @returns {string[]} files with such a promise, sorted
 */
export const promiseFiles = (files, text = '') =>
  files
    .filter(({ source }) => promisesIn(source).some((title) => title.includes(text)))
    .map(({ file }) => file)
    .sort();

/**
 * State of each promise. It is held if every test of it passed, and skipped if none ran.
 * @param {{type: string, promise?: string, error?: string, reason?: string}[]} records lines of
 * scripts/test/reporter.cjs
 * @param {string} text a part of the promise; empty for all
 * @returns {{promise: string, state: 'held' | 'broken' | 'skipped', tests: number, reason?: string,
 * error?: string}[]} in the order of the first record
 */
export function promisesOf(records, text = '') {
  const byPromise = new Map();
  for (const record of records)
    if (record.promise !== undefined && record.promise.includes(text))
      byPromise.set(record.promise, [...(byPromise.get(record.promise) ?? []), record]);
  return [...byPromise].map(([promise, of]) => {
    const failures = of.filter(({ type }) => type === 'fail');
    const ran = of.filter(({ type }) => type === 'pass' || type === 'fail');
    const state = failures.length > 0 ? 'broken' : ran.length > 0 ? 'held' : 'skipped';
    const reason = of.find(({ type }) => type === 'skip')?.reason;
    const error = failures.map((failure) => failure.error).join('\n');
    return {
      promise,
      state,
      tests: ran.length,
      ...(reason ? { reason } : {}),
      ...(error ? { error } : {}),
    };
  });
}
