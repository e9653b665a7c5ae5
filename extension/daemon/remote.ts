/**
 * Remote daemon: address and fingerprint from user settings, which no workspace can set; token or
 * sign-in from the editor's secret storage.
 */
import * as vscode from 'vscode';
import type { RemoteProfile } from '../../client';
import type { SignInProvider } from '../../client/remote/signIn';
import { UserError } from '../errors';
import { settings } from '../settings/settings';
import type { SignIn } from './signIn';

const TOKEN_KEY = 'earmark.remote.token';

/** Undefined if the local daemon is used. */
export function remoteProfile(
  secrets: vscode.SecretStorage,
  signIn: SignIn,
): RemoteProfile | undefined {
  const [url, fingerprint] = [settings.remoteUrl(), settings.remoteFingerprint()];
  if (url === '') return undefined;
  return {
    url,
    token: async () => (await signedInToken(signIn)) ?? (await secrets.get(TOKEN_KEY)),
    ...(fingerprint === '' ? {} : { fingerprint }),
  };
}

async function signedInToken(signIn: SignIn): Promise<string | undefined> {
  const provider = providerOfSettings();
  return provider && (await signIn.token(provider));
}

function providerOfSettings(): SignInProvider | undefined {
  const [issuer, clientId] = [settings.remoteIssuer(), settings.remoteClientId()];
  return issuer === '' || clientId === '' ? undefined : { issuer, clientId };
}

/**
 * Signs in with the provider from the settings. The user can cancel.
 * @throws UserError, EarmarkError
 */
export async function signInToRemote(signIn: SignIn): Promise<void> {
  const provider = providerOfSettings();
  if (!provider || settings.remoteUrl() === '')
    throw new UserError(
      vscode.l10n.t(
        'Set "url", "issuer" and "clientId" of "earmark.remote" first. Ask your server administrator.',
      ),
    );
  await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      cancellable: true,
      title: vscode.l10n.t('Complete the sign-in in your browser.'),
    },
    async (_progress, cancelled) => {
      const abort = new AbortController();
      const listening = cancelled.onCancellationRequested(() => abort.abort());
      try {
        await signIn.signIn(
          provider,
          (page) => void vscode.env.openExternal(vscode.Uri.parse(page, true)),
          abort.signal,
        );
      } finally {
        listening.dispose();
      }
    },
  );
}

/**
 * Asks for the token. An empty token removes the stored one.
 * @returns false if the user cancelled
 */
export async function askRemoteToken(secrets: vscode.SecretStorage): Promise<boolean> {
  const token = await vscode.window.showInputBox({
    title: vscode.l10n.t('Remote Daemon Token'),
    prompt: vscode.l10n.t(
      'Enter the token that "earmark tokens create" printed. Leave empty to remove the stored token.',
    ),
    password: true,
    ignoreFocusOut: true,
  });
  if (token === undefined) return false;
  if (token.trim() === '') await secrets.delete(TOKEN_KEY);
  else await secrets.store(TOKEN_KEY, token.trim());
  return true;
}
