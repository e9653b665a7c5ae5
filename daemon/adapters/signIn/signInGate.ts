/**
 * Sign-in with OpenID Connect. A signed token of the trusted provider gives issuer and subject; the
 * database maps them to a user and organisation. Tokens of the database are accepted too.
 */
import { createHash } from 'node:crypto';
import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { EarmarkError } from '../../../protocol/errors';
import type { AccessScope, AccessToken, TokenCheck, TokenGate } from '../../base/identity';
import type { Database } from '../postgres/database';

export interface SignInSetup {
  /** The provider's address, exactly as in its tokens; https except on this machine. */
  readonly issuer: string;
  /** Required audience of its tokens: the id of the client or of this service. */
  readonly audience: string;
  /** Claim with the organisation of a new user; without it, an administrator adds users. */
  readonly organisationClaim?: string;
  readonly database: Database;
  /** Milliseconds since the epoch. */
  readonly wall: () => number;
}

/** Asymmetric signatures; no shared secret. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
];
const SKEW_S = 30;
const DISCOVERY_MS = 5_000;
/** More frequent checks of a connection are answered from memory. */
const RECHECK_MS = 15_000;
const REMEMBERED = 20_000;
const FIRST_SCOPES: readonly AccessScope[] = ['record'];

interface UserRow {
  readonly organisation: string;
  readonly id: string;
  readonly scopes: readonly AccessScope[];
  readonly disabled_ms: number | null;
}

export class SignInGate implements TokenGate {
  private keys: Promise<JWTVerifyGetKey> | undefined;
  private readonly asked = new Map<
    string,
    { readonly atMs: number; readonly answer: Promise<TokenCheck> }
  >();

  /** @param others gate for secrets that are not signed tokens */
  constructor(
    private readonly setup: SignInSetup,
    private readonly others: TokenGate,
  ) {}

  get onDidRevoke(): TokenGate['onDidRevoke'] {
    return this.others.onDidRevoke;
  }

  async check(secret: string): Promise<TokenCheck> {
    if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(secret)) return this.others.check(secret);
    let claims: JWTPayload;
    try {
      claims = await this.verify(secret);
    } catch (error) {
      if (error instanceof errors.JWTExpired) return { kind: 'expired' };
      if (error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout))
        return { kind: 'unknown' };
      throw new EarmarkError(
        'store.unwritable',
        'The sign-in provider does not answer; try again.',
        { retryAfterMs: 1_000 },
      );
    }
    const { sub, exp } = claims;
    if (typeof sub !== 'string' || sub === '' || exp === undefined) return { kind: 'unknown' };
    const user = (await this.find(sub)) ?? (await this.firstTime(sub, claims));
    if (!user || !this.fits(user, claims)) return { kind: 'unknown' };
    return this.standing(user, sub, exp * 1000);
  }

  async recheck(token: AccessToken): Promise<TokenCheck> {
    if (!token.id.startsWith(PREFIX)) return this.others.recheck(token);
    if ((token.expiresMs ?? 0) <= this.setup.wall()) return { kind: 'expired' };
    const last = this.asked.get(token.id);
    if (last && this.setup.wall() - last.atMs < RECHECK_MS) return last.answer;
    if (this.asked.size >= REMEMBERED) this.asked.clear();
    const answer = this.again(token);
    this.asked.set(token.id, { atMs: this.setup.wall(), answer });
    answer.catch(() => this.asked.delete(token.id));
    return answer;
  }

  private async again(token: AccessToken): Promise<TokenCheck> {
    const [row] = await this.setup.database.transaction(
      { organisation: token.organisation ?? '' },
      (query) =>
        query<UserRow>(
          'SELECT organisation, id, scopes, disabled_ms FROM earmark.users WHERE id = $1',
          [token.user],
        ),
    );
    return row?.disabled_ms === null
      ? { kind: 'ok', token: { ...token, scopes: row.scopes } }
      : { kind: 'revoked' };
  }

  private async verify(jwt: string): Promise<JWTPayload> {
    const { issuer, audience, wall } = this.setup;
    this.keys ??= this.discover();
    const keys = await this.keys.catch((error: unknown) => {
      this.keys = undefined;
      throw error;
    });
    return (
      await jwtVerify(jwt, keys, {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        clockTolerance: SKEW_S,
        currentDate: new Date(wall()),
        requiredClaims: ['sub', 'exp', 'iat'],
      })
    ).payload;
  }

  /** The issuer in the provider's metadata must equal the configured issuer. */
  private async discover(): Promise<JWTVerifyGetKey> {
    const { issuer } = this.setup;
    const answer = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
      signal: AbortSignal.timeout(DISCOVERY_MS),
      redirect: 'error',
    });
    const found = (await answer.json()) as {
      readonly issuer?: unknown;
      readonly jwks_uri?: unknown;
    };
    if (!answer.ok || found.issuer !== issuer || typeof found.jwks_uri !== 'string')
      throw new Error('The sign-in provider publishes no description.');
    return createRemoteJWKSet(trusted(found.jwks_uri), { timeoutDuration: DISCOVERY_MS });
  }

  private async find(subject: string): Promise<UserRow | undefined> {
    const { database, issuer } = this.setup;
    const [row] = await database.transaction({ issuer, subject }, (query) =>
      query<UserRow>('SELECT organisation, id, scopes, disabled_ms FROM earmark.users'),
    );
    return row;
  }

  /** Adds a new user to the organisation that the provider names, if it exists. */
  private async firstTime(subject: string, claims: JWTPayload): Promise<UserRow | undefined> {
    const { database, issuer, organisationClaim, wall } = this.setup;
    const organisation = organisationClaim === undefined ? undefined : claims[organisationClaim];
    if (typeof organisation !== 'string') return undefined;
    const add = (id: string): Promise<readonly UserRow[]> =>
      database.transaction({ organisation }, (query) =>
        query<UserRow>(
          `INSERT INTO earmark.users (organisation, id, scopes, issuer, subject, created_ms, created_by)
            SELECT id, $2, $3, $4, $5, $6, $4 FROM earmark.organisations WHERE id = $1
            ON CONFLICT DO NOTHING RETURNING organisation, id, scopes, disabled_ms`,
          [organisation, id, FIRST_SCOPES, issuer, subject, wall()],
        ),
      );
    // A taken name belongs to another user, so a new one is generated.
    const readable = /^[A-Za-z0-9._@-]{1,64}$/.test(subject) ? await add(subject) : [];
    const [row] = readable.length > 0 ? readable : await add(nameOf(issuer, subject));
    return row ?? this.find(subject);
  }

  /** Refuses a user whom the provider moved to another organisation. */
  private fits({ organisation }: UserRow, claims: JWTPayload): boolean {
    const { organisationClaim } = this.setup;
    const named = organisationClaim === undefined ? undefined : claims[organisationClaim];
    return named === undefined || named === organisation;
  }

  private standing(
    { organisation, id, scopes, disabled_ms }: UserRow,
    subject: string,
    expiresMs: number,
  ): TokenCheck {
    if (disabled_ms !== null) return { kind: 'revoked' };
    return {
      kind: 'ok',
      token: {
        id: nameOf(this.setup.issuer, subject),
        user: id,
        organisation,
        scopes,
        createdMs: this.setup.wall(),
        expiresMs,
      },
    };
  }
}

const PREFIX = 'oidc-';

function nameOf(issuer: string, subject: string): string {
  return `${PREFIX}${createHash('sha256').update(`${issuer}\n${subject}`).digest('hex').slice(0, 24)}`;
}

/** @throws EarmarkError daemon.startFailed for an address that an attacker could impersonate */
export function trusted(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const local = url !== undefined && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (!url || (url.protocol !== 'https:' && !(url.protocol === 'http:' && local)))
    throw new EarmarkError(
      'daemon.startFailed',
      'The address of the sign-in provider must start with https://.',
    );
  return url;
}
