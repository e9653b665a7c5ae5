/** Toggle, hold to talk, cancel a dictation. */
import type { Handlers, Parts } from '../app';
import { isEarmarkError } from '../../protocol/errors';
import { press, released, type HoldState, type HoldStep } from '../dictation/holdToTalk';
import { showError } from '../errors';
import { offerModel } from './models';

export function dictationCommands(parts: Parts): Handlers {
  const { dictation, log } = parts;
  let hold: HoldState = { kind: 'idle' };
  let timer: NodeJS.Timeout | undefined;

  const start = async (): Promise<void> => {
    try {
      await dictation.start();
    } catch (error) {
      if (!isEarmarkError(error, 'model.missing') || !(await offerModel(parts))) throw error;
      await dictation.start();
    }
  };
  const perform = async ({ state, action, releaseAt }: HoldStep): Promise<void> => {
    hold = state;
    clearTimeout(timer);
    if (releaseAt !== undefined) {
      timer = setTimeout(() => void perform(released(hold, Date.now(), releaseAt)).catch((error: unknown) => showError(error, log)), Math.max(0, releaseAt - Date.now()));
    }
    if (action === 'start') await start();
    else if (action === 'stop') await dictation.stop();
  };
  return {
    holdToTalk: () => perform(press(hold, Date.now(), dictation.state.kind !== 'idle')),
    toggleDictation: async () => {
      hold = { kind: 'idle' };
      await (dictation.state.kind === 'idle' ? start() : dictation.stop());
    },
    cancelDictation: async () => {
      hold = { kind: 'idle' };
      clearTimeout(timer);
      await dictation.cancel();
    },
  };
}
