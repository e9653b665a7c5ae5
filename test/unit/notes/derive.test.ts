/** What an insight becomes outside the note. */
import { equal, match, ok } from 'node:assert/strict';
import type { Insight } from '../../../daemon/insights/types';
import { derive, type DerivedFrom } from '../../../daemon/notes/derive';

const insight: Insight = {
  id: 'a1',
  kind: 'action',
  text: 'Fix the token refresh',
  owner: 'Ben',
  due: { phrase: 'by Friday', date: '2026-11-27' },
  status: 'open',
  confidence: 0.9,
  evidence: [
    {
      segmentId: 's1',
      startMs: 845_000,
      endMs: 848_000,
      quote: 'Ben, can you fix the token refresh by Friday?',
    },
  ],
  symbols: [{ name: 'refreshToken', uri: 'src/auth token.ts', line: 40 }],
};
const from: DerivedFrom = {
  title: 'Stand-up',
  startedAt: '2026-11-23T09:30:00+01:00',
  repository: 'acme/shop',
  branch: 'main',
  commit: '0123456789abcdef',
  webUrl: 'https://git.example/acme/shop',
};

describe('derived texts', () => {
  const todo = (languageId: string, expected: string): void =>
    equal(derive('todo', insight, from, languageId).text, expected);
  it('writes a TODO in the comment of the language', () => {
    todo('typescript', '// TODO(Ben): Fix the token refresh (Stand-up [00:14:05], 2026-11-27)\n');
    todo('python', '# TODO(Ben): Fix the token refresh (Stand-up [00:14:05], 2026-11-27)\n');
    todo('css', '/* TODO(Ben): Fix the token refresh (Stand-up [00:14:05], 2026-11-27) */\n');
  });

  it('lets no spoken word end its comment', () => {
    equal(
      derive('todo', { ...insight, text: 'Say --> twice\nand */ once' }, from, 'html').text,
      '<!-- TODO(Ben): Say twice and */ once (Stand-up [00:14:05], 2026-11-27) -->\n',
    );
  });

  it('writes a task', () =>
    equal(
      derive('task', insight, from).text,
      '- [ ] Fix the token refresh — @Ben, by Friday (2026-11-27) [00:14:05]\n',
    ));

  it('writes an issue with quote and permalink', () => {
    equal(
      derive('issue', insight, from).text,
      '# Fix the token refresh\n\n**Owner:** Ben  \n**Due:** by Friday (2026-11-27)  \n**Code:** [`refreshToken`](https://git.example/acme/shop/blob/0123456789abcdef/src/auth%20token.ts#L40)\n\n> “Ben, can you fix the token refresh by Friday?” [00:14:05]\n\nFrom *Stand-up*, 2026-11-23 (acme/shop, branch main, 0123456789ab).\n',
    );
    match(
      derive('issue', insight, { title: 'x', startedAt: from.startedAt }).text,
      /`refreshToken` \(src\/auth token\.ts#L40\)/,
    );
  });

  it('drafts a decision record that cites its time', () => {
    const { text, fileName } = derive(
      'adr',
      { ...insight, kind: 'decision', text: 'The sessions go to Redis' },
      from,
    );
    equal(fileName, '2026-11-23-the-sessions-go-to-redis.md');
    const heads = text.match(/^## .*$/gm);
    equal(heads?.join(), '## Status,## Context,## Decision,## Consequences');
    ok(text.includes('[00:14:05]') && text.includes('> “Ben, can you fix'));
  });
});
