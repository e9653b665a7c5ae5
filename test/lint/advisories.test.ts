/** What the check of dependencies makes of the answers of `npm audit`. */
import { deepEqual } from 'node:assert/strict';
import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';

type Verdict = (printed: string) => { state: string; sentence: string };

describe('promise: a known high vulnerability of a dependency fails the tests', () => {
  async function check(printed: string, state: string): Promise<void> {
    const { verdict } = (await import(
      pathToFileURL(resolve(__dirname, '../../scripts/test/advisories.mjs')).href
    )) as { verdict: Verdict };
    deepEqual(verdict(printed).state, state);
  }
  const report = (severity: string): string =>
    JSON.stringify({ vulnerabilities: { x: { name: 'x', severity, range: '<2' } } });
  it('fails on a high one', () => check(report('high'), 'vulnerable'));
  it('fails on a critical one', () => check(report('critical'), 'vulnerable'));
  it('passes a moderate one', () => check(report('moderate'), 'clean'));
  it('passes none', () => check('{"vulnerabilities":{}}', 'clean'));
  it('says that the service did not answer', () =>
    check('{"error":{"code":"ENOAUDIT"}}', 'unreachable'));
  it('says that the service answered with an error', () =>
    check('{"statusCode":404,"message":"404 Not Found"}', 'unreachable'));
  it('says that nothing came', () => check('', 'unreachable'));
});
