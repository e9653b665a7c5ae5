/**
 * Parses the search text: words, and filters such as `kind:action speaker:"Ben Ode"
 * since:2026-11-01`. Pure.
 */
import type { SessionSearch } from '../../protocol/session';
import type { ParamsOf } from '../../protocol/method';

export type SearchParams = ParamsOf<typeof SessionSearch>;

/** Filter name → parameter of the search request. */
const FILTERS = {
  kind: 'kind',
  speaker: 'speaker',
  since: 'since',
  until: 'until',
  repo: 'repository',
  branch: 'branch',
  symbol: 'symbol',
} as const;
export type FilterName = keyof typeof FILTERS;

const KINDS: ReadonlySet<string> = new Set([
  'transcript',
  'action',
  'decision',
  'risk',
  'question',
  'entity',
  'summary',
]);
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const TOKEN = /(?:(?<!\w)(\w+):)?(?:"([^"]*)"|(\S+))/g;
/** Maximum length of a search text that the daemon accepts. */
const QUERY_MAX = 500;
const VALUE_MAX = 200;

/** @returns undefined if the text is empty or a filter is incomplete */
export function parseSearch(typed: string, limit: number): SearchParams | undefined {
  const words: string[] = [];
  const filters: Partial<Record<(typeof FILTERS)[FilterName], string>> = {};
  for (const [whole, name = '', quoted, plain = ''] of typed.matchAll(TOKEN)) {
    const value = (quoted ?? plain).slice(0, VALUE_MAX);
    if (!Object.hasOwn(FILTERS, name)) {
      if (/^(?:kind|speaker|since|until|repo|branch|symbol):$/.test(whole)) return undefined;
      words.push(whole);
    } else if (value !== '') filters[FILTERS[name as FilterName]] = value;
  }
  const { kind, since, until, ...rest } = filters;
  if (
    (kind !== undefined && !KINDS.has(kind)) ||
    [since, until].some((date) => date !== undefined && !DATE.test(date))
  )
    return undefined;
  const query = words.join(' ').slice(0, QUERY_MAX);
  if (query === '' && Object.keys(filters).length === 0) return undefined;
  if (query === '' && kind === 'transcript' && Object.keys(filters).length === 1) return undefined;
  return {
    ...(query === '' ? {} : { query }),
    ...rest,
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(kind === undefined ? {} : { kind: kind as NonNullable<SearchParams['kind']> }),
    limit,
  };
}

/** Appends a filter, and replaces an existing filter of that name. */
export function withFilter(typed: string, name: FilterName, value: string): string {
  const without = [...typed.matchAll(TOKEN)]
    .filter(([, other]) => other !== name)
    .map(([whole]) => whole);
  return [...without, `${name}:${/\s/.test(value) ? `"${value}"` : value}`].join(' ');
}
