/**
 * Statements about a name of the code or a file: linked insights, and segments with its spoken
 * words.
 */
import type { ParamsOf, ResultOf } from '../protocol/method';
import { SessionSearch } from '../protocol/session';
import type { AgentConnection } from './connection';
import { fitting, insightShape, segmentShape } from './shapes';

type Hit = ResultOf<typeof SessionSearch>['hits'][number];
const KINDS = ['decision', 'action', 'question', 'risk'] as const;

export async function saidAbout(
  connection: AgentConnection,
  { name, limit }: { readonly name: string; readonly limit: number },
): Promise<Record<string, unknown>> {
  const find = async (params: ParamsOf<typeof SessionSearch>): Promise<readonly Hit[]> =>
    (await connection.request(SessionSearch, { ...params, limit })).hits;
  const file = name.includes('/') || /\.\w{1,5}$/.test(name);
  const base = name.slice(name.lastIndexOf('/') + 1);
  const names = [...new Set([name, base])];
  const words = spokenWords(file ? base.replace(/\.\w{1,5}$/, '') : base);
  const [linked, insights, mentions] = await Promise.all([
    Promise.all(names.map((symbol) => find({ symbol }))),
    Promise.all(names.flatMap((symbol) => KINDS.map((kind) => find({ symbol, kind })))),
    words.length === 0 ? [] : find({ query: words.join(' ') }),
  ]);
  const found = fitting(unique(insights.flat()).slice(0, limit), (hit) => ({
    ...placeOf(hit),
    ...(hit.insight && insightShape(hit.insight)),
  }));
  const said = fitting(
    unique([...linked.flat(), ...mentions]).slice(0, limit),
    (hit) => ({ ...placeOf(hit), ...(hit.segment && segmentShape(hit.segment)) }),
    found.room,
  );
  return {
    name,
    spokenAs: words,
    insights: found.shown,
    segments: said.shown,
    ...(found.left + said.left > 0 && {
      next: 'There are more results; use a smaller limit, or search.',
    }),
  };
}

/** Splits `retryWithBackoff`, `retry_with_backoff` and `HTTPServer` into their spoken words. */
function spokenWords(name: string): string[] {
  const apart = name
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2');
  return (apart.match(/[\p{L}\p{N}]+/gu) ?? []).map((word) => word.toLowerCase());
}

function unique(hits: readonly Hit[]): Hit[] {
  return [
    ...new Map(
      hits.map((hit) => [`${hit.sessionId} ${hit.segment?.id ?? hit.insight?.id ?? ''}`, hit]),
    ).values(),
  ];
}

export const placeOf = ({ sessionId, title, startedAt }: Hit): Record<string, unknown> => ({
  session: sessionId,
  title,
  startedAt,
});
