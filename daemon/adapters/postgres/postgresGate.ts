/** Looks up the user and organisation of a secret in a team's database. */
import { Emitter } from '../../base/emitter';
import {
  type AccessScope,
  type AccessToken,
  sharedScopes,
  type TokenCheck,
  type TokenGate,
} from '../../base/identity';
import { presents, tokenIdOf } from '../tokenSecret';
import type { Database, Query } from './database';

interface TokenRow {
  readonly id: string;
  readonly organisation: string;
  readonly user_id: string;
  readonly scopes: readonly AccessScope[];
  readonly hash: string;
  readonly created_ms: number;
  readonly expires_ms: number | null;
  readonly revoked_ms: number | null;
  readonly used_ms: number | null;
}

/**
 * More frequent checks of a connection are answered from memory; a revocation elsewhere takes
 * effect within this time.
 */
const RECHECK_MS = 15_000;
/** Resolution of a token's last use. */
const USED_MS = 60 * 60_000;
const REMEMBERED = 20_000;

export class PostgresGate implements TokenGate {
  private readonly revoked = new Emitter<string>();
  readonly onDidRevoke = this.revoked.event;
  private readonly asked = new Map<
    string,
    { readonly atMs: number; readonly answer: Promise<TokenCheck> }
  >();

  constructor(
    private readonly database: Database,
    private readonly wall: () => number,
  ) {}

  async check(secret: string): Promise<TokenCheck> {
    const row = await this.find(tokenIdOf(secret) ?? '');
    if (!presents(secret, row?.hash) || !row) return { kind: 'unknown' };
    const check = await this.standing(row);
    if (check.kind === 'ok' && this.wall() - (row.used_ms ?? 0) > USED_MS)
      await this.database.transaction({ organisation: row.organisation }, (query) =>
        query('UPDATE earmark.tokens SET used_ms = $2 WHERE id = $1', [row.id, this.wall()]),
      );
    return check;
  }

  recheck(token: AccessToken): Promise<TokenCheck> {
    const last = this.asked.get(token.id);
    if (last && this.wall() - last.atMs < RECHECK_MS) return last.answer;
    if (this.asked.size >= REMEMBERED) this.asked.clear();
    const answer = this.find(token.id).then((row) =>
      row ? this.standing(row) : { kind: 'revoked' as const },
    );
    this.asked.set(token.id, { atMs: this.wall(), answer });
    answer.catch(() => this.asked.delete(token.id));
    return answer;
  }

  private async find(id: string): Promise<TokenRow | undefined> {
    if (id === '') return undefined;
    const [row] = await this.database.transaction({ token: id }, (query) =>
      query<TokenRow>(
        `SELECT id, organisation, user_id, scopes, hash, created_ms, expires_ms, revoked_ms, used_ms
          FROM earmark.tokens`,
      ),
    );
    return row;
  }

  private async standing(row: TokenRow): Promise<TokenCheck> {
    const user = await this.database.transaction({ organisation: row.organisation }, (query) =>
      enabledUser(query, row.user_id),
    );
    if (row.revoked_ms !== null || !user) return { kind: 'revoked' };
    if (row.expires_ms !== null && row.expires_ms <= this.wall()) return { kind: 'expired' };
    const scopes = sharedScopes(row.scopes, user.scopes);
    return { kind: 'ok', token: tokenOf({ ...row, scopes }) };
  }
}

/** Undefined for a disabled or deleted user. */
async function enabledUser(
  query: Query,
  user: string,
): Promise<{ readonly scopes: readonly AccessScope[] } | undefined> {
  const [row] = await query<{ scopes: readonly AccessScope[]; disabled_ms: number | null }>(
    'SELECT scopes, disabled_ms FROM earmark.users WHERE id = $1',
    [user],
  );
  return row?.disabled_ms === null ? row : undefined;
}

export function tokenOf({
  id,
  organisation,
  user_id,
  scopes,
  created_ms,
  expires_ms,
  revoked_ms,
}: Omit<TokenRow, 'hash' | 'used_ms'>): AccessToken {
  return {
    id,
    user: user_id,
    organisation,
    scopes,
    createdMs: created_ms,
    ...(expires_ms === null ? {} : { expiresMs: expires_ms }),
    ...(revoked_ms === null ? {} : { revokedMs: revoked_ms }),
  };
}
