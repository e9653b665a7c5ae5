/** Open actions, and changes since a date, over all sessions. */
import type { ResultOf } from '../protocol/method';
import { SessionList, SessionSearch } from '../protocol/session';
import { defined } from '../daemon/base/defined';
import type { AgentConnection } from './connection';
import { placeOf } from './saidAbout';
import { fitting, insightShape, sessionShape } from './shapes';

type Hit = ResultOf<typeof SessionSearch>['hits'][number];
type Kind = 'action' | 'decision';

/** Insights that are read before a status is selected. */
const READ_MAX = 1000;
const MORE = 'There are more results; give a later date or a repository.';

interface Filter {
  readonly owner?: string | undefined;
  readonly repository?: string | undefined;
  readonly since?: string | undefined;
}

const placed = (hit: Hit): Record<string, unknown> => ({
  ...placeOf(hit),
  ...(hit.insight && insightShape(hit.insight)),
});

/** Insights of one kind, newest session first. */
export async function insightHits(
  connection: AgentConnection,
  kind: Kind,
  { owner, ...filter }: Filter,
): Promise<readonly Hit[]> {
  const { hits } = await connection.request(SessionSearch, {
    ...defined({ ...filter, speaker: owner }),
    kind,
    limit: READ_MAX,
  });
  return hits;
}

const isOpen = ({ insight }: Hit): boolean => insight?.status === 'open';

export async function openActions(
  connection: AgentConnection,
  { limit, ...filter }: Filter & { readonly limit: number },
): Promise<Record<string, unknown>> {
  const open = (await insightHits(connection, 'action', filter)).filter(isOpen);
  const { shown } = fitting(open.slice(0, limit), placed);
  return { actions: shown, ...(shown.length < open.length && { next: MORE }) };
}

/** Sessions since a date, with what was decided, opened and done in them. */
export async function changesSince(
  connection: AgentConnection,
  { since, repository, limit }: Filter & { readonly since: string; readonly limit: number },
): Promise<Record<string, unknown>> {
  const [{ sessions }, actions, decisions] = await Promise.all([
    connection.request(SessionList, { limit: READ_MAX }),
    insightHits(connection, 'action', { since, repository }),
    insightHits(connection, 'decision', { since, repository }),
  ]);
  const from = Date.parse(since);
  const recent = sessions.filter(
    ({ startedAt, workspace }) =>
      Date.parse(startedAt) >= from &&
      (repository === undefined || workspace?.repository === repository),
  );
  const lists = {
    decisions: decisions.filter(isKept),
    opened: actions.filter(isOpen),
    closed: actions.filter(({ insight }) => insight?.status === 'done'),
  };
  const first = fitting(recent.slice(0, limit), sessionShape);
  let { room } = first;
  let all = first.shown.length === recent.length;
  const shown = Object.entries(lists).map(([name, hits]) => {
    const part = fitting(hits.slice(0, limit), placed, room);
    room = part.room;
    all &&= part.shown.length === hits.length;
    return [name, part.shown] as const;
  });
  return { sessions: first.shown, ...Object.fromEntries(shown), ...(!all && { next: MORE }) };
}

const isKept = ({ insight }: Hit): boolean =>
  insight?.status !== 'dismissed' && insight?.status !== 'cancelled';
