/** The agent server of this window, from its settings; undefined if the user turned it off. */
import type * as vscode from 'vscode';
import { remoteProfile } from '../daemon/remote';
import { SignIn } from '../daemon/signIn';
import { windowHost } from '../daemon/windowHost';
import { settings } from '../settings/settings';
import { agentServer, type AgentServer } from './agentServer';

export async function windowServer(
  context: vscode.ExtensionContext,
): Promise<AgentServer | undefined> {
  if (!settings.agentsEnabled()) return undefined;
  const profile = remoteProfile(context.secrets, new SignIn(context.secrets));
  const token = typeof profile?.token === 'function' ? await profile.token() : profile?.token;
  return agentServer(windowHost(context), {
    allowChanges: settings.agentsMayChange(),
    ...(profile && { remote: { ...profile, token: token ?? '' } }),
  });
}
