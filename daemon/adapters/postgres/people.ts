/**
 * Organisations and their users, for administrators of a team server. Every change records its
 * author and time.
 */
import { EarmarkError } from '../../../protocol/errors';
import type { AccessScope } from '../../base/identity';
import type { Database, Query } from './database';

export interface Organisation {
  readonly id: string;
  readonly name: string;
  readonly createdMs: number;
}

export interface User {
  readonly id: string;
  readonly scopes: readonly AccessScope[];
  readonly createdMs: number;
  readonly createdBy: string;
  readonly disabledMs?: number;
  /** Identity at an OpenID Connect provider. */
  readonly signIn?: { readonly issuer: string; readonly subject: string };
}

interface UserRow {
  readonly id: string;
  readonly scopes: readonly AccessScope[];
  readonly created_ms: number;
  readonly created_by: string;
  readonly disabled_ms: number | null;
  readonly issuer: string | null;
  readonly subject: string | null;
}

const MAX_LISTED = 10_000;
const USER = 'id, scopes, created_ms, created_by, disabled_ms, issuer, subject';

export class People {
  /** @param by author of the changes, for the record */
  constructor(
    private readonly database: Database,
    private readonly wall: () => number,
    private readonly by: string,
  ) {}

  /** @throws EarmarkError organisation.exists */
  async addOrganisation(id: string, name: string): Promise<Organisation> {
    const [row] = await this.database.transaction({}, (query) =>
      query<{ created_ms: number }>(
        `INSERT INTO earmark.organisations (id, name, created_ms, created_by) VALUES ($1, $2, $3, $4)
          ON CONFLICT DO NOTHING RETURNING created_ms`,
        [id, name, this.wall(), this.by],
      ),
    );
    if (!row)
      throw new EarmarkError(
        'organisation.exists',
        `The organisation "${id}" exists already; choose another name.`,
      );
    return { id, name, createdMs: row.created_ms };
  }

  async organisations(): Promise<readonly Organisation[]> {
    return (
      await this.database.transaction({}, (query) =>
        query<{ id: string; name: string; created_ms: number }>(
          `SELECT id, name, created_ms FROM earmark.organisations ORDER BY id LIMIT ${MAX_LISTED}`,
        ),
      )
    ).map(({ id, name, created_ms }) => ({ id, name, createdMs: created_ms }));
  }

  /**
   * Removes it with its users, tokens, sessions and transcripts.
   * @throws EarmarkError organisation.notFound
   */
  async removeOrganisation(id: string): Promise<void> {
    const [row] = await this.in(id, (query) =>
      query('DELETE FROM earmark.organisations WHERE id = $1 RETURNING id', [id]),
    );
    if (!row) throw notFound(id);
  }

  /**
   * Adds a user, or changes their scope and sign-in.
   * @throws EarmarkError organisation.notFound, user.taken
   */
  async putUser(
    organisation: string,
    id: string,
    scopes: readonly AccessScope[],
    signIn?: User['signIn'],
  ): Promise<User> {
    await this.require(organisation);
    const [row] = await this.in(organisation, (query) =>
      query<UserRow>(
        `INSERT INTO earmark.users AS u (organisation, id, scopes, issuer, subject, created_ms, created_by)
          VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (organisation, id) DO UPDATE
          SET scopes = excluded.scopes, issuer = coalesce(excluded.issuer, u.issuer),
            subject = coalesce(excluded.subject, u.subject)
          RETURNING ${USER}`,
        [
          organisation,
          id,
          [...new Set(scopes)],
          signIn?.issuer ?? null,
          signIn?.subject ?? null,
          this.wall(),
          this.by,
        ],
      ),
    ).catch((error: { details?: { sqlstate?: string } }) => {
      if (error.details?.sqlstate === '23505')
        throw new EarmarkError(
          'user.taken',
          'Another user signs in as that subject of that issuer; remove that sign-in ' + 'first.',
        );
      throw error;
    });
    return userOf(row as UserRow);
  }

  /** @throws EarmarkError organisation.notFound */
  async users(organisation: string): Promise<readonly User[]> {
    await this.require(organisation);
    return (
      await this.in(organisation, (query) =>
        query<UserRow>(`SELECT ${USER} FROM earmark.users ORDER BY id LIMIT ${MAX_LISTED}`),
      )
    ).map(userOf);
  }

  /**
   * A disabled user has no access; connections end within seconds. @throws EarmarkError
   * user.notFound
   */
  async setDisabled(organisation: string, id: string, disabled: boolean): Promise<User> {
    const [row] = await this.in(organisation, (query) =>
      query<UserRow>(
        `UPDATE earmark.users SET disabled_ms =
          CASE WHEN $2::boolean THEN coalesce(disabled_ms, $3) END, disabled_by =
          CASE WHEN $2 THEN coalesce(disabled_by, $4) END WHERE id = $1 RETURNING ${USER}`,
        [id, disabled, this.wall(), this.by],
      ),
    );
    if (!row)
      throw new EarmarkError(
        'user.notFound',
        `There is no user "${id}" in "${organisation}"; "earmark users list" shows the ` + 'users.',
      );
    return userOf(row);
  }

  async setSetting(organisation: string, name: string, value: string): Promise<void> {
    await this.require(organisation);
    await this.in(organisation, (query) =>
      query(
        `INSERT INTO earmark.settings (organisation, name, value) VALUES ($1, $2, $3)
          ON CONFLICT (organisation, name) DO UPDATE SET value = excluded.value`,
        [organisation, name, value],
      ),
    );
  }

  /** @throws EarmarkError organisation.notFound */
  async require(organisation: string): Promise<void> {
    const [row] = await this.in(organisation, (query) =>
      query('SELECT id FROM earmark.organisations WHERE id = $1', [organisation]),
    );
    if (!row) throw notFound(organisation);
  }

  private in<T>(organisation: string, work: (query: Query) => Promise<T>): Promise<T> {
    return this.database.transaction({ organisation }, work);
  }
}

function notFound(id: string): EarmarkError {
  return new EarmarkError(
    'organisation.notFound',
    `There is no organisation "${id}"; "earmark orgs list" shows the organisations.`,
  );
}

function userOf({
  id,
  scopes,
  created_ms,
  created_by,
  disabled_ms,
  issuer,
  subject,
}: UserRow): User {
  return {
    id,
    scopes,
    createdMs: created_ms,
    createdBy: created_by,
    ...(disabled_ms === null ? {} : { disabledMs: disabled_ms }),
    ...(issuer === null || subject === null ? {} : { signIn: { issuer, subject } }),
  };
}
