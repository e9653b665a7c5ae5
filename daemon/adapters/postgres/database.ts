/** Connections to a team's database, and transactions that belong to one organisation. */
import { DatabaseError, Pool, types, type PoolClient } from 'pg';
import { EarmarkError, isEarmarkError } from '../../../protocol/errors';
import { Limited } from '../../base/limited';
import { postgresError } from './postgresErrors';

export interface DatabaseOptions {
  /** URL of a role in `earmark_gateway` or `earmark_admin` that owns nothing. */
  readonly url: string;
  /** Number of connections; further transactions wait. */
  readonly connections?: number;
}

/** Runs one statement. */
export type Query = <R extends object = Record<string, unknown>>(
  sql: string,
  values?: readonly unknown[],
) => Promise<readonly R[]>;

/** Scope of a transaction: `organisation`, or the presented token or user. */
export type Seen = Readonly<
  Partial<Record<'organisation' | 'token' | 'issuer' | 'subject', string>>
>;

const CONNECT_MS = 5_000;
/** The server ends a longer statement; the client gives up a little later. */
const STATEMENT_MS = 10_000;
const ANSWER_MS = 12_000;
/**
 * Limit between two statements of a transaction: a hung server holds its sessions' rows for this
 * time, and the server that takes them over waits.
 */
const IDLE_IN_TRANSACTION_MS = 4_000;
const IDLE_MS = 60_000;
/** Connections reserved for interactive work; bulk work uses the others. */
const SPARED = 2;
const INT8 = 20;

export class Database {
  private readonly pool: Pool;
  private readonly bulk = new Limited(SPARED);
  private closing: Promise<void> | undefined;

  constructor({ url, connections = 10 }: DatabaseOptions) {
    this.pool = new Pool({
      connectionString: url,
      max: connections,
      connectionTimeoutMillis: CONNECT_MS,
      idleTimeoutMillis: IDLE_MS,
      statement_timeout: STATEMENT_MS,
      query_timeout: ANSWER_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
      keepAlive: true,
      application_name: 'earmark',
      // Milliseconds and frame numbers are far below 2^53.
      types: {
        getTypeParser: ((id: number, format?: 'text') =>
          id === INT8 ? Number : types.getTypeParser(id, format)) as typeof types.getTypeParser,
      },
    });
    // An idle connection that dies is replaced at the next use.
    this.pool.on('error', () => undefined);
  }

  /**
   * One transaction, restricted to the scope `seen`. Its writes are on the server's disk when it
   * resolves.
   * @throws EarmarkError store.unwritable, also if the commit is uncertain
   */
  async transaction<T>(seen: Seen, work: (query: Query) => Promise<T>): Promise<T> {
    if (this.closing)
      throw new EarmarkError(
        'store.unwritable',
        "The team's database is closed; restart the server.",
      );
    let client: PoolClient;
    try {
      client = await this.pool.connect();
    } catch (error) {
      throw postgresError(error);
    }
    let broken: Error | undefined;
    const onError = (error: Error): void => void (broken = error);
    client.on('error', onError);
    try {
      // Simple protocol: one round trip for all of it.
      await client.query(
        `BEGIN;${Object.entries(seen)
          .map(([name, value]) => `SET LOCAL earmark.${name} = ${client.escapeLiteral(value)}`)
          .join(';')}`,
      );
      const result = await work(
        async (sql, values) =>
          (await client.query(sql, values as unknown[] | undefined)).rows as never,
      );
      await client.query('COMMIT');
      return result;
    } catch (error) {
      // After any error that is not the server's answer, the state of the connection is unknown.
      if (!isAnswer(error)) broken ??= error as Error;
      else await client.query('ROLLBACK').catch((after: Error) => void (broken ??= after));
      throw postgresError(error);
    } finally {
      client.off('error', onError);
      client.release(broken);
    }
  }

  /** Runs large transactions, two at a time. */
  sparing<T>(work: () => Promise<T>): Promise<T> {
    return this.bulk.run(work);
  }

  /**
   * Refuses a role that bypasses row-level security.
   * @throws EarmarkError store.unwritable
   */
  async assertUnprivileged(): Promise<void> {
    const [role] = await this.transaction({}, (query) =>
      query<{ above: boolean; owns: boolean }>(
        `SELECT rolsuper OR rolbypassrls AS above, EXISTS (SELECT FROM pg_namespace n
          WHERE nspname = 'earmark' AND pg_has_role(r.oid, nspowner, 'MEMBER')) AS owns
          FROM pg_roles r WHERE rolname = current_user`,
      ),
    );
    if (!role || role.above || role.owns)
      throw new EarmarkError(
        'store.unwritable',
        'The database role bypasses row-level security or owns the tables. Give the ' +
          'server its own role in earmark_gateway.',
      );
  }

  close(): Promise<void> {
    return (this.closing ??= this.pool.end());
  }
}

function isAnswer(error: unknown): boolean {
  return isEarmarkError(error) || error instanceof DatabaseError;
}
