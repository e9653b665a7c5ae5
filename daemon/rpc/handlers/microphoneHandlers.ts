/**
 * `capture/watch`: reports the other programs that use the microphone to local clients. A program
 * that opened it is offered to one client only, the last that asked.
 */
import { CapturePrograms, CaptureWatch } from '../../../protocol/capture';
import { EarmarkError } from '../../../protocol/errors';
import type { MicrophoneProgram, MicrophoneWatcher } from '../../audio/microphonePrograms';
import { type Disposable, toDisposable } from '../../base/disposable';
import type { ClientContext } from '../clientContext';
import type { Registry } from '../registry';

/** Programs at once; the protocol's limit. */
const PROGRAMS_MAX = 100;

export function microphoneHandlers(
  registry: Registry,
  { microphone }: { readonly microphone?: MicrophoneWatcher | undefined },
): void {
  /** In order of their calls. */
  const clients = new Set<ClientContext>();
  let programs: readonly MicrophoneProgram[] = [];
  const offered = new Set<string>();
  let watching: Disposable | undefined;

  const report = (to: Iterable<ClientContext>): void => {
    const last = [...clients].at(-1);
    for (const client of to)
      client.notify(CapturePrograms, {
        programs: programs
          .slice(0, PROGRAMS_MAX)
          .map(({ id, name }) => ({ id, name, opened: client === last && !offered.has(id) })),
      });
    for (const { id } of programs) offered.add(id);
  };
  const take = (now: readonly MicrophoneProgram[]): void => {
    programs = now;
    for (const id of offered) if (!now.some((one) => one.id === id)) offered.delete(id);
    report([...clients]);
  };
  const leave = (client: ClientContext): void => {
    if (!clients.delete(client) || clients.size > 0) return;
    watching?.dispose();
    watching = undefined;
    programs = [];
    offered.clear();
  };
  registry.on(CaptureWatch, ({ on }, client) => {
    if (client.peer.identity.kind !== 'local')
      throw new EarmarkError(
        'rpc.forbidden',
        'A remote daemon does not see your microphone; ask the daemon on your own machine.',
      );
    if (!on) {
      leave(client);
      return {};
    }
    const again = clients.delete(client);
    clients.add(client);
    if (!again) client.disposables.add(toDisposable(() => leave(client)));
    if (watching === undefined) watching = microphone?.watch(take);
    else if (!again) report([client]);
    return {};
  });
}
