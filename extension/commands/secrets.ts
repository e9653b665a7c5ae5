/** Commands for the secret storage: the remote daemon's token, the sign-in, the encryption key. */
import * as vscode from 'vscode';
import type { Handlers, Parts } from '../parts';
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
      void vscode.window.showInformationMessage(vscode.l10n.t('Signed in to the team server.'));
    },
    signOut: async () => {
      const was = await signIn.signOut();
      void vscode.window.showInformationMessage(
        was
          ? vscode.l10n.t(
              'Signed out. Open connections end when you reload the window or the token expires.',
            )
          : vscode.l10n.t('You are not signed in.'),
      );
    },
    encryptionKey: async () => {
      const copy = {
        label: vscode.l10n.t('Copy Key'),
        detail: vscode.l10n.t(
          'Without this key, encrypted data is lost. The command line reads it from EARMARK_KEY.',
        ),
      };
      const change = {
        label: vscode.l10n.t('Change Key'),
        detail: vscode.l10n.t('Only the new key opens the encrypted data afterwards.'),
      };
      const known = await key.get();
      if (known === undefined)
        throw new UserError(
          vscode.l10n.t('No encryption key yet. Turn on "earmark.privacy.encrypt" first.'),
        );
      const picked = await vscode.window.showQuickPick([copy, change]);
      if (picked === copy) await vscode.env.clipboard.writeText(known);
      if (picked === change) await key.change(await daemon.ready());
    },
  };
}
