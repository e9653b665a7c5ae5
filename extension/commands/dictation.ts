/** Dictation commands: toggle, hold to talk, cancel, and one command for each kind of target. */
import * as vscode from 'vscode';
import { z } from 'zod';
import type { Handlers, Parts } from '../parts';
import { isEarmarkError } from '../../protocol/errors';
import { isHeld, press, released, type HoldState, type HoldStep } from '../dictation/holdToTalk';
import { EditorSurface } from '../dictation/surfaces/editorSurface';
import type { PromptTargets } from '../dictation/prompt/dictatePrompt';
import { Refused, type Surface } from '../dictation/surfaces/surface';
import { showError } from '../errors';
import { settings } from '../settings/settings';
import { offerModel } from './models';

/** Argument of the keybinding: where the focus is. */
const Where = z.enum(['chat', 'chatText', 'terminal']);

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
  const prompts = promptPlaces(parts);
  return {
    holdToTalk: () => held(() => EditorSurface.active()),
    dictateToTerminal: async () => {
      const targets = await prompts.targets();
      await held(() => targets.at('terminal'));
    },
    dictatePrompt: async (where: unknown) => {
      const targets = await prompts.targets();
      const at = Where.safeParse(where).data ?? (await prompts.chosen());
      if (at !== undefined) await held(() => targets.at(at));
    },
    showRecognised: async () =>
      (await import('../dictation/prompt/dictatePrompt')).showRecognised(dictation.last),
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

/** Targets of prompts, loaded when they are needed, and the one that the user chose. */
function promptPlaces({ dictation, index, context }: Parts) {
  let loaded: Promise<PromptTargets> | undefined;
  let choosing = false;
  const targets = (): Promise<PromptTargets> =>
    (loaded ??= import('../dictation/prompt/dictatePrompt').then(({ PromptTargets: Targets }) => {
      const made = new Targets({
        index,
        maySend: settings.sendPrompts,
        marksUnsure: settings.markUnsureWords,
        refused: (message, text) => new Refused(message, text),
      });
      context.subscriptions.push(made);
      return made;
    }));
  /** Where prompts go that start elsewhere: chosen once, then kept as a setting. */
  const chosen = async (): Promise<'chat' | 'agent' | undefined> => {
    const kept = settings.promptTarget();
    if (kept !== 'ask') return kept;
    // This press ends a dictation, or repeats while the question is open.
    if (dictation.state.kind !== 'idle') return 'chat';
    if (choosing) return undefined;
    choosing = true;
    const place = await (await targets()).choose().finally(() => (choosing = false));
    if (place !== undefined) await settings.keepPromptTarget(place);
    return place;
  };
  return { targets, chosen };
}

/** The repository whose Source Control menu ran the command. */
function rootOf(control: unknown): vscode.Uri | undefined {
  const root =
    typeof control === 'object' && control !== null && 'rootUri' in control
      ? control.rootUri
      : undefined;
  return root instanceof vscode.Uri ? root : undefined;
}
