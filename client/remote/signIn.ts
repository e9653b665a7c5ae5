/**
 * Signs in with OpenID Connect: authorization code with PKCE in the user's browser. A local port
 * accepts the single answer. Or the user types a code on another device. Later a refresh token is
 * enough.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EarmarkError, type ErrorCode } from '../../protocol/errors';

export interface SignInProvider {
  /** Issuer as its tokens name it; https except on this machine. */
  readonly issuer: string;
  readonly clientId: string;
}

export interface SignedIn {
  /** Token for the server. */
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly expiresMs: number;
  /** Absent if the provider gives none; the user then signs in again when the token ends. */
  readonly refreshToken?: string;
}

export interface SignInOptions extends SignInProvider {
  /** Shows the provider's page to the user. */
  readonly open: (url: string) => void;
  readonly signal: AbortSignal;
}

type Client = typeof import('openid-client');
type TokenGrant = Awaited<ReturnType<Client['refreshTokenGrant']>>;

const SCOPE = 'openid profile offline_access';
const ANSWER_MS = 5 * 60_000;
const PAGE =
  '<!doctype html><meta charset="utf-8"><title>Earmark</title><p>You are signed in; you can close this page.';

/** Signs in with the browser of this machine. @throws EarmarkError signIn.failed, rpc.cancelled */
export async function signIn({ issuer, clientId, open, signal }: SignInOptions): Promise<SignedIn> {
  return explained(async (client) => {
    const config = await configOf(client, { issuer, clientId });
    const verifier = client.randomPKCECodeVerifier();
    const [state, nonce] = [client.randomState(), client.randomNonce()];
    const server = createServer();
    try {
      const redirect = await listen(server);
      const answer = answerOf(server, redirect, state, signal);
      open(
        client.buildAuthorizationUrl(config, {
          redirect_uri: redirect,
          scope: SCOPE,
          code_challenge: await client.calculatePKCECodeChallenge(verifier),
          code_challenge_method: 'S256',
          state,
          nonce,
          prompt: 'consent',
        }).href,
      );
      return signedIn(
        await client.authorizationCodeGrant(config, await answer, {
          pkceCodeVerifier: verifier,
          expectedState: state,
          expectedNonce: nonce,
          idTokenExpected: true,
        }),
      );
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }, signal);
}

/**
 * Signs in with a browser on another device.
 * @param show displays the address and the code
 * @throws EarmarkError signIn.failed, rpc.cancelled
 */
export async function signInByCode({
  issuer,
  clientId,
  signal,
  show,
}: SignInProvider & {
  readonly signal: AbortSignal;
  readonly show: (where: string, code: string) => void;
}): Promise<SignedIn> {
  return explained(async (client) => {
    const config = await configOf(client, { issuer, clientId });
    const started = await client.initiateDeviceAuthorization(config, {
      scope: SCOPE,
      prompt: 'consent',
    });
    show(started.verification_uri, started.user_code);
    return signedIn(
      await client.pollDeviceAuthorizationGrant(config, started, undefined, { signal }),
    );
  }, signal);
}

/**
 * @throws EarmarkError signIn.failed when the provider refuses the refresh token; rpc.disconnected
 * when it does not answer
 */
export async function refresh(provider: SignInProvider, refreshToken: string): Promise<SignedIn> {
  return explained(
    async (client) => {
      const fresh = signedIn(
        await client.refreshTokenGrant(await configOf(client, provider), refreshToken),
      );
      return { refreshToken, ...fresh };
    },
    undefined,
    'rpc.disconnected',
  );
}

async function configOf(
  client: Client,
  { issuer, clientId }: SignInProvider,
): ReturnType<Client['discovery']> {
  const url = new URL(issuer);
  const local =
    url.protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  return client.discovery(
    url,
    clientId,
    undefined,
    client.None(),
    local ? { execute: [client.allowInsecureRequests] } : undefined,
  );
}

function signedIn(grant: TokenGrant): SignedIn {
  const { id_token: token, refresh_token: refreshToken } = grant;
  const expires = grant.claims()?.exp;
  if (token === undefined || expires === undefined)
    throw new EarmarkError(
      'signIn.failed',
      'The sign-in provider returned no user name; ask its administrator to allow ' +
        'the scope "openid".',
    );
  return {
    token,
    expiresMs: expires * 1000,
    ...(refreshToken === undefined ? {} : { refreshToken }),
  };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(0, '127.0.0.1', resolve),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/signed-in`;
}

/** Waits for the answer with our state; answers every other request with "not found". */
function answerOf(
  server: Server,
  redirect: string,
  state: string,
  signal: AbortSignal,
): Promise<URL> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () =>
        reject(
          new EarmarkError('signIn.failed', 'Nobody signed in within five minutes; try again.'),
        ),
      ANSWER_MS,
    );
    const onAbort = (): void =>
      reject(new EarmarkError('rpc.cancelled', 'Signing in was cancelled.'));
    signal.addEventListener('abort', onAbort, { once: true });
    server.on('close', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    });
    server.on('request', (request, response) => {
      const url = new URL(request.url ?? '/', redirect);
      const ours =
        request.method === 'GET' &&
        url.pathname === new URL(redirect).pathname &&
        url.searchParams.get('state') === state;
      response
        .writeHead(ours ? 200 : 404, {
          'content-type': 'text/html; charset=utf-8',
          connection: 'close',
        })
        .end(ours ? PAGE : '');
      if (ours) resolve(url);
    });
  });
}

/**
 * Replaces errors of the library, which may contain parts of tokens. Only the provider's error code
 * is passed on.
 * @param silent error code if the provider gave none
 */
async function explained<T>(
  work: (client: Client) => Promise<T>,
  signal?: AbortSignal,
  silent: ErrorCode = 'signIn.failed',
): Promise<T> {
  try {
    return await work(await import('openid-client'));
  } catch (error) {
    if (error instanceof EarmarkError) throw error;
    if (signal?.aborted) throw new EarmarkError('rpc.cancelled', 'Signing in was cancelled.');
    const said = (error as { error?: unknown }).error;
    const code = typeof said === 'string' && /^[a-z_]{1,40}$/.test(said) ? said : undefined;
    throw new EarmarkError(
      code === undefined ? silent : 'signIn.failed',
      `Could not sign in${code === undefined ? '' : ` (${code})`}. Check the ` +
        "provider's address and the client ID, then sign in again.",
    );
  }
}
