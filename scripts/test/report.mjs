// Lines that `npm test` prints at its end: a table of the parts, the slowest tests, what was skipped
// or tried again, the failures, and `N passed, N failed` as the last line.

/** Slow tests that a whole run names. */
const SLOWEST = 20;

/** @param {number} ms */
export const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

/**
 * @param {readonly import('./jobs.mjs').Outcome[]} outcomes
 * @param {{slowest: boolean, ms: number}} options `slowest`: name the slowest tests; `ms`: time of
 * the whole run
 * @returns {string[]} without line ends
 */
export function reportLines(outcomes, { slowest, ms }) {
  const of = (key) =>
    outcomes.flatMap((o) => (o[key] ?? []).map((record) => ({ suite: o.name, ...record })));
  const sum = (key) => outcomes.reduce((n, o) => n + o[key], 0);
  const skipped = of('skipped');
  return [
    '',
    ...table(outcomes),
    ...(slowest
      ? section(
          'Slowest tests:',
          slowestTests(of('records')).map(
            ({ suite, title, ms: took }) => `${seconds(took).padStart(9)}  ${suite}: ${title}`,
          ),
        )
      : []),
    ...section(
      'Skipped:',
      skipped.map(
        ({ suite, title, reason }) => `  – ${suite}: ${title}${reason ? ` (${reason})` : ''}`,
      ),
    ),
    ...section(
      'Failed once, then tried again:',
      of('retried').map(({ suite, title, error }) => `  ↻ ${suite}: ${title}\n${indent(error, 7)}`),
    ),
    ...of('failures').map(
      ({ suite, title, error }, i) => `\n${i + 1}) ${suite}: ${title}\n${indent(error, 5)}`,
    ),
    `\n${skipped.length > 0 ? `${skipped.length} skipped; ` : ''}${seconds(ms)}`,
    `${sum('passed')} passed, ${sum('failed')} failed`,
  ];
}

function slowestTests(records) {
  return records
    .filter(({ type }) => type === 'pass')
    .sort((a, b) => b.ms - a.ms)
    .slice(0, SLOWEST);
}

function table(outcomes) {
  const rows = [
    ['', 'passed', 'failed', 'skipped', 'time'],
    ...outcomes.map((o) => [o.name, o.passed, o.failed, o.skipped.length, seconds(o.ms)]),
  ];
  return rows.map(
    ([name, ...cells]) =>
      `  ${name.padEnd(14)}${cells.map((cell) => String(cell).padStart(9)).join('')}`,
  );
}

function section(heading, lines) {
  return lines.length > 0 ? [`\n${heading}`, ...lines] : [];
}

function indent(text, spaces) {
  return text.replace(/^/gm, ' '.repeat(spaces));
}
