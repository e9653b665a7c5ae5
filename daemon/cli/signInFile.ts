/**
 * The sign-in of this machine: `sign-in.json` (0600) of the state folder. Its token is renewed
 * before it expires.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { assertOwn } from '../../client/local/daemonFile';
import { refresh, type SignedIn, type SignInProvider } from '../../client/remote/signIn';
import { EarmarkError } from '../../protocol/errors';

const Kept = z.object({
  issuer: z.string(),
  clientId: z.string(),
  token: z.string(),
  expiresMs: z.number(),
  refreshToken: z.string().optional(),
});
/** A token that expires sooner is renewed first. */
const SPARE_MS = 60_000;

function pathOf(home: string): string {
  return join(home, 'sign-in.json');
}

export function keepSignIn(
  home: string,
  { issuer, clientId }: SignInProvider,
  signedIn: SignedIn,
): void {
  const path = pathOf(home);
  mkdirSync(home, { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.new`, `${JSON.stringify({ issuer, clientId, ...signedIn })}\n`, {
    mode: 0o600,
    flush: true,
  });
  chmodSync(`${path}.new`, 0o600);
  renameSync(`${path}.new`, path);
}

export function isSignedIn(home: string): boolean {
  return existsSync(pathOf(home));
}

/**
 * @returns undefined without a sign-in
 * @throws EarmarkError signIn.failed, rpc.unauthorized
 */
export async function signedInToken(home: string): Promise<string | undefined> {
  let text: string;
  try {
    assertOwn(pathOf(home), 0o077);
    text = readFileSync(pathOf(home), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const kept = Kept.safeParse(JSON.parse(text));
  if (!kept.success)
    throw new EarmarkError(
      'signIn.failed',
      'Your stored sign-in is damaged; run "earmark sign-in" again.',
    );
  const { issuer, clientId, token, expiresMs, refreshToken } = kept.data;
  if (expiresMs - SPARE_MS > Date.now()) return token;
  if (refreshToken === undefined)
    throw new EarmarkError('signIn.failed', 'Your sign-in has ended; run "earmark sign-in" again.');
  const fresh = await refresh({ issuer, clientId }, refreshToken);
  keepSignIn(home, { issuer, clientId }, fresh);
  return fresh.token;
}
