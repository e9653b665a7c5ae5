/** `dictation/*`: a short session of which nothing is kept; it ends with the client that speaks. */
import { DictationCancel, DictationStart, DictationStop } from '../../protocol/dictation';
import { isEarmarkError } from '../../protocol/errors';
import type { ClientContext } from './clientContext';
import { fromSource } from './convert';
import type { RpcDeps } from './deps';
import type { Registry } from './registry';
import { ownedBy, refuseWhenDraining, startFor } from './sessionHandlers';

export function dictationHandlers(registry: Registry, deps: RpcDeps): void {
  const { sessions, control } = deps;
  registry
    .on(DictationStart, async ({ key, language, provider, model, origin }, client) => {
      refuseWhenDraining(control.draining);
      const { session } = await startFor(client, (sink) =>
        sessions.start(
          ownedBy(client.peer.identity, {
            ...(key === undefined ? {} : { key }),
            ...(language === undefined ? {} : { language }),
            ...(provider === undefined ? {} : { provider }),
            ...(model === undefined ? {} : { model }),
            kind: 'dictation',
            title: 'Dictation',
            sources: [fromSource({ source: 'mic', origin: origin ?? { type: 'capture' } })],
            partials: true,
            insights: false,
            ephemeral: true,
          }),
          sink,
        ),
      );
      const sessionId = session.record.id;
      if (client.state.kind === 'gone') await forget(deps, sessionId);
      else client.dictations.add(sessionId);
      return { sessionId };
    })
    .on(DictationStop, async ({ sessionId }, client) => {
      sessions.stop(sessionId, 'dictation.stop');
      await sessions.whenEnded(sessionId);
      const text = sessions
        .get(sessionId)
        .transcript.filter((s) => !s.hidden)
        .map((s) => s.text.trim())
        .filter((t) => t !== '')
        .join(' ');
      await drop(deps, client, sessionId);
      return { text };
    })
    .on(DictationCancel, async ({ sessionId }, client) => {
      await drop(deps, client, sessionId);
      return {};
    });
}

/** The client that spoke is gone: what it said has nowhere to go. */
export function endDictations(deps: RpcDeps, client: ClientContext): void {
  for (const sessionId of client.dictations) {
    forget(deps, sessionId).catch((error: unknown) => deps.logger.error('dictation.notForgotten', { session: sessionId, error: isEarmarkError(error) ? error.code : 'unexpected' }));
  }
  client.dictations.clear();
}

async function drop(deps: RpcDeps, client: ClientContext, sessionId: string): Promise<void> {
  client.dictations.delete(sessionId);
  client.detach(sessionId);
  await forget(deps, sessionId);
}

async function forget({ sessions }: RpcDeps, sessionId: string): Promise<void> {
  try {
    await sessions.delete(sessionId);
  } catch (error) {
    if (!isEarmarkError(error, 'session.notFound')) throw error;
  }
}
