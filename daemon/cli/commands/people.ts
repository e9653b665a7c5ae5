/** `earmark orgs|users|database`: who uses a team's server, said to its database directly. */
import { userInfo } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { AccessScope } from '../../../protocol/tokens';
import type { TeamAdmin } from '../../teamAdmin';
import type { Environment } from '../environment';
import { UsageError } from '../failure';
import { table } from '../output';
import { FORMAT, SCOPES, user, type Format } from './tokenOptions';

const MAX_DAYS = 36_500;

interface Where {
  readonly database?: string;
}

export function databaseOption(): Option {
  return new Option(
    '--database <URL>',
    'postgres://role@host/database of a role in earmark_admin (or EARMARK_DATABASE)',
  );
}

/** @throws UsageError */
function databaseOf({ database }: Where): string {
  const url = database ?? process.env['EARMARK_DATABASE'];
  if (!url)
    throw new UsageError(
      'The database of the team is not named; give --database or set EARMARK_DATABASE.',
    );
  return url;
}

/** The server's part is a bundle of its own, which an editor's extension does not carry. */
function teamAdmin(): typeof import('../../teamAdmin') {
  try {
    // When it is asked for, not before; from the sources, `import()` would not find it.
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    return require('../../teamAdmin') as typeof import('../../teamAdmin');
  } catch (cause) {
    throw new UsageError(
      "This installation has no part for a team's server; run the command where the server is installed.",
      { cause },
    );
  }
}

/** @throws UsageError, EarmarkError store.unwritable and what `work` throws */
export async function asAdmin<T>(where: Where, work: (team: TeamAdmin) => Promise<T>): Promise<T> {
  return teamAdmin().withTeam(databaseOf(where), userInfo().username, work);
}

export function peopleCommands(program: Command, env: () => Environment): void {
  database(program, env);
  organisations(program, env);
  users(program, env);
}

function database(program: Command, env: () => Environment): void {
  const group = program
    .command('database')
    .summary('the database of a team')
    .description("Looks after the PostgreSQL database of a team's server.");
  group
    .command('migrate')
    .summary('bring the database to this version')
    .addOption(
      new Option(
        '--database <URL>',
        'postgres://owner@host/database of a role that may create roles and schemas (or EARMARK_DATABASE)',
      ),
    )
    .action(async (options: Where) => {
      const done = await teamAdmin().migrate(databaseOf(options));
      env().out.write(
        done.length === 0
          ? 'The database has this version already.\n'
          : `Applied ${done.join(', ')}.\n`,
      );
    });
}

function organisations(program: Command, env: () => Environment): void {
  const group = program
    .command('orgs')
    .summary("organisations of a team's server")
    .description('Adds, lists and removes organisations; none sees anything of another.');
  group
    .command('add')
    .summary('add an organisation')
    .argument('<ORG>', 'small letters, digits and -', organisation)
    .option('--name <NAME>', 'as people call it')
    .addOption(databaseOption())
    .action(async (id: string, options: Where & { name?: string }) => {
      await asAdmin(options, ({ people }) => people.addOrganisation(id, options.name ?? id));
      env().out.write(
        `Organisation ${id} is there; "earmark tokens create USER --org ${id}" lets somebody in.\n`,
      );
    });
  group
    .command('list')
    .summary('organisations there are')
    .addOption(FORMAT())
    .addOption(databaseOption())
    .action(async (options: Where & { format: Format }) => {
      const found = await asAdmin(options, ({ people }) => people.organisations());
      print(
        env(),
        options.format,
        found,
        'There are no organisations; add one with "earmark orgs add ORG".',
        ({ id, name, createdMs }) => [id, name, iso(createdMs)],
      );
    });
  group
    .command('remove')
    .summary('remove an organisation and everything that was said in it')
    .argument('<ORG>', 'which', organisation)
    .requiredOption('--yes', 'because nothing brings it back')
    .addOption(databaseOption())
    .action(async (id: string, options: Where) => {
      await asAdmin(options, ({ people }) => people.removeOrganisation(id));
      env().out.write(`Organisation ${id} is gone, with its users, tokens and sessions.\n`);
    });
  group
    .command('retention')
    .summary('how many days an organisation keeps what')
    .argument('<ORG>', 'which', organisation)
    .option('--audio <DAYS>', 'sound', days)
    .option('--transcript <DAYS>', 'what was said', days)
    .option('--insights <DAYS>', 'actions, decisions and the rest', days)
    .addOption(databaseOption())
    .action(
      async (
        id: string,
        {
          audio: audioDays,
          transcript: transcriptDays,
          insights: insightsDays,
          ...where
        }: Where & { audio?: number; transcript?: number; insights?: number },
      ) => {
        await asAdmin(where, ({ people }) =>
          people.setSetting(
            id,
            'retention',
            JSON.stringify({ audioDays, transcriptDays, insightsDays }),
          ),
        );
        env().out.write(
          `${id} keeps sound ${said(audioDays)}, transcripts ${said(transcriptDays)} and insights ${said(insightsDays)}; servers apply it within half an hour.\n`,
        );
      },
    );
}

function users(program: Command, env: () => Environment): void {
  const group = program
    .command('users')
    .summary('people of an organisation')
    .description('Adds, lists, disables and enables people of an organisation.');
  const org = (): Option =>
    new Option('--org <ORG>', 'of which organisation')
      .argParser(organisation)
      .makeOptionMandatory();
  group
    .command('add')
    .summary('add a person, or change what one may do')
    .argument('<USER>', 'letters, digits and ._@-', user)
    .addOption(org())
    .addOption(SCOPES())
    .option('--issuer <URL>', 'of the OpenID Connect provider that the person signs in with')
    .option('--subject <ID>', 'what the provider calls the person (sub)')
    .addOption(databaseOption())
    .action(
      async (
        id: string,
        options: Where & { org: string; scopes: AccessScope[]; issuer?: string; subject?: string },
      ) => {
        const { issuer, subject } = options;
        if ((issuer === undefined) !== (subject === undefined))
          throw new UsageError('Issuer and subject belong together; give --issuer and --subject.');
        const { scopes } = await asAdmin(options, ({ people }) =>
          people.putUser(
            options.org,
            id,
            options.scopes,
            issuer === undefined || subject === undefined ? undefined : { issuer, subject },
          ),
        );
        env().out.write(`${id} of ${options.org} may ${scopes.join(', ')}.\n`);
      },
    );
  group
    .command('list')
    .summary('people there are')
    .addOption(org())
    .addOption(FORMAT())
    .addOption(databaseOption())
    .action(async (options: Where & { org: string; format: Format }) => {
      const found = await asAdmin(options, ({ people }) => people.users(options.org));
      print(
        env(),
        options.format,
        found,
        `${options.org} has no people; "earmark users add USER --org ${options.org}" adds one.`,
        ({ id, scopes, signIn, createdMs, createdBy, disabledMs }) => [
          id,
          scopes.join(','),
          signIn ? `${signIn.subject} of ${signIn.issuer}` : 'by token',
          `added ${iso(createdMs)} by ${createdBy}`,
          disabledMs === undefined ? '' : `disabled ${iso(disabledMs)}`,
        ],
      );
    });
  for (const [name, disabled, summary] of [
    ['disable', true, 'let a person in no more; sessions stay'],
    ['enable', false, 'let a disabled person in again'],
  ] as const) {
    group
      .command(name)
      .summary(summary)
      .argument('<USER>', 'as "earmark users list" shows it', user)
      .addOption(org())
      .addOption(databaseOption())
      .action(async (id: string, options: Where & { org: string }) => {
        await asAdmin(options, ({ people }) => people.setDisabled(options.org, id, disabled));
        env().out.write(`${id} of ${options.org} is ${name}d.\n`);
      });
  }
}

export function organisation(text: string): string {
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(text))
    throw new InvalidArgumentError('It has 1 to 63 small letters, digits and -.');
  return text;
}

function days(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > MAX_DAYS)
    throw new InvalidArgumentError(`Give whole days, ${MAX_DAYS} at most.`);
  return value;
}

function said(value: number | undefined): string {
  return value === undefined ? 'for good' : `${value} ${value === 1 ? 'day' : 'days'}`;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function print<T>(
  { out }: Environment,
  format: Format,
  found: readonly T[],
  none: string,
  row: (one: T) => readonly string[],
): void {
  if (format === 'json') out.write(`${JSON.stringify(found, undefined, 2)}\n`);
  else out.write(found.length === 0 ? `${none}\n` : table(found.map(row), [out.style.bold]));
}
