/** Dictation commands: toggle, hold to talk, cancel, and one command for each kind of target. */
import * as vscode from 'vscode';
import type { Handlers, Parts } from '../app';
import { isEarmarkError } from '../../protocol/errors';
import { isHeld, press, released, type HoldState, type HoldStep } from '../dictation/holdToTalk';
import { EditorSurface } from '../dictation/surfaces/editorSurface';
import type { Surface } from '../dictation/surfaces/surface';
import { TerminalSurface } from '../dictation/surfaces/terminalSurface';
import { showError } from '../errors';
import { offerModel } from './models';

export function dictationCommands(parts: Parts): Handlers {
  const { dictation, log } = parts;
  let hold: HoldState = { kind: 'idle' };
  let timer: NodeJS.Timeout | undefined;

  /** Without a held key, each phrase is inserted when it ends. */
  const byPhrase = (): boolean => !isHeld(hold, Date.now());
  const start = async (place: () => Surface): Promise<void> => {
    try {
      await dictation.start(place, byPhrase);
    } catch (error) {
      if (!isEarmarkError(error, 'model.missing') || !(await offerModel(parts))) throw error;
      await dictation.start(place, byPhrase);
    }
  };
  const perform = async (
    { state, action, releaseAt }: HoldStep,
    place: () => Surface,
  ): Promise<void> => {
    hold = state;
    clearTimeout(timer);
    if (releaseAt !== undefined) {
      timer = setTimeout(
        () =>
          void perform(released(hold, Date.now(), releaseAt), place).catch((error: unknown) =>
            showError(error, log),
          ),
        Math.max(0, releaseAt - Date.now()),
      );
    }
    if (action === 'start') await start(place);
    else if (action === 'insert') await dictation.insertSoFar();
    else if (action === 'end') await dictation.end();
    else if (action === 'stop') await dictation.stop();
  };
  const held = (place: () => Surface): Promise<void> =>
    perform(press(hold, Date.now(), dictation.state.kind !== 'idle'), place);
  return {
    holdToTalk: () => held(() => EditorSurface.active()),
    dictateToTerminal: () => held(() => TerminalSurface.active()),
    dictateCommitMessage: (control: unknown) =>
      held(() => EditorSurface.commitBox(rootOf(control))),
    toggleDictation: async () => {
      hold = { kind: 'idle' };
      await (dictation.state.kind === 'idle'
        ? start(() => EditorSurface.active())
        : dictation.stop());
    },
    cancelDictation: async () => {
      hold = { kind: 'idle' };
      clearTimeout(timer);
      await dictation.cancel();
    },
  };
}

/** The repository whose Source Control menu ran the command. */
function rootOf(control: unknown): vscode.Uri | undefined {
  const root =
    typeof control === 'object' && control !== null && 'rootUri' in control
      ? control.rootUri
      : undefined;
  return root instanceof vscode.Uri ? root : undefined;
}
