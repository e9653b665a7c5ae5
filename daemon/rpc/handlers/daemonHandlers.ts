/**
 * `daemon/hello`, `daemon/health`, `daemon/profile`, `daemon/drain`, `daemon/shutdown`,
 * `engine/retry`, `engine/calibrate`.
 */
import { EarmarkError } from '../../../protocol/errors';
import { EngineCalibrate, EngineRetry } from '../../../protocol/engine';
import {
  DaemonDrain,
  DaemonHealth,
  type DaemonHealthResult,
  DaemonHello,
  DaemonProfile,
  DaemonShutdown,
} from '../../../protocol/health';
import { negotiate, PROTOCOL_VERSION } from '../../../protocol/version';
import { ownerSeen } from '../../base/identity';
import { defined } from '../../base/defined';
import { toCondition, toEngine, toMachine } from '../convert';
import type { RpcDeps } from '../deps';
import type { Registry } from '../registry';

const DRAIN_DEFAULT_MS = 10_000;
const SESSIONS_SHOWN = 100;

export function daemonHandlers(registry: Registry, deps: RpcDeps, clients: () => number): void {
  const { control, engines } = deps;
  const protocol = { ...PROTOCOL_VERSION };
  registry
    .on(DaemonHello, (params, client) => {
      if (client.state.kind !== 'new')
        throw new EarmarkError(
          'rpc.invalidRequest',
          'This connection has already sent daemon/hello.',
        );
      const negotiation = negotiate(params.protocol, PROTOCOL_VERSION);
      if (negotiation === 'updateClient') {
        throw new EarmarkError(
          'rpc.versionMismatch',
          `This client uses protocol ${params.protocol.major}, the daemon ${protocol.major}; ` +
            'update the Earmark extension or command line.',
          {
            details: { clientMajor: params.protocol.major, daemonMajor: protocol.major },
          },
        );
      }
      const greeting = {
        name: params.client,
        version: params.clientVersion,
        window: params.window ?? false,
      };
      client.setState({ kind: negotiation === 'ok' ? 'greeted' : 'newer', greeting });
      return { protocol, version: control.version, pid: control.pid, negotiation };
    })
    .on(DaemonHealth, (_params, { peer }) => healthOf(deps, clients(), ownerSeen(peer.identity)))
    .on(EngineRetry, async (request) => {
      await engines.retry(request);
      return { engines: engines.list().map(toEngine) };
    })
    .on(EngineCalibrate, async () => {
      await engines.calibrate();
      return { machine: toMachine(engines.machine) };
    })
    .on(DaemonProfile, async ({ ms }) => ({ ...(await deps.observed.profile(ms)) }))
    .on(DaemonDrain, ({ withinMs }) => ({ sessions: control.drain(withinMs ?? DRAIN_DEFAULT_MS) }))
    .on(DaemonShutdown, () => {
      control.shutdown();
      return {};
    });
}

/** @param owner owner of the listed sessions; undefined: all owners */
export async function healthOf(
  deps: RpcDeps,
  clients: number,
  owner?: string,
): Promise<DaemonHealthResult> {
  const { control, sessions, engines, vault, observed, clock } = deps;
  const languageModel = deps.languageModel?.();
  return {
    version: control.version,
    protocol: { ...PROTOCOL_VERSION },
    pid: control.pid,
    uptimeMs: control.uptimeMs(),
    rssBytes: control.rssBytes(),
    clients,
    sessions: vault.locked
      ? []
      : (
          await sessions.list({
            limit: SESSIONS_SHOWN,
            offset: 0,
            active: true,
            ...defined({ owner }),
          })
        ).map(({ record }) => ({ id: record.id, state: record.state })),
    workers: engines.workers().map((w) => ({ ...w })),
    engine: toEngine(engines.main),
    engines: engines.list().map(toEngine),
    queue: engines.main.queue,
    ...(languageModel && { languageModel: { ...languageModel.metrics } }),
    machine: toMachine(engines.machine),
    problems: [...(await control.problems())],
    ...toCondition(observed.condition(), clock),
  };
}
