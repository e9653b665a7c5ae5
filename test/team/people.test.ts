/**
 * `earmark database|orgs|users|tokens` against a real database, from an empty one to somebody who
 * may come in.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import { Database } from '../../daemon/adapters/postgres/database';
import { PostgresGate } from '../../daemon/adapters/postgres/postgresGate';
import { makeStyle, type Terminal } from '../../daemon/cli/output/output';
import { runCli } from '../../daemon/cli/program';
import { PostgresServer } from '../../testing/processes/postgresServer';

async function cli(
  args: readonly string[],
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const texts = ['', ''];
  const terminal = (at: 0 | 1): Terminal => ({
    isTTY: false,
    columns: 200,
    style: makeStyle(false),
    write: (text) => void (texts[at] += text),
    drained: () => Promise.resolve(),
  });
  const code = await runCli(args, { out: terminal(0), err: terminal(1) });
  return { code, out: texts[0] ?? '', err: texts[1] ?? '' };
}

describe('earmark orgs, users and tokens', () => {
  let server: PostgresServer;
  before(async function () {
    server = await PostgresServer.start(this);
    await server.sql('postgres', 'CREATE DATABASE cli');
  });
  after(() => server?.stop());

  const run = (text: string, url: string): ReturnType<typeof cli> =>
    cli([...text.split(' '), '--database', url]);
  const said = async (text: string, url: string): Promise<string> => {
    const { code, out, err } = await run(text, url);
    equal(code, 0, err);
    return out;
  };

  it('prepares a database, adds an organisation and people, and lets in who has a token', async () => {
    const owner = server.url('cli');
    const fresh = await said('database migrate', owner);
    const again = await said('database migrate', owner);
    for (const role of ['gateway', 'admin'])
      await server.sql('cli', `CREATE ROLE ${role} LOGIN IN ROLE earmark_${role}`);
    const admin = server.url('cli', 'admin');
    await said('orgs add ant --name Ant', admin);
    await said('orgs retention ant --transcript 30', admin);
    await said(
      'users add ann --org ant --scopes read,record --issuer https://id --subject s1',
      admin,
    );
    const { out, err } = await run('tokens create ann --org ant --expires 30d', admin);
    const [listed] = JSON.parse(
      await said('tokens list --org ant --format json', admin),
    ) as readonly {
      readonly id: string;
      readonly user: string;
      readonly scopes: readonly string[];
    }[];
    const database = new Database({ url: server.url('cli', 'gateway') });
    const gate = new PostgresGate(database, Date.now);
    const kinds = [(await gate.check(out.trim())).kind];
    match(await said('users disable ann --org ant', admin), /ann of ant is disabled/);
    kinds.push((await gate.check(out.trim())).kind);
    await said('users enable ann --org ant', admin);
    await said(`tokens revoke ${listed?.id ?? ''} --org ant`, admin);
    kinds.push((await gate.check(out.trim())).kind);
    const audit = await server.sql(
      'cli',
      'SELECT t.created_by = u.created_by AND t.revoked_by = t.created_by AS same, t.used_ms IS NOT NULL AS used, s.value FROM earmark.tokens t, earmark.users u, earmark.settings s',
    );
    await database.close();
    match(fresh, /^Applied 0001_team/);
    deepEqual(
      {
        again,
        listed: [listed?.user, listed?.scopes],
        said: /It is not shown again/.test(err),
        kinds,
        audit,
        users: /s1 of https:\/\/id/.test(await said('users list --org ant', admin)),
        orgs: /^ant +Ant/.test(await said('orgs list', admin)),
      },
      {
        again: 'The database is up to date.\n',
        listed: ['ann', ['record']],
        said: true,
        kinds: ['ok', 'revoked', 'revoked'],
        audit: [{ same: true, used: true, value: '{"transcriptDays":30}' }],
        users: true,
        orgs: true,
      },
    );
  }).timeout(30_000);

  it('says in one sentence what is missing or wrong', async () => {
    const admin = server.url('cli', 'admin');
    const failures = await Promise.all([
      cli(['orgs', 'list']),
      run('orgs add Ant', admin),
      run('users list --org bee', admin),
      run('orgs list', server.url('nothing', 'admin')),
      run('orgs remove ant', admin),
      run('users add ann --org ant --issuer https://id', admin),
    ]);
    deepEqual(
      failures.map(({ code, err }) => [
        code,
        err.trim().split('\n').length,
        /earmark: ([^;]*?)(?:;|\. |\.\n)/.exec(err)?.[1],
      ]),
      [
        [2, 1, 'No team database is named'],
        [2, 1, "Command-argument value 'Ant' is invalid for argument 'ORG'"],
        [1, 1, 'There is no organisation "bee"'],
        [1, 1, "The team's database refuses this server"],
        [2, 1, "Required option '--yes' not specified"],
        [2, 1, 'Give --issuer and --subject together'],
      ],
    );
  }).timeout(30_000);
});
