/** Past meetings in groups, and what is typed into the search. */
import { deepEqual } from 'node:assert/strict';
import { group, type Grouping } from '../../../extension/history/grouping';
import { parseSearch, withFilter } from '../../../extension/history/searchQuery';
import type { SessionInfo } from '../../../protocol/session';

const NOW = new Date(2026, 10, 21, 9);

function session(id: string, startedAt: Date, rest: Partial<SessionInfo> = {}): SessionInfo {
  return {
    id,
    kind: 'meeting',
    title: id,
    state: 'DONE',
    startedAt: startedAt.toISOString(),
    durationMs: 0,
    sources: ['mic'],
    lastSeq: 0,
    segments: 0,
    language: 'en',
    provider: 'p',
    model: 'm',
    ...rest,
  };
}

const SESSIONS = [
  session('a', new Date(2026, 10, 21, 8), {
    people: ['Ben', 'Ana'],
    workspace: { folder: 'backend', repository: 'team/backend' },
  }),
  session('b', new Date(2026, 10, 20, 23), { people: [], workspace: { folder: 'web' } }),
  session('c', new Date(2026, 10, 17, 1), { people: ['Ana'] }),
  session('d', new Date(2026, 9, 30), { people: ['Ana'] }),
  session('e', new Date(2026, 9, 1)),
];

describe('history', () => {
  const check = (by: Grouping, expected: readonly (readonly [string, string])[]): void =>
    void it(`by ${by}`, () =>
      deepEqual(
        group(SESSIONS, by, 'en-GB', NOW).map(({ label, sessions }) => [
          label,
          sessions.map(({ id }) => id).join(''),
        ]),
        expected,
      ));
  check('day', [
    ['Today', 'a'],
    ['Yesterday', 'b'],
    ['Tuesday 17 Nov', 'c'],
    ['October 2026', 'de'],
  ]);
  check('repository', [
    ['team/backend', 'a'],
    ['web', 'b'],
    ['No repository', 'cde'],
  ]);
  check('person', [
    ['Ana', 'acd'],
    ['Ben', 'a'],
    ['No named speaker', 'be'],
  ]);
});

describe('search', () => {
  const check = (typed: string, expected: object | undefined): void =>
    void it(JSON.stringify(typed), () => deepEqual(parseSearch(typed, 50), expected));
  check('', undefined);
  check('token refresh', { query: 'token refresh', limit: 50 });
  check('token kind:action speaker:"Ben Ode" since:2026-11-01', {
    query: 'token',
    kind: 'action',
    speaker: 'Ben Ode',
    since: '2026-11-01',
    limit: 50,
  });
  check('repo:team/api branch:main symbol:parseConfig', {
    repository: 'team/api',
    branch: 'main',
    symbol: 'parseConfig',
    limit: 50,
  });
  check('kind:action', { kind: 'action', limit: 50 });
  check('kind:act', undefined);
  check('since:2026', undefined);
  check('kind:transcript', undefined);
  check('speaker:', undefined);
  check('http://x', { query: 'http://x', limit: 50 });
  it('puts a filter in place of the one before', () =>
    deepEqual(
      [withFilter('token kind:action', 'kind', 'decision'), withFilter('', 'speaker', 'Ben Ode')],
      ['token kind:decision', 'speaker:"Ben Ode"'],
    ));
});
