/**
 * View of an organisation on a shared server: its own sessions, people and settings. Load, memory,
 * alerts and errors would reveal the activity of others, so only the server administrator sees
 * them.
 */
import type { EngineHealth } from '../asr/contract/enginesApi';
import { toDisposable } from '../base/disposable';
import { EarmarkError } from '../../protocol/errors';
import type { RpcDeps } from './deps';

type Own = Pick<RpcDeps, 'sessions' | 'tokens'>;

const QUIET = {
  waiting: 0,
  finals: 'full',
  waitP50Ms: 0,
  waitP95Ms: 0,
  waitMaxMs: 0,
  load: 0,
  droppedSpeculations: 0,
  droppedPartials: 0,
} as const;

export function sharedView(
  { uploads: _ofThisMachine, noteModels: _ofTheServer, ...server }: RpcDeps,
  own: Own,
): RpcDeps {
  const { engines, control, observed } = server;
  return {
    ...server,
    ...own,
    vault: {
      locked: false,
      encrypted: false,
      unlock: () => Promise.reject(notHere()),
      rotate: () => {
        throw notHere();
      },
      usage: () => ({ folder: '', databaseBytes: 0, audioBytes: 0, logBytes: 0 }),
    },
    // Settings, keys and metrics of one organisation's language model stay hidden from others.
    languageModel: () => undefined,
    engines: {
      get main() {
        return bare(engines.main);
      },
      get machine() {
        return engines.machine;
      },
      list: () => [bare(engines.main)],
      workers: () => [],
      retry: (request) => engines.retry(request),
      calibrate: () => engines.calibrate(),
      swap: (id) => engines.swap(id),
      refresh: () => engines.refresh(),
    },
    control: {
      version: control.version,
      pid: control.pid,
      get draining() {
        return control.draining;
      },
      uptimeMs: () => 0,
      rssBytes: () => 0,
      problems: () => Promise.resolve([]),
      drain: (withinMs) => control.drain(withinMs),
      shutdown: () => control.shutdown(),
    },
    observed: {
      ...observed,
      condition: () => ({
        ready: observed.condition().ready,
        parts: [],
        alerts: [],
        metrics: {},
        lastErrors: [],
      }),
      onDidAlert: () => toDisposable(() => undefined),
    },
  };
}

function notHere(): EarmarkError {
  return new EarmarkError(
    'rpc.forbidden',
    'Only the server administrator can set the encryption key; ask your ' + 'administrator.',
  );
}

/** Shows whether the engine is usable, without amounts. */
function bare({ provider, model, device, state }: EngineHealth): EngineHealth {
  return {
    provider,
    model,
    device,
    state,
    rtf: { mean: 0, p95: 0, p99: 0, decodes: 0 },
    queuedMs: 0,
    queue: QUIET,
    rssBytes: 0,
    errors: [],
    sessions: 0,
    degradationLevel: 'NORMAL',
    proven: false,
  };
}
