/**
 * Command line of the bundled daemon. It runs on the editor's own Node, so nothing has to be
 * installed.
 */
import { join } from 'node:path';
import type { DaemonCommand } from '../../client/api';

export interface Host {
  /** Folder of the extension. */
  readonly extensionPath: string;
  /** Executable of this extension host. */
  readonly execPath: string;
  /** `process.versions.electron`; undefined in a server's extension host, which is a plain Node. */
  readonly electron: string | undefined;
  /** `earmark.daemon.nodePath`; empty for the editor's own Node. */
  readonly nodePath: string;
}

export function daemonCommand({
  extensionPath,
  execPath,
  electron,
  nodePath,
}: Host): DaemonCommand {
  const args = [join(extensionPath, 'dist', 'daemon.js')];
  return {
    command: nodePath === '' ? execPath : nodePath,
    args,
    ...(nodePath === '' && electron !== undefined ? { env: { ELECTRON_RUN_AS_NODE: '1' } } : {}),
  };
}
