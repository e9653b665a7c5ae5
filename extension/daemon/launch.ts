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
  /** Settings that the daemon takes from its environment; what is not set is absent. */
  readonly settings?: Readonly<Record<string, string>>;
}

export function daemonCommand({ extensionPath, execPath, electron, nodePath, settings = {} }: Host): DaemonCommand {
  const args = [join(extensionPath, 'dist', 'daemon.js')];
  const env = { ...settings, ...(nodePath === '' && electron !== undefined ? { ELECTRON_RUN_AS_NODE: '1' } : {}) };
  return { command: nodePath === '' ? execPath : nodePath, args, ...(Object.keys(env).length === 0 ? {} : { env }) };
}

/** Settings of models and engines as environment variables (see the daemon's modelSettings.ts, processProviders.ts and configuredModel.ts). */
export function daemonEnvironment(set: { readonly offline: boolean; readonly mirror: string; readonly proxy: string; readonly maxGigabytes: number; readonly maxUnusedDays: number; readonly voxtral: string; readonly endpoint: string; readonly endpointModel: string; readonly llm: { readonly endpoint: string; readonly model: string; readonly concurrency: number; readonly timeoutSeconds: number } }): Record<string, string> {
  const all: Record<string, string> = {
    EARMARK_MODELS_OFFLINE: set.offline ? '1' : '',
    EARMARK_MODELS_MIRROR: set.mirror,
    EARMARK_MODELS_PROXY: set.proxy,
    EARMARK_MODELS_MAX_GB: set.maxGigabytes > 0 ? String(set.maxGigabytes) : '',
    EARMARK_MODELS_MAX_DAYS: set.maxUnusedDays > 0 ? String(set.maxUnusedDays) : '',
    EARMARK_VOXTRAL_PROGRAM: set.voxtral,
    EARMARK_OPENAI_ENDPOINT: set.endpoint,
    EARMARK_OPENAI_MODEL: set.endpointModel,
    ...(set.llm.endpoint === '' ? {} : { EARMARK_LLM_ENDPOINT: set.llm.endpoint, EARMARK_LLM_MODEL: set.llm.model, EARMARK_LLM_CONCURRENCY: String(set.llm.concurrency), EARMARK_LLM_TIMEOUT_S: String(set.llm.timeoutSeconds) }),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
}
