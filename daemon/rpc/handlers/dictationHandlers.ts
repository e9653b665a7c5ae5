/** `dictation/*`: a short session that is not stored. It ends with its client's connection. */
import {
  DictationCancel,
  DictationLearn,
  DictationStart,
  DictationStop,
  DictationTake,
} from '../../../protocol/dictation';
import { isEarmarkError } from '../../../protocol/errors';
import type { ParamsOf, ResultOf } from '../../../protocol/method';
import { COMMAND_PHRASES } from '../../dictation/commands';
import { learnNames } from '../../dictation/learnNames';
import type { SymbolSpeller } from '../../dictation/respell';
import { inScope } from '../../dictation/scope';
import { spokenPhrase } from '../../dictation/spokenSilences';
import { writeDictation } from '../../dictation/writer';
import type { ClientContext } from '../clientContext';
import { fromSource } from '../convert';
import type { RpcDeps } from '../deps';
import type { Registry } from '../registry';
import { ownedBy, refuseWhenDraining, startFor } from './sessionHandlers';

export function dictationHandlers(registry: Registry, deps: RpcDeps): void {
  const { sessions, control } = deps;
  registry
    .on(
      DictationStart,
      async (
        { key, language, provider, model, device, vocabulary, translate, origin, symbols = [] },
        client,
      ) => {
        refuseWhenDraining(control.draining);
        let speller: SymbolSpeller | undefined;
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
              phrases: () => [...(speller?.phrases ?? []), ...COMMAND_PHRASES],
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
        else {
          // The first speller reads a dictionary; the microphone is open by then.
          speller = deps.speller?.();
          client.dictations.set(sessionId, learn(deps, symbols, speller));
        }
        return { sessionId };
      },
    )
    .on(DictationLearn, ({ sessionId, symbols }, client) => {
      const before = client.dictations.get(sessionId);
      if (before !== undefined)
        client.dictations.set(
          sessionId,
          before.then((speller) => learn(deps, symbols, speller)),
        );
      return {};
    })
    .on(DictationTake, async ({ sessionId, flush = false, ...asked }, client) => {
      if (flush) await sessions.flush(sessionId);
      return recognise(deps, client, sessionId, asked);
    })
    .on(DictationStop, async ({ sessionId, ...asked }, client) => {
      await sessions.stop(sessionId, 'dictation.stop');
      // The user waits for the text, not for the recorder or the disk.
      await sessions.whenRecognised(sessionId);
      const answer = await recognise(deps, client, sessionId, asked);
      client.dictations.delete(sessionId);
      client.detach(sessionId);
      forgetLater(deps, sessionId);
      return answer;
    })
    .on(DictationCancel, async ({ sessionId }, client) => {
      client.dictations.delete(sessionId);
      client.detach(sessionId);
      await forget(deps, sessionId);
      return {};
    });
}

/**
 * Returns the dictated text, formatted for each target.
 * @throws EarmarkError session.notFound
 */
async function recognise(
  { sessions }: RpcDeps,
  client: ClientContext,
  sessionId: string,
  { scopes = [], from = 0 }: Pick<ParamsOf<typeof DictationStop>, 'scopes' | 'from'>,
): Promise<ResultOf<typeof DictationStop>> {
  const speller = await client.dictations.get(sessionId);
  const { transcript } = await sessions.get(sessionId);
  const phrases = transcript
    .filter((s) => !s.hidden)
    .map(spokenPhrase)
    .filter(({ text }) => text !== '');
  const asked = phrases.slice(from);
  const { text, named, takeBack, spelled } = writeDictation(
    asked,
    speller,
    false,
    scopes.length > 0 && scopes.every(({ kind }) => kind === 'code'),
  );
  return {
    text,
    texts: scopes.map((scope) => inScope(text, scope)),
    raw: asked.map((phrase) => phrase.text).join(' '),
    named,
    takeBack,
    spelled: spelled.map((one) => ({ ...one })),
    phrases: phrases.length,
  };
}

/** Ends the dictations of a disconnected client, because their text has no target. */
export function endDictations(deps: RpcDeps, client: ClientContext): void {
  for (const sessionId of client.dictations.keys()) forgetLater(deps, sessionId);
  client.dictations.clear();
}

/** Learns the symbols while the user speaks. */
async function learn(
  { clock }: RpcDeps,
  names: readonly string[],
  speller: SymbolSpeller | undefined,
): Promise<SymbolSpeller | undefined> {
  return speller && learnNames(clock, names, speller);
}

function forgetLater(deps: RpcDeps, sessionId: string): void {
  forget(deps, sessionId).catch((error: unknown) =>
    deps.logger.error('dictation.notForgotten', {
      session: sessionId,
      error: isEarmarkError(error) ? error.code : 'unexpected',
    }),
  );
}

async function forget({ sessions }: RpcDeps, sessionId: string): Promise<void> {
  try {
    await sessions.delete(sessionId);
  } catch (error) {
    if (!isEarmarkError(error, 'session.notFound')) throw error;
  }
}
