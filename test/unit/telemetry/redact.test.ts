/** What the redactor takes out, and what it must leave. */
import { equal } from 'node:assert/strict';
import { redact } from '../../../daemon/base/redaction/redact';

function check(input: string, expected: string): void {
  it(`${input.slice(0, 60)} → ${expected.slice(0, 60)}`, () => {
    equal(redact(input), expected);
    equal(redact(redact(input)), expected);
  });
}

// Put together here, so that no scanner takes this file for a leak.
const many = (n: number) => 'aB3dE5gH7jK9mN1pQ3sT5vW7yZ'.repeat(3).slice(0, n);

describe('redact', () => {
  check('mail ben.smith+test@mail.example.co.uk today', 'mail [email] today');
  check('write to ben at example dot com please', 'write to [email] please');
  check('pay with 4111 1111 1111 1111 now', 'pay with [card] now');
  check('pay with 4111-1111-1111-1111.', 'pay with [card].');
  check('order 4111 1111 1111 1112 is no card', 'order 4111 1111 1111 1112 is no card');
  check(`use AKIA${'ABCDEFGH12345678'} there`, 'use [key] there');
  check(`ghp_${many(36)}`, '[key]');
  check(`sk-${many(30)} and npm_${many(36)}`, '[key] and [key]');
  check(`Authorization: Bearer ${many(20)}`, 'Authorization: Bearer [token]');
  check('eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcDEF123', '[token]');
  check('the password is hunter22, do not tell', 'the password is [token], do not tell');
  check('api_key="9f8e7d6c5b"', 'api_key="[token]"');
  check('https://ben:s3cret@host.example/v1', 'https://ben:[token]@host.example/v1');
  check(`-----BEGIN RSA PRIVATE KEY-----\n${many(60)}\n-----END RSA PRIVATE KEY-----`, '[key]');
  check(`digest ${many(40)}`, 'digest [token]');
  // What developers say every day stays.
  check('the token is refreshed twice', 'the token is refreshed twice');
  check('the secret is simple', 'the secret is simple');
  check('meet at 10 at the office dot', 'meet at 10 at the office dot');
  check(
    'call createSessionManagerWithDefaultOptionsAndRetries',
    'call createSessionManagerWithDefaultOptionsAndRetries',
  );
  check('2026-11-21T16:15:59.000Z pid 4711', '2026-11-21T16:15:59.000Z pid 4711');
  it('takes a long text in time that grows with its length', () => {
    const begun = process.cpuUsage();
    redact('a1 b2-'.repeat(50_000));
    redact(`${'1 '.repeat(100_000)}@`);
    const { user } = process.cpuUsage(begun);
    equal(user < 3e6, true, `${user / 1e3} ms`);
  });
});
