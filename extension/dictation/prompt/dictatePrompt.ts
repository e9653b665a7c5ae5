/**
 * Dictation to the chat, to coding agents and to terminals. A bundle of its own, loaded by the
 * first such dictation.
 */
import * as vscode from 'vscode';
import type { LastDictation } from '../dictation';
import type { Surface } from '../surfaces/surface';
import { TerminalSurface } from '../surfaces/terminalSurface';
import { ChatSurface } from './chatSurface';
import type { PromptParts } from './promptParts';
import { TerminalAgents } from './terminals';

/**
 * `chat`, `chatText`: the focus was in the chat's input, without or with text. `terminal`: in a
 * terminal. `agent`: any terminal with an agent.
 */
export type PromptPlace = 'chat' | 'chatText' | 'terminal' | 'agent';

export class PromptTargets implements vscode.Disposable {
  private readonly agents = new TerminalAgents();

  constructor(private readonly parts: PromptParts) {}

  at(place: PromptPlace): Surface {
    return place === 'chat' || place === 'chatText'
      ? new ChatSurface(this.parts, place === 'chatText')
      : new TerminalSurface(this.parts, this.agents, place === 'agent');
  }

  /** Asks where prompts go. @returns undefined if the user does not answer */
  async choose(): Promise<'chat' | 'agent' | undefined> {
    const running = [...new Set((await this.agents.all()).values())].join(', ');
    const answer = await vscode.window.showQuickPick(
      [
        { label: vscode.l10n.t('Chat'), place: 'chat' as const },
        {
          label: vscode.l10n.t('Agent in a Terminal'),
          description: running,
          place: 'agent' as const,
        },
      ],
      {
        title: vscode.l10n.t('Dictate Prompt'),
        placeHolder: vscode.l10n.t('Where do prompts go?'),
      },
    );
    return answer?.place;
  }

  dispose(): void {
    this.agents.dispose();
  }
}

/** Shows the recognised words of the last dictation. Choosing a line copies it. */
export async function showRecognised(last: LastDictation | undefined): Promise<void> {
  if (last === undefined) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('Nothing was dictated in this window yet.'),
    );
    return;
  }
  const { raw, text, spelled, doubted, untidied } = last;
  const answer = await vscode.window.showQuickPick(
    [
      { label: raw, description: vscode.l10n.t('Recognised'), copied: raw },
      { label: text, description: vscode.l10n.t('Written'), copied: text },
      ...(untidied === undefined
        ? []
        : [{ label: untidied, description: vscode.l10n.t('Before tidy-up'), copied: untidied }]),
      ...spelled.map(({ recognised, written }) => ({
        label: `$(replace) ${written}`,
        description: vscode.l10n.t('Replaced “{0}”', recognised),
        copied: written,
      })),
      ...doubted.map((word) => ({
        label: `$(question) ${word}`,
        description: vscode.l10n.t('Unsure'),
        copied: word,
      })),
    ],
    {
      title: vscode.l10n.t('Recognised Words'),
      placeHolder: vscode.l10n.t('Choose a line to copy it'),
    },
  );
  if (answer !== undefined) await vscode.env.clipboard.writeText(answer.copied);
}
