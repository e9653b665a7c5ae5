/**
 * OpenID Connect sign-in to a team server. It is stored in the editor's secret storage, which all
 * windows share, and renewed before it expires.
 */
import type * as vscode from 'vscode';
import { z } from 'zod';
import { refresh, signIn, type SignedIn, type SignInProvider } from '../../client/remote/signIn';
import { EarmarkError } from '../../protocol/errors';
import { t } from '../l10n';

const KEY = 'earmark.remote.signIn';
/** Remaining lifetime in milliseconds below which a token is renewed. */
const SPARE_MS = 60_000;
const StoredSignIn = z.object({
  issuer: z.string(),
  clientId: z.string(),
  token: z.string(),
  expiresMs: z.number(),
  refreshToken: z.string().optional(),
});
type StoredSignIn = z.infer<typeof StoredSignIn>;

export class SignIn {
  private renewing: Promise<string> | undefined;

  /** @param now milliseconds since the epoch */
  constructor(
    private readonly secrets: vscode.SecretStorage,
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * Signs in through the user's browser, which redirects to a local port.
   * @param open shows the provider's page
   * @throws EarmarkError signIn.failed, rpc.cancelled
   */
  async signIn(
    provider: SignInProvider,
    open: (url: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    await this.keep(provider, await signIn({ ...provider, open, signal }));
  }

  /** @returns false if the user was not signed in */
  async signOut(): Promise<boolean> {
    const known = await this.stored();
    await this.secrets.delete(KEY);
    return known !== undefined;
  }

  /**
   * A token that stays valid for at least one minute.
   * @returns undefined if the user has not signed in with this provider
   * @throws EarmarkError signIn.failed if the user must sign in again, rpc.disconnected if the
   * provider is unreachable
   */
  async token(provider: SignInProvider): Promise<string | undefined> {
    const stored = await this.stored();
    if (
      stored === undefined ||
      stored.issuer !== provider.issuer ||
      stored.clientId !== provider.clientId
    )
      return undefined;
    if (this.good(stored)) return stored.token;
    return (this.renewing ??= this.renew(provider, stored).finally(
      () => (this.renewing = undefined),
    ));
  }

  private async renew(provider: SignInProvider, { refreshToken }: StoredSignIn): Promise<string> {
    const again = t('Your sign-in has expired. Run "Earmark: Sign In to Team Server".');
    if (refreshToken === undefined) throw new EarmarkError('signIn.failed', again);
    try {
      const fresh = await refresh(provider, refreshToken);
      // A sign-out during the request stays in effect.
      if ((await this.stored()) !== undefined) await this.keep(provider, fresh);
      return fresh.token;
    } catch (error) {
      // A refresh token may be valid once only, and another window may have used it first.
      const now = await this.stored();
      if (now !== undefined && now.refreshToken !== refreshToken && this.good(now))
        return now.token;
      if (error instanceof EarmarkError && error.code === 'signIn.failed')
        throw new EarmarkError('signIn.failed', again, { cause: error });
      throw error;
    }
  }

  private good({ expiresMs }: StoredSignIn): boolean {
    return expiresMs - SPARE_MS > this.now();
  }

  private async keep({ issuer, clientId }: SignInProvider, signedIn: SignedIn): Promise<void> {
    await this.secrets.store(
      KEY,
      JSON.stringify({ issuer, clientId, ...signedIn } satisfies StoredSignIn),
    );
  }

  /** An unreadable entry counts as no sign-in. */
  private async stored(): Promise<StoredSignIn | undefined> {
    const text = await this.secrets.get(KEY);
    if (text === undefined) return undefined;
    try {
      return StoredSignIn.parse(JSON.parse(text));
    } catch {
      return undefined;
    }
  }
}
