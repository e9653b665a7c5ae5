/** `voices/*`: the caller's stored voices of named people. Voice data never leaves the daemon. */
import { VoicesForget, VoicesKeep, VoicesList } from '../../../protocol/voices';
import { ownerSeen } from '../../base/identity';
import type { RpcDeps } from '../deps';
import type { Registry } from '../registry';

export function voiceHandlers(registry: Registry, { sessions: { voices } }: RpcDeps): void {
  registry
    .on(VoicesKeep, async ({ sessionId, speakerId }, { peer }) => {
      await voices.keep(sessionId, speakerId, ownerSeen(peer.identity));
      return {};
    })
    .on(VoicesList, async (_, { peer }) => ({
      voices: (await voices.people(ownerSeen(peer.identity))).map(
        ({ name, keptMs, sessions, enrolAgain }) => ({
          name,
          keptAt: new Date(keptMs).toISOString(),
          sessions,
          ...(enrolAgain && { enrolAgain }),
        }),
      ),
    }))
    .on(VoicesForget, async ({ name }, { peer }) => ({
      forgotten: await voices.forget(ownerSeen(peer.identity), name),
    }));
}
