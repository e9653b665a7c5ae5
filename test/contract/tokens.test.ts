/** One suite over both forms of tokens: the file of a daemon and the database of a team. */
import { deepEqual, equal, match, rejects } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database } from '../../daemon/adapters/postgres/database';
import { People } from '../../daemon/adapters/postgres/people';
import { PostgresGate } from '../../daemon/adapters/postgres/postgresGate';
import { PostgresTokens } from '../../daemon/adapters/postgres/postgresTokens';
import { TokenFile } from '../../daemon/adapters/transport/tokenFile';
import type { AccessToken, TokenCheck, TokenGate, Tokens } from '../../daemon/base/identity';
import { PostgresServer } from '../../testing/processes/postgresServer';

let nowMs = 1_000_000;
const wall = (): number => nowMs;
const MINUTE_MS = 60_000;

interface Subject {
  readonly gate: TokenGate;
  readonly tokens: Tokens;
  /** As another process, or the next start, has them. */
  reopen(): { readonly gate: TokenGate; readonly tokens: Tokens };
  end(): Promise<void> | void;
}

let server: PostgresServer;
let urls: { readonly admin: string; readonly gateway: string };
let organisations = 0;

/** The form's name → what it is made of. */
const subjects: Readonly<
  Record<
    string,
    {
      readonly prepare?: (context: Mocha.Context) => Promise<void>;
      readonly cleanUp?: () => Promise<void>;
      readonly make: () => Subject | Promise<Subject>;
    }
  >
> = {
  file: {
    make: () => {
      const folder = mkdtempSync(join(tmpdir(), 'earmark-tokens-'));
      const open = () => {
        const file = new TokenFile(join(folder, 'tokens.json'), wall);
        return { gate: file, tokens: file };
      };
      return { ...open(), reopen: open, end: () => rmSync(folder, { recursive: true }) };
    },
  },
  postgres: {
    prepare: async (context) => {
      server = await PostgresServer.start(context);
      urls = await server.database('people');
    },
    cleanUp: () => server?.stop(),
    make: async () => {
      const organisation = `org${organisations++}`;
      const database = new Database({ url: urls.gateway });
      const admin = new Database({ url: urls.admin });
      await new People(admin, wall, 'root').addOrganisation(organisation, organisation);
      const open = () => ({
        gate: new PostgresGate(database, wall),
        tokens: new PostgresTokens(database, organisation, wall),
      });
      return {
        ...open(),
        reopen: open,
        end: async () => void (await Promise.all([database.close(), admin.close()])),
      };
    },
  },
};

const bare = ({ organisation: _, id: __, ...token }: AccessToken) => token;
const bareCheck = (check: TokenCheck) =>
  check.kind === 'ok' ? { kind: 'ok', token: bare(check.token) } : check;

for (const [name, { prepare, cleanUp, make }] of Object.entries(subjects)) {
  describe(`tokens: ${name}`, () => {
    let subject: Subject;
    before(async function () {
      await prepare?.(this);
    });
    after(() => cleanUp?.());
    beforeEach(async () => {
      nowMs = 1_000_000;
      subject = await make();
    });
    afterEach(() => subject.end());

    it('knows a secret again, after a new start too, and says whose it is', async () => {
      const { token, secret } = await subject.tokens.create(
        'ann',
        ['record', 'read', 'record'],
        'root',
        nowMs + MINUTE_MS,
      );
      match(secret, /^earmark_[0-9a-f]{12}_[A-Za-z0-9_-]{43}$/);
      const expected = {
        user: 'ann',
        scopes: ['record', 'read'],
        createdMs: nowMs,
        expiresMs: nowMs + MINUTE_MS,
      };
      deepEqual(
        {
          made: bare(token),
          check: bareCheck(await subject.gate.check(secret)),
          again: bareCheck(await subject.reopen().gate.check(secret)),
          recheck: bareCheck(await subject.gate.recheck(token)),
          listed: (await subject.reopen().tokens.list()).map(bare),
        },
        {
          made: expected,
          check: { kind: 'ok', token: expected },
          again: { kind: 'ok', token: expected },
          recheck: { kind: 'ok', token: expected },
          listed: [expected],
        },
      );
    });

    it('knows nothing that is like a secret', async () => {
      const { secret } = await subject.tokens.create('ann', ['read'], 'root');
      const [, id = '', random = ''] = secret.split('_');
      const flip = (at: number) =>
        `${secret.slice(0, at)}${secret[at] === 'A' ? 'B' : 'A'}${secret.slice(at + 1)}`;
      const tries = [
        '',
        'earmark_',
        id,
        random,
        `earmark_${id}_`,
        `earmark_${id}_%`,
        `${secret}x`,
        secret.toUpperCase(),
        flip(21),
        flip(secret.length - 1),
        `earmark_${'0'.repeat(12)}_${'A'.repeat(43)}`,
        `earmark_${id}_${'A'.repeat(43)}`,
        `earmark_%%%%%%%%%%%%_${random}`,
      ];
      deepEqual(
        await Promise.all(tries.map(async (one) => (await subject.gate.check(one)).kind)),
        tries.map(() => 'unknown'),
      );
    });

    it('ends a token at its time', async () => {
      const { token, secret } = await subject.tokens.create('ann', ['read'], 'root', nowMs + 1_000);
      nowMs += 999;
      const before = (await subject.gate.check(secret)).kind;
      nowMs += MINUTE_MS;
      deepEqual(
        [before, (await subject.gate.check(secret)).kind, (await subject.gate.recheck(token)).kind],
        ['ok', 'expired', 'expired'],
      );
    });

    it('ends a token that is revoked, once, also for whoever is connected and in another process', async () => {
      const { token, secret } = await subject.tokens.create('ann', ['admin'], 'root');
      const { token: other, secret: second } = await subject.tokens.create('ann', ['read'], 'root');
      equal((await subject.gate.recheck(token)).kind, 'ok');
      const revokedMs = (nowMs += 5);
      const revoked = await subject.tokens.revoke(token.id, 'ben');
      nowMs += MINUTE_MS;
      deepEqual(
        {
          revoked: bare(revoked),
          again: bare(await subject.tokens.revoke(token.id, 'cyd')),
          check: (await subject.reopen().gate.check(secret)).kind,
          recheck: (await subject.gate.recheck(token)).kind,
          other: [
            (await subject.gate.check(second)).kind,
            (await subject.gate.recheck(other)).kind,
          ],
          kept: (await subject.tokens.list()).length,
        },
        {
          revoked: { user: 'ann', scopes: ['admin'], createdMs: 1_000_000, revokedMs },
          again: { user: 'ann', scopes: ['admin'], createdMs: 1_000_000, revokedMs },
          check: 'revoked',
          recheck: 'revoked',
          other: ['ok', 'ok'],
          kept: 2,
        },
      );
      await rejects(subject.tokens.revoke('0123456789ab', 'ben'), { code: 'token.notFound' });
    });

    it('promise: no answer contains a token or its hash', async () => {
      const { secret } = await subject.tokens.create('ann', ['read'], 'root');
      const shown = JSON.stringify([await subject.tokens.list(), await subject.gate.check(secret)]);
      deepEqual(
        [shown.includes(secret.split('_').slice(2).join('_')), /[0-9a-f]{64}/.test(shown)],
        [false, false],
      );
    });
  });
}

describe('people of a team', () => {
  let admin: Database;
  let gateway: Database;
  let people: People;
  before(async function () {
    server = await PostgresServer.start(this);
    urls = await server.database('team');
    [admin, gateway] = [new Database({ url: urls.admin }), new Database({ url: urls.gateway })];
    people = new People(admin, wall, 'root');
    for (const id of ['ant', 'bee']) await people.addOrganisation(id, id.toUpperCase());
  });
  after(async () => {
    await Promise.all([admin?.close(), gateway?.close()]);
    await server?.stop();
  });

  it('keeps organisations and users, and says by name what is not there', async () => {
    await people.putUser('ant', 'ann', ['record'], { issuer: 'https://id', subject: 's1' });
    const disabled = await people.setDisabled('ant', 'ann', true);
    const enabled = await people.setDisabled('ant', 'ann', false);
    deepEqual(
      {
        organisations: (await people.organisations()).map(({ id, name }) => [id, name]),
        ant: (await people.users('ant')).map(({ id, scopes, createdBy, signIn }) => ({
          id,
          scopes,
          createdBy,
          signIn,
        })),
        bee: await people.users('bee'),
        disabled: disabled.disabledMs,
        enabled: enabled.disabledMs,
      },
      {
        organisations: [
          ['ant', 'ANT'],
          ['bee', 'BEE'],
        ],
        ant: [
          {
            id: 'ann',
            scopes: ['record'],
            createdBy: 'root',
            signIn: { issuer: 'https://id', subject: 's1' },
          },
        ],
        bee: [],
        disabled: nowMs,
        enabled: undefined,
      },
    );
    await rejects(people.addOrganisation('ant', 'x'), { code: 'organisation.exists' });
    await rejects(people.users('cat'), { code: 'organisation.notFound' });
    await rejects(people.setDisabled('bee', 'ann', true), { code: 'user.notFound' });
    await rejects(people.putUser('bee', 'ben', ['read'], { issuer: 'https://id', subject: 's1' }), {
      code: 'user.taken',
    });
    await rejects(people.removeOrganisation('cat'), { code: 'organisation.notFound' });
  });

  it('keeps the tokens of two organisations apart', async () => {
    const [ant, bee] = ['ant', 'bee'].map((id) => new PostgresTokens(gateway, id, wall)) as [
      PostgresTokens,
      PostgresTokens,
    ];
    const { token, secret } = await ant.create('ann', ['admin'], 'root');
    await bee.create('ann', ['read'], 'root');
    await rejects(bee.revoke(token.id, 'ann'), { code: 'token.notFound' });
    const check = await new PostgresGate(gateway, wall).check(secret);
    deepEqual(
      {
        ant: (await ant.list()).length,
        bee: (await bee.list()).map(({ organisation }) => organisation),
        check: check.kind === 'ok' && check.token.organisation,
      },
      { ant: 1, bee: ['bee'], check: 'ant' },
    );
  });

  it('promise: a disabled user has no access', async () => {
    const gate = new PostgresGate(gateway, wall);
    const { secret } = await new PostgresTokens(gateway, 'bee', wall).create(
      'ben',
      ['read'],
      'root',
    );
    const kinds: string[] = [];
    for (const disabled of [false, true, false]) {
      await people.setDisabled('bee', 'ben', disabled);
      kinds.push((await gate.check(secret)).kind);
    }
    deepEqual(kinds, ['ok', 'revoked', 'ok']);
  });

  it('promise: a demoted user has no token with the scope they had', async () => {
    const gate = new PostgresGate(gateway, wall);
    const { secret } = await new PostgresTokens(gateway, 'bee', wall).create(
      'eli',
      ['admin'],
      'root',
    );
    const scopes: unknown[] = [];
    for (const now of [['admin'], ['record'], ['read'], ['read', 'admin']] as const) {
      await people.putUser('bee', 'eli', now);
      const check = await gate.check(secret);
      scopes.push(check.kind === 'ok' ? check.token.scopes : check.kind);
    }
    deepEqual(scopes, [['admin'], ['record'], ['read'], ['admin', 'read']]);
  });

  it('counts the tokens of a user exactly when many are asked for at once', async () => {
    const tokens = new PostgresTokens(gateway, 'bee', wall);
    const made = await Promise.allSettled(
      Array.from({ length: 130 }, () => tokens.create('dan', ['read'], 'root')),
    );
    equal(made.filter(({ status }) => status === 'fulfilled').length, 100);
  });

  it('removes an organisation with all it has', async () => {
    await people.removeOrganisation('ant');
    const left = await server.sql<{ n: string }>(
      'team',
      "SELECT (SELECT count(*) FROM earmark.users WHERE organisation = 'ant') + (SELECT count(*) FROM earmark.tokens WHERE organisation = 'ant') AS n",
    );
    equal(Number(left[0]?.n), 0);
  });
});
