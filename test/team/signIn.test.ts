/**
 * Signing in with OpenID Connect: a real provider on this machine, a real database, the client's
 * code flow with PKCE.
 */
import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { refresh, signIn, type SignedIn } from '../../client/remote/signIn';
import { Database } from '../../daemon/adapters/postgres/database';
import { People } from '../../daemon/adapters/postgres/people';
import { PostgresGate } from '../../daemon/adapters/postgres/postgresGate';
import { PostgresTokens } from '../../daemon/adapters/postgres/postgresTokens';
import { SignInGate, trusted } from '../../daemon/adapters/signIn/signInGate';
import { makeStyle, type Terminal } from '../../daemon/cli/output/output';
import { runCli } from '../../daemon/cli/program';
import { signedInToken } from '../../daemon/cli/signInFile';
import { PostgresServer } from '../../testing/processes/postgresServer';
import { CLIENT_ID, SignInProvider } from '../../testing/fakes/signInProvider';

describe('signing in with OpenID Connect', function () {
  this.timeout(60_000);
  let server: PostgresServer;
  let provider: SignInProvider;
  let gateway: Database;
  let admin: Database;
  let people: People;
  let nowMs = 0;
  const wall = (): number => Date.now() + nowMs;

  before(async function () {
    server = await PostgresServer.start(this);
    const urls = await server.database('signin');
    [gateway, admin] = [new Database({ url: urls.gateway }), new Database({ url: urls.admin })];
    people = new People(admin, wall, 'root');
    for (const id of ['ant', 'bee']) await people.addOrganisation(id, id);
    provider = await SignInProvider.start();
  });
  after(async () => {
    await provider?.stop();
    await Promise.all([gateway?.close(), admin?.close()]);
    await server?.stop();
  });
  beforeEach(() => {
    nowMs = 0;
  });

  const gate = (
    change: { organisationClaim?: string; audience?: string } = { organisationClaim: 'org' },
  ) =>
    new SignInGate(
      { issuer: provider.issuer, audience: CLIENT_ID, database: gateway, wall, ...change },
      new PostgresGate(gateway, wall),
    );
  const signedIn = (subject: string, organisation: string): Promise<SignedIn> => {
    provider.person = { subject, organisation };
    return signIn({
      issuer: provider.issuer,
      clientId: CLIENT_ID,
      signal: new AbortController().signal,
      open: (url) => void provider.browse(url),
    });
  };

  it('adds who comes for the first time to the organisation that the provider names, and knows them again', async () => {
    const { token, refreshToken = '', expiresMs } = await signedIn('ann', 'ant');
    const check = await gate().check(token);
    ok(check.kind === 'ok');
    const fresh = await refresh({ issuer: provider.issuer, clientId: CLIENT_ID }, refreshToken);
    const again = await gate().check(fresh.token);
    deepEqual(
      {
        user: check.token.user,
        organisation: check.token.organisation,
        scopes: check.token.scopes,
        again: again.kind === 'ok' && again.token.id === check.token.id,
        ends: expiresMs > Date.now(),
        users: (await people.users('ant')).map(({ id, signIn: by }) => [id, by?.subject]),
      },
      {
        user: 'ann',
        organisation: 'ant',
        scopes: ['record'],
        again: true,
        ends: true,
        users: [['ann', 'ann']],
      },
    );
  });

  it('promise: a new user never gets the name of an existing one', async () => {
    await new PostgresTokens(gateway, 'bee', wall).create('ben', ['admin'], 'root');
    const check = await gate().check((await signedIn('ben', 'bee')).token);
    ok(check.kind === 'ok' && check.token.user.startsWith('oidc-'), 'a name of their own');
    deepEqual(check.token.scopes, ['record']);
    // The provider says another organisation now: the former one is closed, and there is no second
    // user.
    equal((await gate().check((await signedIn('ben', 'ant')).token)).kind, 'unknown');
    equal((await gate().check((await signedIn('cyd', 'nowhere')).token)).kind, 'unknown');
    equal((await gate({}).check((await signedIn('dan', 'ant')).token)).kind, 'unknown');
  });

  it('promise: an added user has access until disabled or the token ends', async () => {
    await people.putUser('bee', 'eve', ['read', 'admin'], {
      issuer: provider.issuer,
      subject: 'e-1',
    });
    const { token } = await signedIn('e-1', 'bee');
    const [one, other] = [gate({}), gate({})];
    const check = await one.check(token);
    ok(check.kind === 'ok');
    deepEqual(
      [check.token.user, check.token.scopes, (await other.recheck(check.token)).kind],
      ['eve', ['read', 'admin'], 'ok'],
    );
    await people.putUser('bee', 'eve', ['read']);
    nowMs = 16_000;
    const demoted = await other.recheck(check.token);
    deepEqual(demoted.kind === 'ok' && demoted.token.scopes, ['read']);
    await people.setDisabled('bee', 'eve', true);
    nowMs = 32_000;
    deepEqual(
      [(await other.recheck(check.token)).kind, (await one.check(token)).kind],
      ['revoked', 'revoked'],
    );
    await people.setDisabled('bee', 'eve', false);
    nowMs = 120_000;
    deepEqual(
      [(await other.recheck(check.token)).kind, (await one.check(token)).kind],
      ['expired', 'expired'],
    );
  });

  it('promise: only tokens that the provider signed for the client are accepted', async () => {
    const { token } = await signedIn('ann', 'ant');
    const [head = '', body = '', signature = ''] = token.split('.');
    const part = (value: unknown): string =>
      Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>;
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const forged = `${head}.${part({ ...claims, org: 'bee' })}`;
    const tries = [
      `${head}.${body}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`,
      `${part({ alg: 'none' })}.${body}.x`,
      `${forged}.${signature}`,
      `${forged}.${sign('sha256', Buffer.from(forged), privateKey).toString('base64url')}`,
      'a.b.c',
    ];
    deepEqual(
      await Promise.all(tries.map(async (one) => (await gate().check(one)).kind)),
      tries.map(() => 'unknown'),
    );
    equal(
      (await gate({ audience: 'somebody else', organisationClaim: 'org' }).check(token)).kind,
      'unknown',
    );
  });

  it('lets tokens of the database in beside it', async () => {
    const { secret } = await new PostgresTokens(gateway, 'ant', wall).create(
      'fay',
      ['read'],
      'root',
    );
    const check = await gate().check(secret);
    ok(check.kind === 'ok');
    deepEqual([check.token.user, (await gate().recheck(check.token)).kind], ['fay', 'ok']);
  });

  it('is a command, after which a token is made anew whenever it ends', async () => {
    const home = mkdtempSync(join(tmpdir(), 'earmark-signin-'));
    const before = process.env['EARMARK_HOME'];
    process.env['EARMARK_HOME'] = home;
    try {
      provider.person = { subject: 'gus', organisation: 'ant' };
      let said = '';
      const terminal = (receive: (text: string) => void): Terminal => ({
        isTTY: false,
        columns: 80,
        style: makeStyle(false),
        write: receive,
        drained: () => Promise.resolve(),
      });
      const code = await runCli(
        ['sign-in', '--issuer', provider.issuer, '--client-id', CLIENT_ID],
        {
          out: terminal(() => undefined),
          err: terminal((text) => {
            said += text;
            const page = /Open this page to sign in: (\S+)/.exec(text)?.[1];
            if (page !== undefined) void provider.browse(page);
          }),
        },
      );
      const file = join(home, 'sign-in.json');
      const kept = () =>
        JSON.parse(readFileSync(file, 'utf8')) as {
          readonly token: string;
          readonly expiresMs: number;
        };
      const { token: first } = kept();
      writeFileSync(
        file,
        JSON.stringify({ ...kept(), token: 'an old one', expiresMs: Date.now() + 50_000 }),
      );
      const token = (await signedInToken(home)) ?? '';
      const check = await gate().check(token);
      deepEqual(
        [
          code,
          statSync(file).mode & 0o777,
          said.includes(first),
          kept().token === token,
          kept().expiresMs > Date.now() + 50_000,
          check.kind === 'ok' && check.token.user,
        ],
        [0, 0o600, false, true, true, 'gus'],
      );
    } finally {
      if (before === undefined) delete process.env['EARMARK_HOME'];
      else process.env['EARMARK_HOME'] = before;
      rmSync(home, { recursive: true });
    }
  });

  it('says in one sentence what is wrong, and never a token', async () => {
    const at = { clientId: CLIENT_ID, signal: new AbortController().signal, open: () => undefined };
    await rejects(signIn({ ...at, issuer: 'http://127.0.0.1:1' }), { code: 'signIn.failed' });
    await rejects(
      refresh({ issuer: provider.issuer, clientId: CLIENT_ID }, 'no-such-token'),
      (error: Error) =>
        /\(invalid_grant\)/.test(error.message) && !error.message.includes('no-such-token'),
    );
    const stopped = new AbortController();
    setTimeout(() => stopped.abort(), 100);
    await rejects(signIn({ ...at, issuer: provider.issuer, signal: stopped.signal }), {
      code: 'rpc.cancelled',
    });
    for (const address of ['http://id.example', 'ftp://x', 'x'])
      await rejects(async () => trusted(address), { code: 'daemon.startFailed' });
  });
});
