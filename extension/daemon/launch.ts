/** How to start the bundled daemon: with the editor's own Node, so that nothing has to be installed. */
import { join } from 'node:path';
import type { DaemonCommand } from '../../client/api';

export interface Host {
  /** Folder of the extension. */
  readonly extensionPath: string;
  /** The program this extension host runs under. */
  readonly execPath: string;
  /** `process.versions.electron`; undefined in a server's extension host, which is a plain Node. */
  readonly electron: string | undefined;
  /** `earmark.daemon.nodePath`; empty for the editor's own. */
  readonly nodePath: string;
  /** `earmark.models.*`, as the daemon takes them; what is not set is absent. */
  readonly models?: Readonly<Record<string, string>>;
}

export function daemonCommand({ extensionPath, execPath, electron, nodePath, models = {} }: Host): DaemonCommand {
  const args = [join(extensionPath, 'dist', 'daemon.js')];
  const env = { ...models, ...(nodePath === '' && electron !== undefined ? { ELECTRON_RUN_AS_NODE: '1' } : {}) };
  return { command: nodePath === '' ? execPath : nodePath, args, ...(Object.keys(env).length === 0 ? {} : { env }) };
}

/** The settings of models as environment variables (see daemon/adapters/download/modelSettings.ts). */
export function modelEnvironment(set: { readonly offline: boolean; readonly mirror: string; readonly proxy: string; readonly maxGigabytes: number; readonly maxUnusedDays: number }): Record<string, string> {
  const all: Record<string, string> = {
    EARMARK_MODELS_OFFLINE: set.offline ? '1' : '',
    EARMARK_MODELS_MIRROR: set.mirror,
    EARMARK_MODELS_PROXY: set.proxy,
    EARMARK_MODELS_MAX_GB: set.maxGigabytes > 0 ? String(set.maxGigabytes) : '',
    EARMARK_MODELS_MAX_DAYS: set.maxUnusedDays > 0 ? String(set.maxUnusedDays) : '',
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
}
