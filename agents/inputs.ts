/**
 * Inputs of agents: the arguments of every tool, validated before any lookup. No argument names a
 * file of this machine.
 */
import { z } from 'zod';
import { InsightStatus } from '../protocol/insights';

/** C0 and C1 controls; a query needs none. */
const CONTROL = /[\p{Cc}]/u;

const plain = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .refine((text) => !CONTROL.test(text), 'Control characters have no place here');

const Session = z
  .string()
  .regex(
    /^[A-Za-z0-9_-]{1,100}$/,
    'Give the id of a session as list_sessions shows it, or its first letters',
  )
  .describe('Id of a session, or its first letters.');
const Day = z
  .string()
  .max(40)
  .regex(/^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:?\d{2})?)?$/, 'Write the date as 2026-11-21');
const Words = plain(500).refine(
  (text) => /[\p{L}\p{N}]/u.test(text),
  'Give words with letters or digits',
);
const limit = (most: number, usual: number) => z.number().int().min(1).max(most).default(usual);
const offset = z.number().int().min(0).max(1_000_000).default(0);

const InsightKinds = z.enum(['action', 'decision', 'risk', 'question', 'summary']);
export type ListedKind = z.infer<typeof InsightKinds>;

export const ListSessions = z.strictObject({
  limit: limit(100, 20),
  offset,
  running: z
    .boolean()
    .default(false)
    .describe('Only sessions that are being recorded or finished now.'),
});

export const Search = z.strictObject({
  query: Words.optional().describe(
    'Plain words; all of them must occur in a result. There is no query language.',
  ),
  kind: z
    .enum(['transcript', ...InsightKinds.options])
    .default('transcript')
    .describe('Transcripts, or one kind of insight.'),
  speaker: plain(200).optional().describe('Name of the speaker, or of the owner of an action.'),
  since: Day.optional(),
  until: Day.optional(),
  repository: plain(300).optional(),
  branch: plain(300).optional(),
  limit: limit(100, 20),
});

export const ReadSession = z.strictObject({
  session: Session,
  offset: offset.describe('First segment of the transcript to return.'),
  limit: limit(500, 200),
});

export const ListInsights = z.strictObject({
  session: Session,
  kinds: z.array(InsightKinds).min(1).max(5).default(['action', 'decision']),
  offset,
  limit: limit(200, 100),
});

export const LiveTranscript = z.strictObject({
  session: Session.optional().describe('If absent: the running meeting.'),
  after: z
    .number()
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .optional()
    .describe(
      'Cursor of the last answer: returns only newer text. If absent: the last words ' + 'so far.',
    ),
  minutes: z
    .number()
    .min(1)
    .max(120)
    .optional()
    .describe('Without a cursor: how many minutes back, from the last words.'),
  waitSeconds: z
    .number()
    .min(0)
    .max(30)
    .default(0)
    .describe('With a cursor: seconds to wait for new text.'),
});

/** A path inside the workspace: compared with links of insights, never opened. */
const CodeName = plain(300)
  .regex(
    /^[\p{L}\p{N}\p{M}_$.#@:~<>()/ -]+$/u,
    'Give a name as it stands in the code, or a path such as src/cache.ts',
  )
  .refine(
    (name) =>
      !/^(?:[/~]|[A-Za-z]:[/\\])/.test(name) &&
      !name.split('/').includes('..') &&
      !/^[a-z]+:\/\//i.test(name),
    'Give the path from the workspace folder, such as src/cache.ts',
  );

export const SaidAbout = z.strictObject({
  name: CodeName.describe(
    'A symbol (`retryWithBackoff`) or a file path relative to the workspace folder ' +
      '(`src/cache.ts`).',
  ),
  limit: limit(100, 30),
});

const InsightId = z
  .string()
  .regex(/^[A-Za-z0-9_.:-]{1,100}$/, 'Give the id of an insight as list_insights shows it');

export const ReviseInsight = z.strictObject({
  session: Session,
  insight: InsightId,
  status: InsightStatus.optional(),
  owner: plain(200).optional(),
  text: plain(2000).optional(),
});

export const OpenActions = z.strictObject({
  owner: plain(200).optional().describe('Name of the person who owns the actions.'),
  repository: plain(300).optional(),
  since: Day.optional().describe('Only sessions that started then or later.'),
  limit: limit(200, 50),
});

export const ChangesSince = z.strictObject({
  since: Day.describe('A date or time, such as 2026-11-21.'),
  repository: plain(300).optional(),
  limit: limit(100, 50),
});

export const TickAction = z.strictObject({
  session: Session,
  insight: InsightId,
  done: z.boolean().default(true).describe('False opens the action again.'),
});

export const AddNoteLine = z.strictObject({
  session: Session,
  text: plain(1000).describe('One line of plain text.'),
});

export const RenameSession = z.strictObject({ session: Session, title: plain(300) });
