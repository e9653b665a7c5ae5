/** `session/*` and `transcript/revise`. */
import { EarmarkError } from '../../../protocol/errors';
import {
  SessionAttach,
  SessionContext,
  SessionDelete,
  SessionDetach,
  SessionEventNotification,
  SessionExport,
  SessionGet,
  SessionList,
  SessionPause,
  SessionPurge,
  SessionRecover,
  SessionRename,
  SessionResume,
  SessionSearch,
  SessionSetModel,
  SessionStart,
  SessionStop,
} from '../../../protocol/session';
import { TranscriptNameSpeaker, TranscriptRevise } from '../../../protocol/transcript';
import type { Disposable } from '../../base/disposable';
import { ownerSeen, type Identity } from '../../base/identity';
import { renderExport } from '../../notes/exports';
import { noteFileName } from '../../notes/fileName';
import type { EventSink, SessionView, StartRequest } from '../../session/contract/api';
import type { SessionEvent } from '../../session/contract/events';
import type { ClientContext } from '../clientContext';
import { defined } from '../../base/defined';
import { fromStart, toEvent, toInsight, toSegment, toSessionInfo, toSpeaker } from '../convert';
import type { RpcDeps } from '../deps';
import type { Registry } from '../registry';
import { fromSearch } from '../search';

/**
 * A client with this many unread bytes receives no transient events. Durable events wait for it.
 */
const BEHIND_BYTES = 1024 * 1024;
const LIST_DEFAULT = 100;
/** Maximum number of transient events before the response to `session/start`; more are dropped. */
const EARLY_MAX = 5_000;

export function sessionHandlers(registry: Registry, { sessions, control }: RpcDeps): void {
  registry
    .on(SessionStart, async (params, client) => {
      refuseWhenDraining(control.draining);
      const request = ownedBy(client.peer.identity, fromStart(params));
      const { session } = await startFor(client, (sink) => sessions.start(request, sink));
      return { session: toSessionInfo(session) };
    })
    .on(SessionStop, async ({ sessionId }) => ({
      state: await sessions.stop(sessionId, 'stop.request'),
    }))
    .on(SessionPause, async ({ sessionId }) => ({
      state: await sessions.pause(sessionId, 'pause.request'),
    }))
    .on(SessionResume, async ({ sessionId }) => ({
      state: await sessions.resume(sessionId, 'resume.request'),
    }))
    .on(SessionSetModel, async ({ sessionId, provider, model }) => ({
      session: toSessionInfo(await sessions.changeEngine(sessionId, { provider, model })),
    }))
    .on(SessionAttach, async ({ sessionId, afterSeq }, client) => {
      client.detach(sessionId);
      const { session, sources, attachment } = await sessions.attach(
        sessionId,
        afterSeq,
        sinkFor(client, sessionId),
      );
      client.setAttachment(sessionId, attachment);
      return { session: toSessionInfo(session), sources: sources.map((s) => ({ ...s })) };
    })
    .on(SessionDetach, ({ sessionId }, client) => {
      client.detach(sessionId);
      return {};
    })
    .on(SessionList, async ({ limit, offset, active, people }, { peer }) => {
      const views = await sessions.list({
        limit: limit ?? LIST_DEFAULT,
        offset: offset ?? 0,
        ...defined({ active, owner: ownerSeen(peer.identity) }),
      });
      return {
        sessions: await Promise.all(
          views.map(async (view) => ({
            ...toSessionInfo(view),
            ...(people === true ? { people: [...(await sessions.people(view.record.id))] } : {}),
          })),
        ),
      };
    })
    .on(SessionGet, async ({ sessionId }) => {
      const document = await sessions.get(sessionId);
      return {
        session: toSessionInfo(document),
        segments: document.transcript.map(toSegment),
        speakers: document.speakers.map(toSpeaker),
        insights: document.insights.map(toInsight),
        stats: { ...document.stats },
      };
    })
    .on(SessionExport, async ({ sessionId, format }) => {
      const { record, transcript, speakers, insights, stats } = await sessions.get(sessionId);
      const { title, startedAt } = record;
      const name = noteFileName(title, startedAt).replace(/\.earmark\.md$/, '');
      return {
        text: renderExport(format, [
          { file: title, title, startedAt, segments: transcript, speakers, insights, stats },
        ]),
        fileName: `${name}.${format === 'text' ? 'txt' : format}`,
      };
    })
    .on(SessionRename, async ({ sessionId, title }) => {
      await sessions.rename(sessionId, title);
      return {};
    })
    .on(SessionDelete, async ({ sessionId }, client) => {
      await sessions.delete(sessionId);
      client.detach(sessionId);
      return {};
    })
    .on(SessionSearch, async (params, { peer }) => {
      const hits = await sessions.search(fromSearch(params, ownerSeen(peer.identity)));
      return {
        hits: hits.map(({ record: { id, title, startedAt }, hit }) => ({
          sessionId: id,
          title,
          startedAt,
          ...('segment' in hit
            ? { segment: toSegment(hit.segment) }
            : { insight: toInsight(hit.insight) }),
        })),
      };
    })
    .on(SessionContext, async ({ sessionId, symbols, focus }) => {
      await sessions.look(
        sessionId,
        defined({
          symbols: symbols?.map((symbol) => defined(symbol)),
          focus: focus && defined(focus),
        }),
      );
      return {};
    })
    .on(SessionRecover, ({ sessionId }) => sessions.takeUp(sessionId))
    .on(SessionPurge, async ({ sessionId }, client) => {
      const removed = await sessions.purge(sessionId);
      client.detach(sessionId);
      return { removed };
    })
    .on(TranscriptNameSpeaker, async ({ sessionId, speakerId, name }, { peer }) => {
      await sessions.renameSpeaker(sessionId, speakerId, name);
      return {
        voice: await sessions.voices.standing(sessionId, speakerId, ownerSeen(peer.identity)),
      };
    })
    .on(TranscriptRevise, async ({ sessionId, segmentId, ...change }) => {
      await sessions.reviseSegment(sessionId, segmentId, defined(change));
      return {};
    });
}

/**
 * Sets the network user as the owner of the session and of its key.
 * @throws EarmarkError rpc.forbidden if the user tries to open the microphone of this machine
 */
export function ownedBy(identity: Identity, request: StartRequest): StartRequest {
  if (identity.kind === 'local') return request;
  if (request.sources.some(({ origin }) => origin.type === 'capture'))
    throw new EarmarkError(
      'rpc.forbidden',
      'A remote daemon cannot record; send it the audio instead.',
    );
  return {
    ...request,
    owner: identity.user,
    ...(request.key === undefined ? {} : { key: `${identity.user} ${request.key}` }),
  };
}

export function refuseWhenDraining(draining: boolean): void {
  if (draining)
    throw new EarmarkError(
      'rpc.draining',
      'This Earmark daemon is shutting down; try again in a moment.',
      { retryAfterMs: 500 },
    );
}

function sinkFor(client: ClientContext, sessionId: string): EventSink {
  return (event) => {
    if ('afterSeq' in event && client.peer.queuedBytes > BEHIND_BYTES) return;
    client.notify(SessionEventNotification, { sessionId, event: toEvent(event) });
  };
}

/**
 * Starts a session with the caller attached. Events that arrive before the session's id is known
 * are sent just before the response.
 */
export async function startFor(
  client: ClientContext,
  start: (
    sink: EventSink,
  ) => Promise<{ readonly session: SessionView; readonly attachment?: Disposable }>,
): Promise<{ readonly session: SessionView }> {
  let early: SessionEvent[] = [];
  let sink: EventSink = (event) => {
    if ('seq' in event || early.length < EARLY_MAX) early.push(event);
  };
  const { session, attachment } = await start((event) => sink(event));
  sink = sinkFor(client, session.record.id);
  if (attachment) client.setAttachment(session.record.id, attachment);
  for (const event of early) sink(event);
  early = [];
  return { session };
}
