/** `earmark orgs|users|database`: manages users of a team server directly in its database. */
import { userInfo } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { AccessScope } from '../../../protocol/tokens';
import type { TeamAdmin } from '../../teamAdmin';
import type { Environment } from '../environment';
import { UsageError } from '../output/failure';
import { table } from '../output/output';
import { FORMAT, SCOPES, user, type Format } from './tokenOptions';

const MAX_DAYS = 36_500;

interface Where {
  readonly database?: string;
}

export function databaseOption(): Option {
  return new Option(
    '--database <URL>',
    'postgres://role@host/database, with a role in earmark_admin (or ' + 'EARMARK_DATABASE)',
  );
}

/** @throws UsageError */
function databaseOf({ database }: Where): string {
  const url = database ?? process.env['EARMARK_DATABASE'];
  if (!url)
    throw new UsageError('No team database is named; give --database or set EARMARK_DATABASE.');
  return url;
}

/** The server's part is a separate bundle, which an editor's extension does not contain. */
function teamAdmin(): typeof import('../../teamAdmin') {
  try {
    // When it is asked for, not before; from the sources, `import()` would not find it.
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    return require('../../teamAdmin') as typeof import('../../teamAdmin');
  } catch (cause) {
    throw new UsageError(
      'This installation has no team server; run the command on the machine of the ' + 'server.',
      { cause },
    );
  }
}

/** @throws UsageError, EarmarkError store.unwritable and the errors of `work` */
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
    .summary('manage the database of a team')
    .description("Manages the PostgreSQL database of a team's server.");
  group
    .command('migrate')
    .summary('upgrade the database to this version')
    .addOption(
      new Option(
        '--database <URL>',
        'postgres://owner@host/database, with a role that may create roles and schemas ' +
          '(or EARMARK_DATABASE)',
      ),
    )
    .action(async (options: Where) => {
      const done = await teamAdmin().migrate(databaseOf(options));
      env().out.write(
        done.length === 0 ? 'The database is up to date.\n' : `Applied ${done.join(', ')}.\n`,
      );
    });
}

function organisations(program: Command, env: () => Environment): void {
  const group = program
    .command('orgs')
    .summary("manage the organisations of a team's server")
    .description(
      "Adds, lists and removes organisations. Organisations cannot see each other's " + 'data.',
    );
  group
    .command('add')
    .summary('add an organisation')
    .argument('<ORG>', 'id: lowercase letters, digits and -', organisation)
    .option('--name <NAME>', 'display name')
    .addOption(databaseOption())
    .action(async (id: string, options: Where & { name?: string }) => {
      await asAdmin(options, ({ people }) => people.addOrganisation(id, options.name ?? id));
      env().out.write(
        `Added the organisation ${id}; "earmark tokens create USER --org ${id}" gives ` +
          'a person access.\n',
      );
    });
  group
    .command('list')
    .summary('list organisations')
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
    .summary('remove an organisation with all its sessions')
    .argument('<ORG>', 'which', organisation)
    .requiredOption('--yes', 'confirm the removal; it cannot be undone')
    .addOption(databaseOption())
    .action(async (id: string, options: Where) => {
      await asAdmin(options, ({ people }) => people.removeOrganisation(id));
      env().out.write(`Removed the organisation ${id} with its users, tokens and sessions.\n`);
    });
  group
    .command('retention')
    .summary('set how many days an organisation stores its data')
    .argument('<ORG>', 'which', organisation)
    .option('--audio <DAYS>', 'audio', days)
    .option('--transcript <DAYS>', 'transcripts', days)
    .option('--insights <DAYS>', 'actions, decisions and other insights', days)
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
          `${id} stores audio ${said(audioDays)}, transcripts ${said(transcriptDays)} ` +
            `and insights ${said(insightsDays)}; servers apply this within half an hour.\n`,
        );
      },
    );
}

function users(program: Command, env: () => Environment): void {
  const group = program
    .command('users')
    .summary('manage the people of an organisation')
    .description('Adds, lists, disables and enables the people of an organisation.');
  const org = (): Option =>
    new Option('--org <ORG>', 'id of the organisation')
      .argParser(organisation)
      .makeOptionMandatory();
  group
    .command('add')
    .summary("add a person, or change the person's permissions")
    .argument('<USER>', 'id: letters, digits and ._@-', user)
    .addOption(org())
    .addOption(SCOPES())
    .option('--issuer <URL>', "issuer of the person's OpenID Connect provider")
    .option('--subject <ID>', "the provider's subject (sub) of the person")
    .addOption(databaseOption())
    .action(
      async (
        id: string,
        options: Where & { org: string; scopes: AccessScope[]; issuer?: string; subject?: string },
      ) => {
        const { issuer, subject } = options;
        if ((issuer === undefined) !== (subject === undefined))
          throw new UsageError('Give --issuer and --subject together.');
        const { scopes } = await asAdmin(options, ({ people }) =>
          people.putUser(
            options.org,
            id,
            options.scopes,
            issuer === undefined || subject === undefined ? undefined : { issuer, subject },
          ),
        );
        env().out.write(`${id} of ${options.org} can ${scopes.join(', ')}.\n`);
      },
    );
  group
    .command('list')
    .summary('list people')
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
      .argument('<USER>', 'id from "earmark users list"', user)
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
    throw new InvalidArgumentError('Use 1 to 63 lowercase letters, digits and -.');
  return text;
}

function days(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > MAX_DAYS)
    throw new InvalidArgumentError(`Use a whole number of days, ${MAX_DAYS} at most.`);
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
