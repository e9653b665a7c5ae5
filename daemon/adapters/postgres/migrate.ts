/**
 * Migrates a team's database to the schema of this version: plain SQL in `migrations/`, each file
 * once, all in one transaction.
 */
import { join } from 'node:path';
import { Client } from 'pg';
import { postgresError } from './postgresErrors';

/**
 * An advisory lock serialises servers that start at once.
 * @param url of a role that may create roles and schemas; servers use another role
 * @returns names of the migrations applied now
 * @throws EarmarkError store.unwritable
 */
export async function migrate(url: string): Promise<readonly string[]> {
  const { runner } = await import('node-pg-migrate');
  const client = new Client({
    connectionString: url,
    application_name: 'earmark migrate',
    connectionTimeoutMillis: 10_000,
  });
  try {
    await client.connect();
    const done = await runner({
      dbClient: client,
      dir: join(__dirname, 'migrations'),
      direction: 'up',
      // Outside the created schema, which PUBLIC may not use.
      migrationsSchema: 'public',
      migrationsTable: 'earmark_migrations',
      advisoryLockMode: 'wait',
      migrationLoaderStrategies: [{ extensions: ['.sql'], loader: 'sql' }],
      logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
    });
    return done.map(({ name }) => name);
  } catch (error) {
    throw postgresError(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}
