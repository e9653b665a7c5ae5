/**
 * Tells the user at once that the daemon cannot write to its disk, and gives up if that lasts. The
 * session itself waits for hours; a command of the terminal should not.
 */
import type { Connection } from '../../client';
import { EarmarkError } from '../../protocol/errors';
import { DaemonAlert, DaemonHealth } from '../../protocol/health';
import type { Disposable } from '../base/disposable';

/** Time for the user to free some space. */
const GIVE_UP_MS = 30_000;

/**
 * @param warn receives a sentence for the user
 * @param fail called when the disk refused writes for too long
 */
export function watchDisk(
  connection: Connection,
  warn: (sentence: string) => void,
  fail: (error: EarmarkError) => void,
  giveUpMs = GIVE_UP_MS,
): Disposable {
  let timer: NodeJS.Timeout | undefined;
  const clear = (): void => {
    clearTimeout(timer);
    timer = undefined;
  };
  const raised = (message: string): void => {
    if (timer) return;
    warn(message);
    timer = setTimeout(
      () =>
        fail(
          new EarmarkError(
            'store.unwritable',
            `Earmark could not write to its disk for ${Math.round(giveUpMs / 1000)} s. Free some ` +
              'space, then transcribe again.',
          ),
        ),
      giveUpMs,
    );
  };
  const listening = connection.onNotification(DaemonAlert, ({ id, op, message }) => {
    if (id !== 'store.memory') return;
    if (op === 'raised') raised(message);
    else clear();
  });
  // An alert from before this command.
  connection
    .request(DaemonHealth, {})
    .then(({ alerts }) => {
      const found = alerts?.find(({ id }) => id === 'store.memory');
      if (found) raised(found.message);
    })
    .catch(() => undefined);
  return {
    dispose: () => {
      clear();
      listening.dispose();
    },
  };
}
