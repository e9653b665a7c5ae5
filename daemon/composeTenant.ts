/** Builds what each organisation of a team's server has for itself. */
import { join } from 'node:path';
import { EarmarkError } from '../protocol/errors';
import { FileSpools } from './adapters/store/spool/fileSpools';
import { type Telemetry } from './adapters/telemetry/telemetry';
import type { ManagedEngines } from './asr/contract/enginesApi';
import type { Clock } from './base/clock';
import { DisposableStore } from './base/disposable';
import type { Logger } from './base/logger';
import type { RpcDeps } from './rpc/deps';
import { RpcServer } from './rpc/server';
import { sharedView } from './rpc/sharedView';
import type { SessionManager, SessionManagerDeps } from './session/contract/deps';
import type { SessionStore } from './session/contract/store';
import type { SpeechEngines } from './asr/contract/engine';
import type { SpoolFactory } from './audio/spool';
import { BufferedSpools } from './speech/bufferedSpool';
import { bufferedStore } from './session/events/bufferedStore';
import type { FencedStore } from './team/ownership';
import type { Ownership } from './session/contract/ownership';
import type { TeamHome, Tenant } from './team/tenants';

export type ShareTenant = (kept: {
  readonly organisation: string;
  readonly store: FencedStore;
  readonly spools: SpoolFactory;
  readonly clock: Clock;
  readonly logger: Logger;
}) => {
  readonly store: SessionStore;
  readonly spools: SpoolFactory;
  readonly ownership: Ownership;
};

/** @param whose goes before a user's name where several organisations share limits */
export type ManagerOf = (
  kept: Pick<
    SessionManagerDeps,
    'store' | 'spools' | 'engines' | 'voiceStore' | 'meanings' | 'ownership'
  >,
  organisation: string,
) => SessionManager;

interface TenantSetup {
  readonly home: string;
  readonly team: TeamHome;
  readonly shareTenant: ShareTenant | undefined;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly engines: ManagedEngines;
  readonly deps: RpcDeps;
  readonly managerOf: ManagerOf;
  readonly needed: () => void;
}

/** One organisation of a team's server: sessions and handlers of its own over shared engines. */
export function tenantOf(
  organisation: string,
  {
    home,
    team,
    shareTenant,
    telemetry,
    clock,
    logger,
    engines,
    deps,
    managerOf,
    needed,
  }: TenantSetup,
): Tenant & { readonly manager: SessionManager } {
  const own = new DisposableStore();
  const files = new FileSpools({
    folder: join(home, 'organisations', organisation),
    clock,
    logger: logger.child('spool'),
  });
  const database = team.store(organisation);
  const {
    store,
    spools: kept,
    ownership,
  } = shareTenant?.({
    organisation,
    store: database,
    spools: files,
    clock,
    logger: logger.child('team'),
  }) ?? { store: database, spools: files, ownership: undefined };
  const spools = new BufferedSpools({ spools: kept, clock, logger: logger.child('spool') });
  // Who decodes shares its time out between organisations, not between their people.
  const shared: SpeechEngines = {
    open: (request) => engines.open({ ...request, owner: organisation }),
  };
  const manager = own.add(
    managerOf(
      {
        store: bufferedStore(telemetry.watchStore(store)),
        spools,
        engines: shared,
        ...(ownership && { ownership }),
      },
      organisation,
    ),
  );
  const rpc = own.add(
    new RpcServer(sharedView(deps, { sessions: manager, tokens: team.tokens(organisation) })),
  );
  own.add(rpc.onDidChangeClients(needed));
  manager.recover().then(
    (recovered) =>
      recovered.length > 0 && logger.info('sessions.recovered', { count: recovered.length }),
    (error: unknown) =>
      logger.error('sessions.recoverFailed', {
        error: error instanceof EarmarkError ? error.code : 'unexpected',
      }),
  );
  return {
    manager,
    sessions: manager,
    accept: rpc.accept,
    get clientCount() {
      return rpc.clientCount;
    },
    goodbye: (reason) => rpc.goodbye(reason),
    dispose: () => {
      own.dispose();
      void database.close();
    },
  };
}
