/**
 * `earmark tokens create|list|revoke`: manages network access to this daemon or to a team server.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  type AccessScope,
  TokensCreate,
  TokensList,
  TokensRevoke,
  type TokenInfo,
} from '../../../protocol/tokens';
import type { AccessToken } from '../../base/identity';
import { withDaemon, type Environment } from '../environment';
import { table } from '../output/output';
import { asAdmin, databaseOption, organisation } from './people';
import { FORMAT, SCOPES, user, type Format } from './tokenOptions';

const UNITS_MS = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 } as const;
const MAX_EXPIRY_MS = 10 * 365 * UNITS_MS.d;

/** With an organisation the command uses the team's database, otherwise the daemon. */
interface Where {
  readonly org?: string;
  readonly database?: string;
}

export function tokensCommand(program: Command, env: () => Environment): void {
  const tokens = program
    .command('tokens')
    .summary('manage access over the network')
    .description(
      'Creates, lists and revokes tokens for access to this daemon from other ' +
        "machines. With --org: tokens of a team's server, in its database.",
    );
  const org = (): Option =>
    new Option('--org <ORG>', "id of an organisation on a team's server").argParser(organisation);
  tokens
    .command('create')
    .summary('create a token and print it once')
    .argument('<USER>', 'owner of the token: letters, digits and ._@-', user)
    .addOption(SCOPES())
    .addOption(new Option('--expires <TIME>', 'lifetime: 12h, 30d, 8w').argParser(duration))
    .addOption(org())
    .addOption(databaseOption())
    .action((name: string, options: Where & { scopes: AccessScope[]; expires?: number }) =>
      create(env(), name, options),
    );
  tokens
    .command('list')
    .summary('list tokens')
    .addOption(FORMAT())
    .addOption(org())
    .addOption(databaseOption())
    .action((options: Where & { format: Format }) => list(env(), options));
  tokens
    .command('revoke')
    .summary('revoke tokens and close their connections')
    .argument('<ID...>', 'ids from "earmark tokens list"')
    .addOption(org())
    .addOption(databaseOption())
    .action((ids: string[], options: Where) => revoke(env(), ids, options));
}

function duration(text: string): number {
  const match = /^(\d{1,5})([mhdw])$/.exec(text);
  const ms = Number(match?.[1]) * UNITS_MS[(match?.[2] ?? 'm') as keyof typeof UNITS_MS];
  if (!(ms > 0 && ms <= MAX_EXPIRY_MS))
    throw new InvalidArgumentError('Write it as 12h, 30d or 8w; the maximum is ten years.');
  return ms;
}

async function create(
  env: Environment,
  name: string,
  { scopes, expires, org, ...where }: Where & { scopes: AccessScope[]; expires?: number },
): Promise<void> {
  const { token, info } =
    org === undefined
      ? await withDaemon(env, (connection) =>
          connection.request(TokensCreate, {
            user: name,
            scopes,
            ...(expires === undefined ? {} : { expiresInMs: expires }),
          }),
        )
      : await asAdmin(where, async (team) => {
          const made = await (
            await team.tokens(org)
          ).create(name, scopes, team.by, expires === undefined ? undefined : Date.now() + expires);
          return { token: made.secret, info: infoOf(made.token) };
        });
  env.out.write(`${token}\n`);
  env.err.write(
    `earmark: Token ${info.id} for ${info.user} (${info.scopes.join(', ')}` +
      `${info.expiresAt === undefined ? '' : `, until ${info.expiresAt}`}). It is not ` +
      'shown again.\n',
  );
}

async function list(
  env: Environment,
  { format, org, ...where }: Where & { format: Format },
): Promise<void> {
  const tokens =
    org === undefined
      ? (await withDaemon(env, (connection) => connection.request(TokensList, {}))).tokens
      : await asAdmin(where, async (team) => (await (await team.tokens(org)).list()).map(infoOf));
  if (format === 'json') return void env.out.write(`${JSON.stringify(tokens, undefined, 2)}\n`);
  env.out.write(
    tokens.length === 0
      ? 'There are no tokens; create one with "earmark tokens create USER".\n'
      : table(
          tokens.map((t) => [t.id, t.user, t.scopes.join(','), standing(t)]),
          [env.out.style.dim],
        ),
  );
}

function standing({ revokedAt, expiresAt }: TokenInfo): string {
  if (revokedAt !== undefined) return `revoked ${revokedAt}`;
  if (expiresAt === undefined) return 'does not expire';
  return Date.parse(expiresAt) <= Date.now() ? `expired ${expiresAt}` : `until ${expiresAt}`;
}

async function revoke(
  env: Environment,
  ids: readonly string[],
  { org, ...where }: Where,
): Promise<void> {
  const each = async (
    end: (id: string) => Promise<{ readonly id: string; readonly user: string }>,
  ): Promise<void> => {
    for (const id of ids) {
      const ended = await end(id);
      env.out.write(`Token ${ended.id} of ${ended.user} is revoked.\n`);
    }
  };
  if (org === undefined)
    return withDaemon(env, (connection) =>
      each(async (id) => (await connection.request(TokensRevoke, { id })).info),
    );
  await asAdmin(where, async (team) => {
    const tokens = await team.tokens(org);
    await each((id) => tokens.revoke(id, team.by));
  });
}

function infoOf({
  id,
  user: name,
  scopes,
  createdMs,
  expiresMs,
  revokedMs,
}: AccessToken): TokenInfo {
  const iso = (ms: number): string => new Date(ms).toISOString();
  return {
    id,
    user: name,
    scopes: [...scopes],
    createdAt: iso(createdMs),
    ...(expiresMs === undefined ? {} : { expiresAt: iso(expiresMs) }),
    ...(revokedMs === undefined ? {} : { revokedAt: iso(revokedMs) }),
  };
}
