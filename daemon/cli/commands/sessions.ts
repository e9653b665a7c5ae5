/** `earmark sessions list|show|export|delete`: what was recorded. */
import { writeFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Connection } from '../../../client';
import { EarmarkError } from '../../../protocol/errors';
import { SessionDelete, SessionGet, SessionList, type SessionInfo } from '../../../protocol/session';
import type { ResultOf } from '../../../protocol/method';
import { renderExport, type ExportFormat } from '../../notes/exports';
import type { ExportSession } from '../../notes/types';
import { withDaemon, type Environment } from '../environment';
import { FORMATS } from '../formats';
import { laterCommand } from '../later';
import { clockTime, table } from '../output';
import { persist } from '../persist';

const LIST_DEFAULT = 100;
const LIST_MAX = 1000;
const GET_TIMEOUT_MS = 60_000;

export function sessionsCommand(program: Command, env: () => Environment): void {
  const sessions = program.command('sessions').summary('what was recorded').description('Lists, shows, exports and deletes sessions.');
  sessions
    .command('list')
    .summary('sessions, newest first')
    .addOption(new Option('--format <F>', 'what to print').choices(['text', 'json']).default('text'))
    .addOption(new Option('--limit <N>', 'at most so many').argParser(count).default(LIST_DEFAULT))
    .action(async (options: { format: 'text' | 'json'; limit: number }) => {
      const { sessions: found } = await withDaemon(env(), (c) => persist(c, SessionList, { limit: options.limit }));
      env().out.write(options.format === 'json' ? `${JSON.stringify(found, null, 2)}\n` : listText(env(), found));
    });
  sessions
    .command('show')
    .summary('one session')
    .argument('<ID>', 'a session, or the first letters of its id')
    .addOption(new Option('--format <F>', 'what to print').choices(FORMATS).default('md'))
    .action(async (id: string, options: { format: ExportFormat }) => {
      env().out.write(await withDaemon(env(), async (c) => renderExport(options.format, [await load(c, id)])));
    });
  sessions
    .command('export')
    .summary('one session as a file')
    .argument('<ID>', 'a session, or the first letters of its id')
    .addOption(new Option('--format <F>', 'what to write').choices(FORMATS).default('md'))
    .option('--output <FILE>', 'where to write it; standard output when absent')
    .action(async (id: string, options: { format: ExportFormat; output?: string }) => {
      const text = await withDaemon(env(), async (c) => renderExport(options.format, [await load(c, id)]));
      if (options.output === undefined) return env().out.write(text);
      write(options.output, text);
      env().err.write(`earmark: Wrote ${options.output}.\n`);
    });
  sessions
    .command('delete')
    .summary('remove sessions')
    .description('Removes sessions with their transcript, insights and audio. One that is running is stopped first.')
    .argument('<ID...>', 'sessions, or the first letters of their ids')
    .action(async (ids: string[]) => {
      await withDaemon(env(), async (c) => {
        for (const id of ids) await persist(c, SessionDelete, { sessionId: await fullId(c, id) });
      });
    });
  for (const name of ['search', 'recover', 'purge']) laterCommand(sessions, name, `sessions ${name}`);
}

function count(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 1 || n > LIST_MAX) throw new InvalidArgumentError(`It must be a whole number from 1 to ${LIST_MAX}.`);
  return n;
}

function listText(env: Environment, sessions: readonly SessionInfo[]): string {
  if (sessions.length === 0) return 'No sessions yet.\n';
  const { style } = env.out;
  return table(
    sessions.map((s) => [s.id, s.startedAt.slice(0, 16).replace('T', ' '), clockTime(s.durationMs).padStart(7), s.state === 'DONE' ? '' : s.state.toLowerCase(), s.title]),
    [style.dim, undefined, undefined, style.yellow],
  );
}

/** Takes the first letters of an id, as git does. @throws EarmarkError session.notFound */
async function fullId(connection: Connection, given: string): Promise<string> {
  const { sessions } = await persist(connection, SessionList, { limit: LIST_MAX });
  const matches = sessions.filter((s) => s.id === given || s.id.startsWith(given)).map((s) => s.id);
  if (matches.includes(given) || matches.length === 0) return given;
  if (matches.length > 1) throw new EarmarkError('session.notFound', `"${given}" stands for ${matches.length} sessions; give more of the id.`);
  return matches[0]!;
}

async function load(connection: Connection, id: string): Promise<ExportSession> {
  return exportSession(await persist(connection, SessionGet, { sessionId: await fullId(connection, id) }, { timeoutMs: GET_TIMEOUT_MS }));
}

function exportSession({ session, segments, speakers, insights, stats }: ResultOf<typeof SessionGet>): ExportSession {
  return { file: session.title, title: session.title, startedAt: session.startedAt, segments, speakers, insights, stats };
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text, { mode: 0o600 });
  } catch (cause) {
    throw new EarmarkError('note.unwritable', `${file} cannot be written; choose another place with --output.`, { cause });
  }
}
