/** Sets the token of the remote daemon. */
import type { Handlers, Parts } from '../app';
import { askRemoteToken } from '../daemon/remote';

export function remoteCommands({ context, daemon }: Parts): Handlers {
  return {
    setRemoteToken: async () => {
      if (await askRemoteToken(context.secrets)) daemon.existing?.retry();
    },
  };
}
