// Mocha reporter of `npm test`. Writes one JSON object per line to $EARMARK_TEST_RESULTS. If
// $EARMARK_TEST_VERBOSE is set, it also prints each test as a readable line.
const { appendFileSync } = require('node:fs');
const { EVENT_TEST_PASS, EVENT_TEST_FAIL, EVENT_TEST_PENDING, EVENT_TEST_RETRY, EVENT_RUN_END } =
  require('mocha').Runner.constants;

const file = process.env.EARMARK_TEST_RESULTS;
const verbose = process.env.EARMARK_TEST_VERBOSE === '1';

/** Set by testing/harness/skip.ts on the test, or on the suite whose hook skipped it. */
function reasonOf(test) {
  for (let at = test; at; at = at.parent) if (at.skipReason) return at.skipReason;
  return undefined;
}

/** Sentence of the promise that a test attacks: the title after `promise: `, its own or a suite's. */
function promiseOf(test) {
  for (let at = test; at; at = at.parent)
    if (at.title.startsWith('promise: ')) return at.title.slice('promise: '.length);
  return undefined;
}

class Reporter {
  constructor(runner) {
    const write = (record) => appendFileSync(file, `${JSON.stringify(record)}\n`);
    const show = (mark, test, more = '') => {
      if (verbose) console.log(`    ${mark} ${test.fullTitle()}${more}`);
    };
    runner.on(EVENT_TEST_PASS, (test) => {
      write({
        type: 'pass',
        title: test.fullTitle(),
        promise: promiseOf(test),
        ms: test.duration,
      });
      show('✔', test, test.duration > 1000 ? ` (${(test.duration / 1000).toFixed(1)} s)` : '');
    });
    runner.on(EVENT_TEST_FAIL, (test, error) => {
      write({
        type: 'fail',
        title: test.fullTitle(),
        promise: promiseOf(test),
        file: test.file,
        error: `${error.stack ?? error.message ?? error}`,
      });
      show('✘', test);
    });
    runner.on(EVENT_TEST_RETRY, (test, error) => {
      write({
        type: 'retry',
        title: test.fullTitle(),
        error: `${error.stack ?? error.message ?? error}`,
      });
      show('↻', test, ' failed and is tried once more');
    });
    runner.on(EVENT_TEST_PENDING, (test) => {
      write({
        type: 'skip',
        title: test.fullTitle(),
        promise: promiseOf(test),
        reason: reasonOf(test),
      });
      show('–', test, ' skipped');
    });
    runner.on(EVENT_RUN_END, () => write({ type: 'end' }));
  }
}

module.exports = Reporter;
