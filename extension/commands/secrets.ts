/**
 * What lies in the secret storage: the token of the remote daemon, who signed in to it, the key of
 * what is encrypted here.
 */
import * as vscode from 'vscode';
import type { Handlers, Parts } from '../app';
import { isEarmarkError } from '../../protocol/errors';
import { askRemoteToken, signInToRemote } from '../daemon/remote';
import { UserError } from '../errors';

export function secretCommands({ context, daemon, key, signIn }: Parts): Handlers {
  return {
    setRemoteToken: async () => {
      if (await askRemoteToken(context.secrets)) daemon.existing?.retry();
    },
    signIn: async () => {
      try {
        await signInToRemote(signIn);
      } catch (error) {
        if (isEarmarkError(error, 'rpc.cancelled')) return;
        throw error;
      }
      daemon.existing?.retry();
      void vscode.window.showInformationMessage(
        vscode.l10n.t("You are signed in to the team's server."),
      );
    },
    signOut: async () => {
      const was = await signIn.signOut();
      void vscode.window.showInformationMessage(
        was
          ? vscode.l10n.t(
              'You are signed out. What is connected ends when its window is reloaded, or when the token ends.',
            )
          : vscode.l10n.t('Nobody was signed in.'),
      );
    },
    encryptionKey: async () => {
      const copy = {
        label: vscode.l10n.t('Copy the Key'),
        detail: vscode.l10n.t(
          'Keep it where you keep passwords: without it nobody opens what is encrypted. The command line takes it as EARMARK_KEY.',
        ),
      };
      const change = {
        label: vscode.l10n.t('Change the Key'),
        detail: vscode.l10n.t('From then on only the new one opens what is encrypted.'),
      };
      const known = await key.get();
      if (known === undefined)
        throw new UserError(
          vscode.l10n.t('There is no key yet; turn on "earmark.privacy.encrypt" first.'),
        );
      const picked = await vscode.window.showQuickPick([copy, change]);
      if (picked === copy) await vscode.env.clipboard.writeText(known);
      if (picked === change) await key.change(await daemon.ready());
    },
  };
}
