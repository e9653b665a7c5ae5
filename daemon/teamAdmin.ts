/**
 * What manages the people of a team: opens its database as an administrator. A bundle of its own,
 * which only the commands that need it load.
 */
import { Database } from './adapters/postgres/database';
import { migrate } from './adapters/postgres/migrate';
import { People } from './adapters/postgres/people';
import { PostgresTokens } from './adapters/postgres/postgresTokens';
import { systemClock } from './base/clock';
import type { Tokens } from './base/identity';

export interface TeamAdmin {
  readonly people: People;
  /** Who asks, for the record. */
  readonly by: string;
  /** @throws EarmarkError organisation.notFound */
  tokens(organisation: string): Promise<Tokens>;
}

/**
 * @param url of a role in `earmark_admin`
 * @param by who asks, for the record
 */
export async function withTeam<T>(
  url: string,
  by: string,
  work: (team: TeamAdmin) => Promise<T>,
): Promise<T> {
  const database = new Database({ url, connections: 1 });
  const wall = (): number => systemClock.wall();
  const people = new People(database, wall, by);
  try {
    return await work({
      people,
      by,
      tokens: async (organisation) => {
        await people.require(organisation);
        return new PostgresTokens(database, organisation, wall);
      },
    });
  } finally {
    await database.close();
  }
}

export { migrate };
