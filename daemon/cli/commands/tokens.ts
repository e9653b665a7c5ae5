/** `earmark tokens create|list|revoke`: who may use this daemon over the network. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { Scope, TokensCreate, TokensList, TokensRevoke, type TokenInfo } from '../../../protocol/tokens';
import { withDaemon, type Environment } from '../environment';
import { table } from '../output';

const UNITS_MS = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 } as const;
const MAX_EXPIRY_MS = 10 * 365 * UNITS_MS.d;

export function tokensCommand(program: Command, env: () => Environment): void {
  const tokens = program.command('tokens').summary('who may use this daemon over the network').description('Makes, lists and revokes the tokens of people who use this daemon from other machines.');
  tokens
    .command('create')
    .summary('make a token and print it, this once')
    .argument('<USER>', 'whose sessions it sees: letters, digits and ._@-', user)
    .addOption(new Option('--scopes <LIST>', 'any of read, record, admin, with commas between').argParser(scopes).default(['record'], 'record'))
    .addOption(new Option('--expires <TIME>', 'when it ends: 12h, 30d, 8w').argParser(duration))
    .action((name: string, options: { scopes: Scope[]; expires?: number }) => create(env(), name, options));
  tokens
    .command('list')
    .summary('tokens that were made')
    .addOption(new Option('--format <F>', 'what to print').choices(['text', 'json']).default('text'))
    .action((options: { format: 'text' | 'json' }) => list(env(), options.format));
  tokens
    .command('revoke')
    .summary('end tokens; connections that they opened are closed')
    .argument('<ID...>', 'as "earmark tokens list" shows them')
    .action((ids: string[]) => revoke(env(), ids));
}

function user(text: string): string {
  if (!/^[A-Za-z0-9._@-]{1,64}$/.test(text)) throw new InvalidArgumentError('It has 1 to 64 letters, digits and ._@-.');
  return text;
}

function scopes(text: string): Scope[] {
  const parsed = Scope.array().min(1).safeParse([...new Set(text.split(',').map((s) => s.trim()))]);
  if (!parsed.success) throw new InvalidArgumentError('Choose from read, record and admin.');
  return parsed.data;
}

function duration(text: string): number {
  const match = /^(\d{1,5})([mhdw])$/.exec(text);
  const ms = Number(match?.[1]) * UNITS_MS[(match?.[2] ?? 'm') as keyof typeof UNITS_MS];
  if (!(ms > 0 && ms <= MAX_EXPIRY_MS)) throw new InvalidArgumentError('Write it as 12h, 30d or 8w; ten years at most.');
  return ms;
}

async function create(env: Environment, name: string, options: { scopes: Scope[]; expires?: number }): Promise<void> {
  const { token, info } = await withDaemon(env, (connection) => connection.request(TokensCreate, { user: name, scopes: options.scopes, ...(options.expires === undefined ? {} : { expiresInMs: options.expires }) }));
  env.out.write(`${token}\n`);
  env.err.write(`earmark: This is token ${info.id} for ${info.user} (${info.scopes.join(', ')}${info.expiresAt === undefined ? '' : `, until ${info.expiresAt}`}); it is not shown again.\n`);
}

async function list(env: Environment, format: 'text' | 'json'): Promise<void> {
  const { tokens } = await withDaemon(env, (connection) => connection.request(TokensList, {}));
  if (format === 'json') return void env.out.write(`${JSON.stringify(tokens, undefined, 2)}\n`);
  env.out.write(tokens.length === 0 ? 'There are no tokens; make one with "earmark tokens create USER".\n' : table(tokens.map((t) => [t.id, t.user, t.scopes.join(','), standing(t)]), [env.out.style.dim]));
}

function standing({ revokedAt, expiresAt }: TokenInfo): string {
  if (revokedAt !== undefined) return `revoked ${revokedAt}`;
  if (expiresAt === undefined) return 'does not expire';
  return Date.parse(expiresAt) <= Date.now() ? `expired ${expiresAt}` : `until ${expiresAt}`;
}

async function revoke(env: Environment, ids: readonly string[]): Promise<void> {
  await withDaemon(env, async (connection) => {
    for (const id of ids) {
      const { info } = await connection.request(TokensRevoke, { id });
      env.out.write(`Token ${info.id} of ${info.user} is revoked.\n`);
    }
  });
}
