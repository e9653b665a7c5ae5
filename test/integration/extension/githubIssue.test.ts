// GitHub issues against a local server that speaks GitHub's API: duplicates first, nothing sent
// before consent, refusals as sentences.
import { deepEqual, equal, rejects } from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createIssue,
  type FoundIssue,
  issueFrom,
  type IssueHost,
  repositoryAt,
} from '../../../extension/agents/githubIssue';

const DRAFT =
  '# Fix the token refresh\n\n**Owner:** Ben\n\n> “I will fix the token refresh.” [00:14:05]\n\n' +
  'From *Stand-up*, 2026-11-20.\n';

interface Call {
  readonly method: string;
  readonly url: URL;
  readonly token: string;
  readonly body: string;
}

describe('GitHub issues', () => {
  let server: Server;
  let calls: Call[] = [];
  let issues: { title: string; state: string }[] = [];
  let status = 0;
  let api = '';

  before(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += String(chunk)));
      request.on('end', () => {
        const url = new URL(request.url ?? '', api);
        calls.push({
          method: request.method ?? '',
          url,
          token: request.headers.authorization ?? '',
          body,
        });
        const shape = ({ title, state }: (typeof issues)[number], i: number) => ({
          number: i + 1,
          title,
          state,
          html_url: `https://github.com/shop/cart/issues/${i + 1}`,
        });
        response.setHeader('content-type', 'application/json');
        if (status !== 0) response.writeHead(status).end('{"message":"no"}');
        else if (request.method === 'POST') {
          issues.push({ title: (JSON.parse(body) as { title: string }).title, state: 'open' });
          response.writeHead(201).end(JSON.stringify(shape(issues.at(-1)!, issues.length - 1)));
        } else {
          const words = (url.searchParams.get('q') ?? '').split(/ OR | /);
          const items = issues
            .map(shape)
            .filter(({ title }) => words.some((word) => title.split(' ').includes(word)));
          response.end(JSON.stringify({ items }));
        }
      });
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => server.close());
  beforeEach(() => {
    calls = [];
    issues = [];
    status = 0;
  });

  const host = (changes: Partial<IssueHost> = {}): IssueHost => ({
    repository: { api, owner: 'shop', name: 'cart' },
    token: () => Promise.resolve('secret'),
    choose: () => Promise.resolve('new'),
    confirm: () => Promise.resolve(true),
    ...changes,
  });
  const posts = () => calls.filter(({ method }) => method === 'POST');

  it('searches duplicates, then creates the issue with its quotes', async () => {
    issues = [{ title: 'Slow start', state: 'open' }];
    let shown: readonly FoundIssue[] | undefined;
    const made = await createIssue(
      issueFrom(DRAFT),
      host({
        choose: (similar) => {
          shown = similar;
          equal(posts().length, 0);
          return Promise.resolve('new');
        },
      }),
    );
    deepEqual([shown, made?.number, made?.title], [[], 2, 'Fix the token refresh']);
    deepEqual(
      calls.map(({ method, url, token }) => [method, url.pathname, token]),
      [
        ['GET', '/search/issues', 'Bearer secret'],
        ['POST', '/repos/shop/cart/issues', 'Bearer secret'],
      ],
    );
    deepEqual(JSON.parse(posts()[0]!.body), {
      title: 'Fix the token refresh',
      body: '**Owner:** Ben\n\n> “I will fix the token refresh.” [00:14:05]\n\nFrom *Stand-up*, 2026-11-20.',
    });
  });

  it('offers an issue that exists, and creates none if it is chosen', async () => {
    issues = [
      { title: 'Broken token refresh', state: 'closed' },
      { title: 'Slow start', state: 'open' },
    ];
    const chosen = await createIssue(
      issueFrom(DRAFT),
      host({ choose: (similar) => Promise.resolve(similar[0]) }),
    );
    deepEqual(chosen, {
      number: 1,
      title: 'Broken token refresh',
      url: 'https://github.com/shop/cart/issues/1',
      isOpen: false,
    });
    deepEqual(posts(), []);
  });

  it('sends nothing without sign-in, choice or consent', async () => {
    const no = () => Promise.resolve(undefined);
    equal(await createIssue(issueFrom(DRAFT), host({ token: no })), undefined);
    deepEqual(calls, []);
    equal(await createIssue(issueFrom(DRAFT), host({ choose: no })), undefined);
    equal(
      await createIssue(issueFrom(DRAFT), host({ confirm: () => Promise.resolve(false) })),
      undefined,
    );
    deepEqual(posts(), []);
  });

  it('says what to do when GitHub refuses or is away', async () => {
    const sentences: readonly (readonly [number, RegExp])[] = [
      [401, /Sign in again/],
      [403, /Check your access/],
      [404, /Check the remote/],
      [410, /Turn them on/],
      [422, /Shorten it/],
      [500, /status 500\. Try again later/],
    ];
    for (const [code, sentence] of sentences) {
      status = code;
      await rejects(createIssue(issueFrom(DRAFT), host()), sentence);
    }
    const repository = { api: 'http://127.0.0.1:9', owner: 'shop', name: 'cart' };
    await rejects(createIssue(issueFrom(DRAFT), host({ repository })), /cannot be reached/);
  });

  it('knows repositories on github.com and on the Enterprise server of the settings only', () => {
    const check = (url: string | undefined, server = '') => repositoryAt(url, server)?.api;
    deepEqual(
      [
        check('https://github.com/shop/cart'),
        check('https://git.example.com/shop/cart', 'https://git.example.com/'),
        check('https://git.example.com/shop/cart'),
        check('https://github.com.example.com/shop/cart'),
        check('https://github.com/shop'),
        check(undefined),
      ],
      [
        'https://api.github.com',
        'https://git.example.com/api/v3',
        undefined,
        undefined,
        undefined,
        undefined,
      ],
    );
  });
});
