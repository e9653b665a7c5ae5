/**
 * The tools that agents get: one definition for the MCP server and for the editor's chat. Tools
 * look up data; tools that change data need the user's consent. Spoken text is passed on as quoted
 * material.
 */
import type { z } from 'zod';
import { defined } from '../daemon/base/defined';
import { isEarmarkError } from '../protocol/errors';
import { InsightRevise } from '../protocol/insights';
import type { ParamsOf } from '../protocol/method';
import { SessionGet, SessionList, SessionRename, SessionSearch } from '../protocol/session';
import { type AgentConnection, fullId } from './connection';
import * as inputs from './inputs';
import { changesSince, openActions } from './insightLists';
import { liveTail } from './liveTail';
import * as outputs from './outputs';
import { placeOf, saidAbout } from './saidAbout';
import {
  ANSWER_MAX,
  answerText,
  fitting,
  insightShape,
  segmentShape,
  sessionShape,
} from './shapes';

type Answer = Record<string, unknown>;

export interface AgentTool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: z.ZodObject;
  readonly output: z.ZodObject;
  /** `read` changes nothing; `note` writes into the note's file and exists where notes can be reached. */
  readonly effect: 'read' | 'change' | 'note';
  /** @param input parsed by the schema */
  work(connection: AgentConnection, input: unknown, signal: AbortSignal): Promise<Answer>;
}

function tool<S extends z.ZodObject>(
  names: Pick<AgentTool, 'name' | 'title' | 'description'>,
  input: S,
  output: z.ZodObject,
  effect: AgentTool['effect'],
  work: (c: AgentConnection, input: z.output<S>, signal: AbortSignal) => Promise<Answer>,
): AgentTool {
  return { ...names, input, output, effect, work: work as AgentTool['work'] };
}

const listSessions = tool(
  {
    name: 'list_sessions',
    title: 'List sessions',
    description: 'Sessions, newest first: id, title, date, length, repository and branch.',
  },
  inputs.ListSessions,
  outputs.SessionsOutput,
  'read',
  async (connection, { limit, offset, running }) => {
    const { sessions } = await connection.request(SessionList, {
      limit,
      offset,
      ...(running && { active: true }),
    });
    const { shown } = fitting(sessions, sessionShape);
    return {
      sessions: shown,
      ...(shown.length === limit || shown.length < sessions.length
        ? { next: `Use offset ${offset + shown.length} for older sessions.` }
        : {}),
    };
  },
);

const search = tool(
  {
    name: 'search',
    title: 'Search transcripts',
    description:
      'Transcript parts that contain all words, best match first. With kind: ' +
      'decisions, actions, risks, open questions or summaries, newest session first.',
  },
  inputs.Search,
  outputs.SearchOutput,
  'read',
  async (connection, { limit, ...filters }) => {
    const { hits } = await connection.request(SessionSearch, { ...defined(filters), limit });
    const { shown, left } = fitting(hits, (hit) => ({
      ...placeOf(hit),
      ...(hit.segment && segmentShape(hit.segment)),
      ...(hit.insight && insightShape(hit.insight)),
    }));
    return {
      hits: shown,
      ...(left > 0 && { next: 'There are more results; narrow the search.' }),
    };
  },
);

const readSession = tool(
  {
    name: 'read_session',
    title: 'Read a session',
    description: 'The transcript of a session in pages, with speakers and times.',
  },
  inputs.ReadSession,
  outputs.TranscriptOutput,
  'read',
  async (connection, { session: given, offset, limit }) => {
    const { session, segments, speakers } = await connection.request(SessionGet, {
      sessionId: await fullId(connection, given),
    });
    const visible = segments.filter(({ hidden }) => hidden !== true);
    const { shown } = fitting(visible.slice(offset, offset + limit), segmentShape);
    const end = offset + shown.length;
    return {
      session: sessionShape(session),
      speakers: [
        ...new Set(
          speakers
            .filter(
              ({ name, turns }) =>
                turns?.length !== 0 || visible.some(({ speaker }) => speaker === name),
            )
            .map(({ name }) => name),
        ),
      ].slice(0, 50),
      of: visible.length,
      segments: shown,
      ...(end < visible.length && { next: `Use offset ${end} for the next page.` }),
    };
  },
);

const listInsights = tool(
  {
    name: 'list_insights',
    title: 'Decisions and actions',
    description:
      'Decisions and actions of a session; risks, open questions and summary on ' +
      'request. Each has an owner, due date, status and the quotes that support it.',
  },
  inputs.ListInsights,
  outputs.InsightsOutput,
  'read',
  async (connection, { session: given, kinds, offset, limit }) => {
    const { session, insights } = await connection.request(SessionGet, {
      sessionId: await fullId(connection, given),
    });
    const wanted = insights.filter(
      ({ kind, status }) =>
        kinds.includes(kind as inputs.ListedKind) &&
        status !== 'dismissed' &&
        status !== 'cancelled',
    );
    const { shown } = fitting(wanted.slice(offset, offset + limit), insightShape);
    const end = offset + shown.length;
    return {
      session: sessionShape(session),
      of: wanted.length,
      insights: shown,
      ...(end < wanted.length && { next: `Use offset ${end} for the next page.` }),
    };
  },
);

const liveTranscript = tool(
  {
    name: 'live_transcript',
    title: 'Follow the live transcript',
    description: 'The last words of the running meeting; with its cursor, only newer text.',
  },
  inputs.LiveTranscript,
  outputs.LiveOutput,
  'read',
  liveTail,
);

const saidAboutCode = tool(
  {
    name: 'said_about',
    title: 'Discussion of code',
    description:
      'Discussion of a symbol or a file of the code. Returns linked decisions, ' +
      'actions, questions and risks, and the transcript parts that contain its ' +
      'spoken words.',
  },
  inputs.SaidAbout,
  outputs.SaidAboutOutput,
  'read',
  saidAbout,
);

const openActionsTool = tool(
  {
    name: 'open_actions',
    title: 'Open actions',
    description: 'Actions of all sessions that are not done, newest session first, with quotes.',
  },
  inputs.OpenActions,
  outputs.OpenActionsOutput,
  'read',
  openActions,
);

const changes = tool(
  {
    name: 'changes_since',
    title: 'Changes since a date',
    description:
      'Sessions since a date, with the decisions, the actions that are open and the ' +
      'actions that are done.',
  },
  inputs.ChangesSince,
  outputs.ChangesOutput,
  'read',
  changesSince,
);

const tickAction = tool(
  {
    name: 'tick_action',
    title: 'Tick an action',
    description: 'Marks an action as done, or opens it again.',
  },
  inputs.TickAction,
  outputs.ChangedOutput,
  'change',
  async (connection, { session, insight: insightId, done }) => {
    const sessionId = await fullId(connection, session);
    await connection.request(InsightRevise, {
      sessionId,
      insightId,
      status: done ? 'done' : 'open',
    });
    return { changed: insightId };
  },
);

const reviseInsight = tool(
  {
    name: 'revise_insight',
    title: 'Change a decision or an action',
    description:
      'Sets the status, owner or text of an insight. Earmark keeps the change as a ' +
      "person's edit.",
  },
  inputs.ReviseInsight,
  outputs.ChangedOutput,
  'change',
  async (connection, { session, insight: insightId, ...change }) => {
    const sessionId = await fullId(connection, session);
    await connection.request(InsightRevise, {
      sessionId,
      insightId,
      ...defined(change),
    } as ParamsOf<typeof InsightRevise>);
    return { changed: insightId };
  },
);

const renameSession = tool(
  {
    name: 'rename_session',
    title: 'Rename a session',
    description: 'Sets the title of a session.',
  },
  inputs.RenameSession,
  outputs.ChangedOutput,
  'change',
  async (connection, { session, title }) => {
    const sessionId = await fullId(connection, session);
    await connection.request(SessionRename, { sessionId, title });
    return { changed: sessionId };
  },
);

const addNoteLine = tool(
  {
    name: 'add_note_line',
    title: 'Add a line to a note',
    description: 'Adds one line to the note of a session, as if the user had typed it.',
  },
  inputs.AddNoteLine,
  outputs.ChangedOutput,
  'note',
  async (connection, { session, text }) => {
    const sessionId = await fullId(connection, session);
    if (connection.addNoteLine === undefined) throw new Error('Notes cannot be reached.');
    await connection.addNoteLine(sessionId, text);
    return { changed: sessionId };
  },
);

export const AGENT_TOOLS: readonly AgentTool[] = [
  listSessions,
  search,
  readSession,
  listInsights,
  liveTranscript,
  saidAboutCode,
  openActionsTool,
  changes,
  tickAction,
  reviseInsight,
  renameSession,
  addNoteLine,
];

export type ToolResult =
  | { readonly kind: 'answer'; readonly text: string; readonly value: Answer }
  | { readonly kind: 'failed'; readonly text: string };

/**
 * Runs a tool. Secrets are removed from the answer; an error becomes a sentence for the agent.
 * @param input parsed by the tool's schema
 */
export async function runTool(
  { work }: AgentTool,
  connection: AgentConnection,
  input: unknown,
  signal: AbortSignal,
): Promise<ToolResult> {
  try {
    const text = answerText(await work(connection, input, signal));
    return text.length > ANSWER_MAX
      ? { kind: 'failed', text: 'The answer is too long; use a smaller limit.' }
      : { kind: 'answer', text, value: JSON.parse(text) as Answer };
  } catch (error) {
    return {
      kind: 'failed',
      text: isEarmarkError(error)
        ? error.message
        : 'Earmark could not answer; run "earmark doctor" to see why.',
    };
  }
}
