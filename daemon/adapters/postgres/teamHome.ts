/** A team's organisations in one PostgreSQL database, for a server. */
import type { TeamHome } from '../../team/tenants';
import { SignInGate, type SignInSetup, trusted } from '../signIn/signInGate';
import { Database, type DatabaseOptions } from './database';
import { PostgresGate } from './postgresGate';
import { PostgresStore } from './postgresStore';
import { PostgresTokens } from './postgresTokens';

export interface TeamHomeOptions extends DatabaseOptions {
  /** Name of this server in its sessions. */
  readonly server: string;
  /** Milliseconds since the epoch. */
  readonly wall: () => number;
  /** Provider for sign-in; without it, users have only tokens. */
  readonly signIn?: Pick<SignInSetup, 'issuer' | 'audience' | 'organisationClaim'>;
}

/**
 * @throws EarmarkError daemon.startFailed; store.unwritable, also for a role without row-level
 * security
 */
export async function openTeamHome({
  server,
  wall,
  signIn,
  ...options
}: TeamHomeOptions): Promise<TeamHome> {
  if (signIn) trusted(signIn.issuer);
  const database = new Database(options);
  try {
    await database.assertUnprivileged();
  } catch (error) {
    await database.close();
    throw error;
  }
  const tokens = new PostgresGate(database, wall);
  return {
    gate: signIn ? new SignInGate({ ...signIn, database, wall }, tokens) : tokens,
    store: (organisation) => new PostgresStore(database, organisation, server),
    tokens: (organisation) => new PostgresTokens(database, organisation, wall),
    reachable: async () => void (await database.transaction({}, (query) => query('SELECT 1'))),
    close: () => database.close(),
  };
}
