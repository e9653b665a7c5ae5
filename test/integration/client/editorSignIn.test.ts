// The extension's sign-in at a real provider of OpenID Connect: what it keeps, when it asks anew,
// what ends it.
import { deepEqual, equal, rejects } from 'node:assert/strict';
import type * as vscode from 'vscode';
import { SignIn } from '../../../extension/daemon/signIn';
import { CLIENT_ID, SignInProvider } from '../../../testing/fakes/signInProvider';

const MINUTE_MS = 60_000;

/** What the windows of one editor share. */
class Secrets {
  readonly kept = new Map<string, string>();
  stored = 0;
  readonly storage = {
    get: (name: string) => Promise.resolve(this.kept.get(name)),
    store: (name: string, value: string) =>
      Promise.resolve(void this.kept.set(name, value)).then(() => void this.stored++),
    delete: (name: string) => Promise.resolve(void this.kept.delete(name)),
  } as unknown as vscode.SecretStorage;
}

describe('signing in from the editor', function () {
  this.timeout(60_000);
  let provider: SignInProvider;
  before(async () => {
    // Tokens of ten minutes.
    provider = await SignInProvider.start(600);
  });
  after(() => provider.stop());

  function window(secrets: Secrets): {
    readonly signIn: SignIn;
    readonly at: { readonly issuer: string; readonly clientId: string };
    pass(ms: number): void;
  } {
    let passed = 0;
    return {
      signIn: new SignIn(secrets.storage, () => Date.now() + passed),
      at: { issuer: provider.issuer, clientId: CLIENT_ID },
      pass: (ms) => void (passed += ms),
    };
  }
  const inBrowser = (page: string): void => void provider.browse(page);
  const never = new AbortController().signal;

  it('promise: the editor stores its sign-in in the secret storage', async () => {
    const secrets = new Secrets();
    const [one, other] = [window(secrets), window(secrets)];
    equal(await one.signIn.token(one.at), undefined);
    await one.signIn.signIn(one.at, inBrowser, never);
    const first = await one.signIn.token(one.at);
    deepEqual(
      [
        typeof first,
        await other.signIn.token(other.at),
        await one.signIn.token({ ...one.at, issuer: 'https://another.example' }),
      ],
      ['string', first, undefined],
    );
    other.pass(5 * MINUTE_MS);
    deepEqual([await other.signIn.token(other.at), secrets.stored], [first, 1]);
    other.pass(4.5 * MINUTE_MS);
    // Several parts of a window ask at once: the provider is asked once.
    const [a, b] = await Promise.all([other.signIn.token(other.at), other.signIn.token(other.at)]);
    deepEqual([a === b, secrets.stored, await one.signIn.token(one.at)], [true, 2, a]);
  });

  it('ends with signing out, and with what cannot be made anew', async () => {
    const secrets = new Secrets();
    const { signIn, at, pass } = window(secrets);
    await signIn.signIn(at, inBrowser, never);
    deepEqual(
      [await signIn.signOut(), await signIn.signOut(), secrets.kept.size, await signIn.token(at)],
      [true, false, 0, undefined],
    );
    await signIn.signIn(at, inBrowser, never);
    pass(11 * MINUTE_MS);
    const [[name = '', text = ''] = []] = [...secrets.kept];
    secrets.kept.set(name, text.replace(/"refreshToken":"[^"]+"/, '"refreshToken":"taken back"'));
    await rejects(signIn.token(at), {
      code: 'signIn.failed',
      message: 'Your sign-in has expired. Run "Earmark: Sign In to Team Server".',
    });
    secrets.kept.set(name, '{');
    equal(await signIn.token(at), undefined);
  });

  it('takes the token of a window that was first', async () => {
    const secrets = new Secrets();
    const [one, other] = [window(secrets), window(secrets)];
    await one.signIn.signIn(one.at, inBrowser, never);
    const [[name = '', text = ''] = []] = [...secrets.kept];
    other.pass(9.5 * MINUTE_MS);
    // The refresh token was good for one use, and what the first window got is stored while the
    // second one asks.
    let asked = 0;
    secrets.kept.set(name, text.replace(/"refreshToken":"[^"]+"/, '"refreshToken":"used"'));
    const get = secrets.storage.get.bind(secrets.storage);
    Object.assign(secrets.storage, {
      get: (key: string) =>
        ++asked === 2
          ? Promise.resolve(
              text.replace(/"expiresMs":\d+/, `"expiresMs":${Date.now() + 60 * MINUTE_MS}`),
            )
          : get(key),
    });
    equal(
      await other.signIn.token(other.at),
      (JSON.parse(text) as { readonly token: string }).token,
    );
  });

  it('waits for a provider that is away, and stops when the user does', async () => {
    const secrets = new Secrets();
    const { signIn, at, pass } = window(secrets);
    await signIn.signIn(at, inBrowser, never);
    pass(11 * MINUTE_MS);
    const [[name = '', text = ''] = []] = [...secrets.kept];
    const away = { ...at, issuer: 'http://127.0.0.1:1' };
    secrets.kept.set(name, text.replace(at.issuer, away.issuer));
    await rejects(signIn.token(away), { code: 'rpc.disconnected' });
    const stopped = new AbortController();
    await rejects(
      signIn.signIn(at, () => stopped.abort(), stopped.signal),
      { code: 'rpc.cancelled' },
    );
  });
});
