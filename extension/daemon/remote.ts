/** The remote profile: address and fingerprint from user settings, which no workspace can set; the token from the editor's secret storage. */
import * as vscode from 'vscode';
import type { RemoteProfile } from '../../client';
import { settings } from '../settings/settings';

const TOKEN_KEY = 'earmark.remote.token';

/** Undefined where the daemon of this machine is used. */
export function remoteProfile(secrets: vscode.SecretStorage): RemoteProfile | undefined {
  const [url, fingerprint] = [settings.remoteUrl(), settings.remoteFingerprint()];
  if (url === '') return undefined;
  return { url, token: async () => await secrets.get(TOKEN_KEY), ...(fingerprint === '' ? {} : { fingerprint }) };
}

/** Asks for the token; an empty one forgets it. @returns false where the user went away */
export async function askRemoteToken(secrets: vscode.SecretStorage): Promise<boolean> {
  const token = await vscode.window.showInputBox({
    title: vscode.l10n.t('Token of the Remote Daemon'),
    prompt: vscode.l10n.t('What "earmark tokens create" printed on that machine. Leave it empty to forget the token.'),
    password: true,
    ignoreFocusOut: true,
  });
  if (token === undefined) return false;
  if (token.trim() === '') await secrets.delete(TOKEN_KEY);
  else await secrets.store(TOKEN_KEY, token.trim());
  return true;
}
