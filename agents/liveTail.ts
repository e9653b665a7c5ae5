/**
 * Events of a session since a cursor, with a short wait for new ones. The cursor is an event
 * number, so events are neither repeated nor missed.
 */
import type { Insight } from '../protocol/insights';
import {
  type DurableEvent,
  SessionGet,
  type SessionEvent,
  type SessionInfo,
} from '../protocol/session';
import type { Segment } from '../protocol/transcript';
import { EarmarkError } from '../protocol/errors';
import { type AgentConnection, fullId, runningSession } from './connection';
import { fitting, insightShape, segmentShape, sessionShape } from './shapes';

/** Limit of events in an answer. */
const EVENTS_MAX = 200;
/** Time limit for stored events, which arrive immediately or not at all. */
const CATCH_UP_MS = 5_000;
/** Segments of an answer without a cursor. */
const LAST = 30;

interface Question {
  readonly session?: string | undefined;
  readonly after?: number | undefined;
  readonly minutes?: number | undefined;
  readonly waitSeconds: number;
}

/** @throws EarmarkError session.notFound if no session runs */
export async function liveTail(
  connection: AgentConnection,
  { session, after, minutes, waitSeconds }: Question,
  signal: AbortSignal,
): Promise<Record<string, unknown>> {
  const id = session === undefined ? await running(connection) : await fullId(connection, session);
  return after === undefined
    ? lastWords(connection, id, minutes)
    : since(connection, id, after, waitSeconds * 1000, signal);
}

async function running(connection: AgentConnection): Promise<string> {
  const session = await runningSession(connection);
  if (session) return session.id;
  throw new EarmarkError(
    'session.notFound',
    'No meeting is running; give the id of a session from list_sessions.',
  );
}

async function lastWords(
  connection: AgentConnection,
  sessionId: string,
  minutes: number | undefined,
): Promise<Record<string, unknown>> {
  const { session, segments } = await connection.request(SessionGet, { sessionId });
  const visible = segments.filter(({ hidden }) => hidden !== true);
  const shown = minutes === undefined ? visible.slice(-LAST) : lastMinutes(visible, minutes);
  return {
    session: sessionShape(session),
    // The last words matter most.
    segments: fitting(shown.reverse(), segmentShape).shown.reverse(),
    cursor: session.lastSeq,
    ...over(session),
  };
}

/** Segments of the last minutes before the end of the last one; a new array. */
export function lastMinutes(segments: readonly Segment[], minutes: number): Segment[] {
  const end = Math.max(0, ...segments.map(({ endMs }) => endMs));
  return segments.filter(({ endMs }) => endMs >= end - minutes * 60_000);
}

async function since(
  connection: AgentConnection,
  sessionId: string,
  after: number,
  waitMs: number,
  signal: AbortSignal,
): Promise<Record<string, unknown>> {
  const taken: DurableEvent[] = [];
  const saying = new Map<string, string>();
  let wake: () => void = () => undefined;
  const take = (event: SessionEvent): void => {
    if (event.kind === 'partial') {
      saying.set(event.phraseId, `${event.stable} ${event.unstable}`.trim());
      return;
    }
    if (!('seq' in event) || taken.length >= EVENTS_MAX) return;
    if (event.kind === 'final') saying.delete(event.segment.id);
    taken.push(event);
    wake();
  };
  const subscription = await connection.attach(sessionId, after, take);
  const until = (enough: () => boolean, ms: number): Promise<void> =>
    new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(end, ms);
      wake = () => void (enough() && end());
      signal.addEventListener('abort', end, { once: true });
      wake();
    });
  try {
    const { session } = subscription;
    if (after > session.lastSeq)
      throw new EarmarkError(
        'rpc.invalidParams',
        'This cursor is beyond the end of the session; use the cursor of the last ' + 'answer.',
      );
    await until(
      () => taken.length >= EVENTS_MAX || (taken.at(-1)?.seq ?? after) >= session.lastSeq,
      CATCH_UP_MS,
    );
    if (!isOver(session))
      await until(() => taken.length >= EVENTS_MAX || taken.some(isNews), waitMs);
    return answer(session, taken, [...saying.values()].filter(Boolean), after);
  } finally {
    subscription.dispose();
  }
}

function answer(
  session: SessionInfo,
  taken: readonly DurableEvent[],
  saying: readonly string[],
  after: number,
): Record<string, unknown> {
  // Events are added one by one, so that the cursor stands after the last complete event.
  let room: number | undefined;
  let cursor = after;
  const segments = new Map<string, Record<string, unknown>>();
  const insights = new Map<string, Record<string, unknown>>();
  let state = session.state;
  for (const event of taken) {
    const [said, found] = contentOf(event);
    const fit = fitting(
      [...said.map(segmentShape), ...found.map(insightShape)],
      (value) => value,
      room,
    );
    if (fit.left > 0) break;
    room = fit.room;
    for (const segment of said)
      segments.set(segment.id, {
        ...segmentShape(segment),
        ...(segment.hidden === true && { hidden: true }),
      });
    for (const insight of found) insights.set(insight.id, insightShape(insight));
    if (event.kind === 'state') state = event.to;
    cursor = event.seq;
  }
  return {
    session: { id: session.id, title: session.title, state },
    segments: [...segments.values()],
    insights: [...insights.values()],
    cursor,
    ...(saying.length > 0 && { beingSaid: saying.map((text) => text.slice(-500)) }),
    ...over({ state, lastSeq: Math.max(session.lastSeq, taken.at(-1)?.seq ?? 0) }, cursor),
  };
}

function contentOf(event: DurableEvent): readonly [readonly Segment[], readonly Insight[]] {
  if (event.kind === 'final') return [[event.segment], []];
  if (event.kind === 'revision')
    return [[event.revision.segment, ...(event.revision.added ?? [])], []];
  return 'insight' in event && event.kind !== 'entity' ? [[], [event.insight]] : [[], []];
}

const isNews = (event: DurableEvent): boolean =>
  contentOf(event).some((part) => part.length > 0) ||
  (event.kind === 'state' && isOver({ state: event.to }));
const isOver = ({ state }: Pick<SessionInfo, 'state'>): boolean =>
  state === 'DONE' || state === 'FAILED';

/** Next cursor; absent after the end of a finished session. */
function over(
  session: Pick<SessionInfo, 'state' | 'lastSeq'>,
  cursor = session.lastSeq,
): Record<string, unknown> {
  if (cursor < session.lastSeq) return { next: 'There is more; call again with this cursor.' };
  return isOver(session)
    ? { next: 'The session has ended.' }
    : { next: 'Call again with this cursor for newer text.' };
}
