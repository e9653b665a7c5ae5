/**
 * The tokens of one organisation in a team's database. Revoked tokens stay, with the author and
 * time of the revocation.
 */
import { EarmarkError } from '../../../protocol/errors';
import type { AccessScope, AccessToken, Tokens } from '../../base/identity';
import { newSecret } from '../tokenSecret';
import type { Database, Query } from './database';
import { tokenOf } from './postgresGate';

/** Limit of a user's valid tokens. */
const MAX_LIVE = 100;
const MAX_LISTED = 10_000;
const COLUMNS = 'id, organisation, user_id, scopes, created_ms, expires_ms, revoked_ms';

export class PostgresTokens implements Tokens {
  constructor(
    private readonly database: Database,
    private readonly organisation: string,
    private readonly wall: () => number,
  ) {}

  /** Adds an unknown user with the scope of this token. */
  async create(
    user: string,
    scopes: readonly AccessScope[],
    by: string,
    expiresMs?: number,
  ): Promise<{ token: AccessToken; secret: string }> {
    const { id, secret, hash } = newSecret();
    const once = [...new Set(scopes)];
    const [row] = await this.run(async (query) => {
      await query(
        `INSERT INTO earmark.users (organisation, id, scopes, created_ms, created_by)
          VALUES ($1, $2, $3, $4, $5) ON CONFLICT (organisation, id) DO NOTHING`,
        [this.organisation, user, once, this.wall(), by],
      );
      // The lock makes the count exact across servers.
      await query('SELECT FROM earmark.users WHERE id = $1 FOR UPDATE', [user]);
      const [live] = await query<{ n: number }>(
        `SELECT count(*) AS n FROM earmark.tokens WHERE user_id = $1 AND revoked_ms IS NULL
          AND (expires_ms IS NULL OR expires_ms > $2)`,
        [user, this.wall()],
      );
      if ((live?.n ?? 0) >= MAX_LIVE)
        throw new EarmarkError(
          'rpc.tooMany',
          `${user} has ${MAX_LIVE} tokens already; revoke an unused one.`,
        );
      return query<Parameters<typeof tokenOf>[0]>(
        `INSERT INTO earmark.tokens (id, organisation, user_id, scopes, hash, created_ms, created_by,
            expires_ms)
          VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING ${COLUMNS}`,
        [id, this.organisation, user, once, hash, this.wall(), by, expiresMs ?? null],
      );
    });
    if (!row)
      throw new EarmarkError(
        'store.unwritable',
        'Could not store the token; look at the log of the database.',
      );
    return { token: tokenOf(row), secret };
  }

  async list(): Promise<readonly AccessToken[]> {
    return (
      await this.run((query) =>
        query<Parameters<typeof tokenOf>[0]>(
          `SELECT ${COLUMNS} FROM earmark.tokens ORDER BY created_ms, id LIMIT ${MAX_LISTED}`,
        ),
      )
    ).map(tokenOf);
  }

  async revoke(id: string, by: string): Promise<AccessToken> {
    const [row] = await this.run((query) =>
      query<Parameters<typeof tokenOf>[0]>(
        `UPDATE earmark.tokens SET revoked_by =
          CASE WHEN revoked_ms IS NULL THEN $3 ELSE revoked_by END, revoked_ms = coalesce(revoked_ms, $2)
          WHERE id = $1 RETURNING ${COLUMNS}`,
        [id, this.wall(), by],
      ),
    );
    if (!row)
      throw new EarmarkError(
        'token.notFound',
        'There is no such token; "earmark tokens list" shows the tokens.',
      );
    return tokenOf(row);
  }

  private run<T>(work: (query: Query) => Promise<T>): Promise<T> {
    return this.database.transaction({ organisation: this.organisation }, work);
  }
}
