/**
 * Creates a GitHub issue: similar issues are searched first, and nothing is sent before the user
 * confirms. Does not use `vscode`.
 */

export interface Repository {
  /** Address of the REST API, such as https://api.github.com. */
  readonly api: string;
  readonly owner: string;
  readonly name: string;
}

export interface FoundIssue {
  readonly number: number;
  readonly title: string;
  readonly url: string;
  readonly isOpen: boolean;
}

export interface IssueHost {
  readonly repository: Repository;
  token(): Promise<string | undefined>;
  /** @returns `new`, an issue to open instead, or undefined for neither */
  choose(similar: readonly FoundIssue[]): Promise<'new' | FoundIssue | undefined>;
  confirm(issue: Issue): Promise<boolean>;
}

export interface Issue {
  readonly title: string;
  readonly body: string;
}

/** A sentence for the user. */
export class GitHubError extends Error {}

const TIMEOUT_MS = 15_000;
/** GitHub takes 256 and 65,536 characters. */
const TITLE_MAX = 250;
const BODY_MAX = 60_000;
const SIMILAR_MAX = 8;
const QUERY_WORDS = 6;
const SMALL = /^(?:a|an|and|at|by|for|from|in|is|of|on|or|that|the|to|we|will|with)$/i;

/**
 * Title and body of a drafted issue, whose first line is its heading.
 * @param draft Markdown of `insights/derive`
 */
export function issueFrom(draft: string): Issue {
  const [heading = '', ...rest] = draft.trim().split('\n');
  return {
    title: heading.replace(/^#+\s*/, '').slice(0, TITLE_MAX),
    body: rest.join('\n').trim().slice(0, BODY_MAX),
  };
}

/** @returns the repository of a web page on github.com or an Enterprise server; else undefined */
export function repositoryAt(
  webUrl: string | undefined,
  enterprise: string,
): Repository | undefined {
  const page = parsed(webUrl);
  const [owner, name] = page?.pathname.slice(1).split('/') ?? [];
  if (page === undefined || !owner || !name) return undefined;
  if (page.host === 'github.com') return { api: 'https://api.github.com', owner, name };
  const server = parsed(enterprise);
  return server?.host === page.host ? { api: `${server.origin}/api/v3`, owner, name } : undefined;
}

function parsed(url: string | undefined): URL | undefined {
  try {
    return url ? new URL(url) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @returns the new issue, the issue that the user opens instead, or undefined if the user cancels
 * @throws GitHubError
 */
export async function createIssue(issue: Issue, host: IssueHost): Promise<FoundIssue | undefined> {
  const token = await host.token();
  if (token === undefined) return undefined;
  const { repository } = host;
  const chosen = await host.choose(await similar(repository, token, issue.title));
  if (chosen !== 'new') return chosen;
  if (!(await host.confirm(issue))) return undefined;
  return found(
    await request(repository, token, `/repos/${pathOf(repository)}/issues`, {
      title: issue.title,
      body: issue.body,
    }),
  );
}

async function similar(
  repository: Repository,
  token: string,
  title: string,
): Promise<readonly FoundIssue[]> {
  const words = (title.match(/[\p{L}\p{N}]+/gu) ?? []).filter((word) => !SMALL.test(word));
  const query = `repo:${repository.owner}/${repository.name} is:issue ${words
    .slice(0, QUERY_WORDS)
    .join(' OR ')}`;
  const { items } = (await request(
    repository,
    token,
    `/search/issues?${new URLSearchParams({ q: query, per_page: String(SIMILAR_MAX) }).toString()}`,
  )) as { items?: unknown };
  return Array.isArray(items) ? items.slice(0, SIMILAR_MAX).map(found) : [];
}

function found(answer: unknown): FoundIssue {
  const { number, title, html_url, state } = answer as Record<string, unknown>;
  if (typeof number !== 'number' || typeof html_url !== 'string' || !/^https?:/.test(html_url))
    throw new GitHubError('GitHub gave an unexpected answer. Try again later.');
  return { number, title: String(title ?? ''), url: html_url, isOpen: state !== 'closed' };
}

const pathOf = ({ owner, name }: Repository): string =>
  `${encodeURIComponent(owner)}/${encodeURIComponent(name)}`;

async function request(
  { api }: Repository,
  token: string,
  path: string,
  body?: object,
): Promise<unknown> {
  const answer = await fetch(`${api}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${token}`,
      'user-agent': 'earmark',
      'x-github-api-version': '2022-11-28',
    },
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(body && { body: JSON.stringify(body) }),
  }).catch(() => {
    throw new GitHubError('GitHub cannot be reached. Check the network and try again.');
  });
  if (!answer.ok) throw new GitHubError(REFUSALS[answer.status] ?? OTHER(answer.status));
  return answer.json().catch(() => {
    throw new GitHubError('GitHub gave an unexpected answer. Try again later.');
  });
}

const REFUSALS: Readonly<Record<number, string>> = {
  401: 'GitHub refused the sign-in. Sign in again in VS Code or with gh.',
  403: 'GitHub refused the request. Check your access to the repository, or wait for the rate limit.',
  404: 'GitHub has no such repository for this account. Check the remote and your access.',
  410: 'Issues are turned off in this repository. Turn them on, or use an issue draft.',
  422: 'GitHub did not accept the issue. Shorten it, or use an issue draft.',
};
const OTHER = (status: number): string => `GitHub answered with status ${status}. Try again later.`;
