/** `earmark sessions list|show|search|export|recover|delete|purge`: manages recorded sessions. */
import { writeFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Connection } from '../../../client';
import { EarmarkError } from '../../../protocol/errors';
import { jsonText } from '../../../protocol/plainText';
import {
  SessionDelete,
  SessionGet,
  SessionList,
  SessionPurge,
  SessionRecover,
  SessionSearch,
  type SessionInfo,
} from '../../../protocol/session';
import type { ResultOf } from '../../../protocol/method';
import { renderExport, type ExportFormat } from '../../notes/exports';
import type { ExportSession } from '../../notes/types';
import { withDaemon, type Environment } from '../environment';
import { FORMATS } from '../output/formats';
import { removeNotes } from '../notePurge';
import { clockTime, table } from '../output/output';
import { persist } from '../persist';
import { calendarDay } from '../output/values';
import { fullId } from '../sessionId';
import { importCommand } from './sessionsImport';

const LIST_DEFAULT = 100;
const LIST_MAX = 1000;
const GET_TIMEOUT_MS = 60_000;
/** The whole database is rewritten. */
const PURGE_TIMEOUT_MS = 120_000;

export function sessionsCommand(program: Command, env: () => Environment): void {
  const sessions = program
    .command('sessions')
    .summary('manage recorded sessions')
    .description('Lists, shows, searches, exports, recovers, deletes and purges sessions.');
  sessions
    .command('list')
    .summary('list sessions, newest first')
    .addOption(
      new Option('--format <F>', 'output format').choices(['text', 'json']).default('text'),
    )
    .addOption(
      new Option('--limit <N>', 'maximum number of sessions')
        .argParser(count)
        .default(LIST_DEFAULT),
    )
    .action(async (options: { format: 'text' | 'json'; limit: number }) => {
      const { sessions: found } = await withDaemon(env(), (c) =>
        persist(c, SessionList, { limit: options.limit }),
      );
      env().out.write(
        options.format === 'json' ? `${jsonText(found, 2)}\n` : listText(env(), found),
      );
    });
  sessions
    .command('show')
    .summary('show one session')
    .argument('<ID>', 'session id, or its first letters')
    .addOption(new Option('--format <F>', 'output format').choices(FORMATS).default('md'))
    .action(async (id: string, options: { format: ExportFormat }) => {
      env().out.write(
        await withDaemon(env(), async (c) => renderExport(options.format, [await load(c, id)])),
      );
    });
  sessions
    .command('export')
    .summary('export one session to a file')
    .argument('<ID>', 'session id, or its first letters')
    .addOption(new Option('--format <F>', 'output format').choices(FORMATS).default('md'))
    .option('--output <FILE>', 'output file; default: standard output')
    .action(async (id: string, options: { format: ExportFormat; output?: string }) => {
      const text = await withDaemon(env(), async (c) =>
        renderExport(options.format, [await load(c, id)]),
      );
      if (options.output === undefined) return env().out.write(text);
      write(options.output, text);
      env().err.write(`earmark: Wrote ${options.output}.\n`);
    });
  importCommand(sessions, env);
  sessions
    .command('delete')
    .summary('remove sessions')
    .description(
      'Removes sessions with their transcript, insights and audio. Running sessions ' +
        'are stopped first.',
    )
    .argument('<ID...>', 'session ids, or their first letters')
    .action(async (ids: string[]) => {
      await withDaemon(env(), async (c) => {
        for (const id of ids) await persist(c, SessionDelete, { sessionId: await fullId(c, id) });
      });
    });
  sessions
    .command('search')
    .summary('search transcripts and insights')
    .description(
      'Searches all transcripts, or with --kind all decisions, actions or questions. ' +
        'Filters combine with AND; with a filter the words are optional.',
    )
    .argument('[WORDS...]', 'words to find; all must occur')
    .addOption(
      new Option('--kind <K>', 'type of result').choices(SEARCH_KINDS).default('transcript'),
    )
    .option('--speaker <NAME>', 'name of the speaker, or the owner of an action')
    .option('--since <DATE>', 'only sessions since this day (2026-11-21)', calendarDay)
    .option('--until <DATE>', 'only sessions until this day', calendarDay)
    .option('--repo <NAME>', 'repository of the session')
    .option('--branch <NAME>', 'branch of the session')
    .option('--symbol <NAME>', 'name from the code')
    .addOption(
      new Option('--format <F>', 'output format').choices(['text', 'json']).default('text'),
    )
    .addOption(
      new Option('--limit <N>', 'maximum number of results').argParser(count).default(LIST_DEFAULT),
    )
    .action(
      async (
        words: string[],
        {
          format,
          repo,
          ...options
        }: { format: 'text' | 'json'; limit: number; repo?: string } & Filters,
      ) => {
        const { hits } = await withDaemon(env(), (c) =>
          persist(c, SessionSearch, {
            ...options,
            ...(words.length === 0 ? {} : { query: words.join(' ') }),
            ...(repo === undefined ? {} : { repository: repo }),
          }),
        );
        const { out } = env();
        out.write(format === 'json' ? `${jsonText(hits, 2)}\n` : hitsText(env(), hits));
      },
    );
  sessions
    .command('recover')
    .summary('finish an interrupted session')
    .description(
      'Transcribes the remaining audio of an interrupted session, and completes ' +
        'insights that failed.',
    )
    .argument('<ID>', 'session id, or its first letters')
    .action(async (given: string) =>
      env().err.write(
        `earmark: ${await withDaemon(env(), async (c) => recover(c, await fullId(c, given)))}\n`,
      ),
    );
  sessions
    .command('purge')
    .summary('remove every trace of sessions')
    .description(
      'Erases sessions from the database, its index and its free pages, and deletes ' +
        'their audio. With --note it deletes their notes too.',
    )
    .argument('<ID...>', 'session ids, or their first letters')
    .option(
      '--note [PATH]',
      'also delete the note: a file, or a folder of notes (default: .earmark)',
    )
    .action(async (ids: string[], options: { note?: string | true }) => {
      await withDaemon(env(), async (c) => {
        for (const given of ids) {
          const sessionId = await fullId(c, given);
          const { removed } = await persist(
            c,
            SessionPurge,
            { sessionId },
            { timeoutMs: PURGE_TIMEOUT_MS },
          );
          const notes =
            options.note === undefined
              ? []
              : removeNotes(options.note === true ? '.earmark' : options.note, sessionId);
          env().out.write(purgedText(sessionId, removed, notes));
        }
      });
    });
}

const SEARCH_KINDS = [
  'transcript',
  'action',
  'decision',
  'risk',
  'question',
  'entity',
  'summary',
] as const;

interface Filters {
  readonly kind: (typeof SEARCH_KINDS)[number];
  readonly speaker?: string;
  readonly since?: string;
  readonly until?: string;
  readonly branch?: string;
  readonly symbol?: string;
}

function count(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 1 || n > LIST_MAX)
    throw new InvalidArgumentError(`Use a whole number from 1 to ${LIST_MAX}.`);
  return n;
}

function listText(env: Environment, sessions: readonly SessionInfo[]): string {
  if (sessions.length === 0) return 'No sessions yet.\n';
  const { style } = env.out;
  return table(
    sessions.map((s) => [
      s.id,
      s.startedAt.slice(0, 16).replace('T', ' '),
      clockTime(s.durationMs).padStart(7),
      s.state === 'DONE' ? '' : s.state.toLowerCase(),
      s.title,
    ]),
    [style.dim, undefined, undefined, style.yellow],
  );
}

function hitsText(env: Environment, hits: ResultOf<typeof SessionSearch>['hits']): string {
  if (hits.length === 0) return 'Nothing was found.\n';
  const { style } = env.out;
  return table(
    hits.map(({ sessionId, title, segment, insight }) => [
      sessionId,
      clockTime(segment?.startMs ?? insight?.evidence[0]?.startMs ?? 0).padStart(7),
      title,
      segment?.speaker ?? insight?.owner ?? '',
      segment?.text ?? insight?.text ?? '',
    ]),
    [style.dim, undefined, undefined, style.yellow],
  );
}

/** Waits until the session has ended. @returns a sentence for the user */
async function recover(connection: Connection, sessionId: string): Promise<string> {
  const { left, state } = await persist(
    connection,
    SessionRecover,
    { sessionId },
    { timeoutMs: GET_TIMEOUT_MS },
  );
  if (!left)
    return state === 'DONE'
      ? 'The session is already complete.'
      : 'Nothing to recover: the disk has no audio of this session.';
  let reason = '';
  const last = await new Promise<string>((resolve, reject) => {
    connection
      .attach(sessionId, 0, (event) => {
        if (event.kind === 'error') reason = event.message;
        if (event.kind === 'state') latest = event.to;
        if (settled && (latest === 'DONE' || latest === 'FAILED')) resolve(latest);
      })
      .then((subscription) => {
        settled = true;
        latest = subscription.session.state;
        subscription.onDidLose(reject);
        if (latest === 'DONE' || latest === 'FAILED') resolve(latest);
      }, reject);
    let latest = '';
    let settled = false;
  });
  if (last === 'DONE') return 'The session is complete.';
  throw new EarmarkError(
    'engine.unavailable',
    reason || 'Could not finish the session; run "earmark doctor".',
  );
}

function purgedText(
  sessionId: string,
  removed: ResultOf<typeof SessionPurge>['removed'],
  notes: readonly string[],
): string {
  const { segments, insights, events, audioFiles, setAside, unread = 0 } = removed;
  const parts = [
    `${segments} transcript segments`,
    `${insights} insights`,
    `${events} events`,
    `${audioFiles} audio files`,
    'its search index',
  ];
  if (setAside > 0) parts.push(`${setAside} earlier damaged databases`);
  return (
    `${sessionId}: removed ${parts.join(', ')}.\n` +
    `${notes.map((file) => `${sessionId}: removed the note ${file}.\n`).join('')}` +
    (unread > 0
      ? `${unread} unreadable databases (earmark.db.unread-…) are left in the state folder. ` +
        'They may hold the session; delete them if you need nothing from them.\n'
      : '')
  );
}

async function load(connection: Connection, id: string): Promise<ExportSession> {
  return exportSession(
    await persist(
      connection,
      SessionGet,
      { sessionId: await fullId(connection, id) },
      { timeoutMs: GET_TIMEOUT_MS },
    ),
  );
}

function exportSession({
  session,
  segments,
  speakers,
  insights,
  stats,
}: ResultOf<typeof SessionGet>): ExportSession {
  return {
    file: session.title,
    title: session.title,
    startedAt: session.startedAt,
    segments,
    speakers,
    insights,
    stats,
  };
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text, { mode: 0o600 });
  } catch (cause) {
    throw new EarmarkError(
      'note.unwritable',
      `Could not write ${file}; choose another file with --output.`,
      { cause },
    );
  }
}
