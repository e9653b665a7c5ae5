/** `dictation/*`: a short session of which nothing is kept; it ends with the client that speaks. */
import { DictationCancel, DictationStart, DictationStop } from '../../protocol/dictation';
import { isEarmarkError } from '../../protocol/errors';
import type { SymbolSpeller } from '../dictation/respell';
import { writeDictation } from '../dictation/writer';
import type { ClientContext } from './clientContext';
import { fromSource } from './convert';
import type { RpcDeps } from './deps';
import type { Registry } from './registry';
import { ownedBy, refuseWhenDraining, startFor } from './sessionHandlers';

/** About 2 ms of work. */
const NAMES_A_STEP = 40;

export function dictationHandlers(registry: Registry, deps: RpcDeps): void {
  const { sessions, control } = deps;
  registry
    .on(DictationStart, async ({ key, language, provider, model, device, vocabulary, translate, origin, symbols = [] }, client) => {
      refuseWhenDraining(control.draining);
      const { session } = await startFor(client, (sink) =>
        sessions.start(
          ownedBy(client.peer.identity, {
            ...(key === undefined ? {} : { key }),
            ...(language === undefined ? {} : { language }),
            ...(provider === undefined ? {} : { provider }),
            ...(model === undefined ? {} : { model }),
            ...(vocabulary === undefined ? {} : { vocabulary }),
            ...(translate === undefined ? {} : { translate }),
            ...(device === undefined ? {} : { device }),
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
      else client.dictations.set(sessionId, learn(deps, symbols));
      return { sessionId };
    })
    .on(DictationStop, async ({ sessionId }, client) => {
      sessions.stop(sessionId, 'dictation.stop');
      await sessions.whenEnded(sessionId);
      const raw = sessions
        .get(sessionId)
        .transcript.filter((s) => !s.hidden)
        .map((s) => s.text.trim())
        .filter((t) => t !== '')
        .join(' ');
      const speller = await client.dictations.get(sessionId);
      await drop(deps, client, sessionId);
      const { text, named, takeBack, spelled } = writeDictation(raw, speller, false);
      return { text, raw, named, takeBack, spelled: spelled.map((one) => ({ ...one })) };
    })
    .on(DictationCancel, async ({ sessionId }, client) => {
      await drop(deps, client, sessionId);
      return {};
    });
}

/** The client that spoke is gone: what it said has nowhere to go. */
export function endDictations(deps: RpcDeps, client: ClientContext): void {
  for (const sessionId of client.dictations.keys()) {
    forget(deps, sessionId).catch((error: unknown) => deps.logger.error('dictation.notForgotten', { session: sessionId, error: isEarmarkError(error) ? error.code : 'unexpected' }));
  }
  client.dictations.clear();
}

/** Thousands of names take a tenth of a second: in small steps between which the daemon does its work, while the user speaks. */
async function learn({ clock, ...deps }: RpcDeps, names: readonly string[]): Promise<SymbolSpeller | undefined> {
  const speller = deps.speller?.();
  for (let at = 0; speller && at < names.length; at += NAMES_A_STEP) {
    for (const name of names.slice(at, at + NAMES_A_STEP)) speller.add(name);
    await new Promise<void>((next) => clock.setTimeout(next, 0));
  }
  return speller;
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
