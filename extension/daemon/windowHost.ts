/** Node executable and extension folder of this window. */
import type * as vscode from 'vscode';
import { settings } from '../settings/settings';
import type { Host } from './launch';

export function windowHost({
  extensionPath,
}: Pick<vscode.ExtensionContext, 'extensionPath'>): Host {
  return {
    extensionPath,
    execPath: process.execPath,
    electron: process.versions['electron'],
    nodePath: settings.nodePath(),
  };
}
