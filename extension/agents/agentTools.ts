/**
 * The tools for language models and the chat participant. A bundle of its own, loaded by the first
 * call.
 */
import * as vscode from 'vscode';
import { answerQuestion, type AnswerKind, type Quote } from '../../agents/ask';
import { fullId } from '../../agents/connection';
import { clock } from '../../agents/shapes';
import { AGENT_TOOLS, type AgentTool, runTool } from '../../agents/tools';
import { markdownText } from '../../protocol/plainText';
import { isEarmarkError } from '../../protocol/errors';
import { SessionGet } from '../../protocol/session';
import type { AgentHost } from './host';
import { addNoteLine } from './noteLine';

/** Opens a quote in the panel. */
const OPEN_QUOTE = 'earmark.openQuote';
/** Characters of arguments in a question for consent. */
const SHOWN_MAX = 400;

export const toolNamed = (name: string): AgentTool | undefined =>
  AGENT_TOOLS.find((tool) => `earmark_${tool.name}` === name);

/** The question before a tool changes something; undefined for a tool that reads. */
export async function consentFor(
  { effect, title }: AgentTool,
  input: unknown,
  { connection }: AgentHost,
): Promise<vscode.LanguageModelToolConfirmationMessages | undefined> {
  if (effect === 'read') return undefined;
  const { session, insight, ...rest } = input as Record<string, unknown>;
  const names = await namesOf(connection, String(session), insight).catch(() => []);
  const message = new vscode.MarkdownString();
  message.appendText(
    [...names, ...Object.entries(rest).map(([name, value]) => `${name}: ${String(value)}`)]
      .join('\n')
      .slice(0, SHOWN_MAX),
  );
  return { title: vscode.l10n.t('Earmark: {0}?', title), message };
}

/** Title of the session and text of the insight, as the user knows them. */
async function namesOf(
  connection: AgentHost['connection'],
  session: string,
  insight: unknown,
): Promise<string[]> {
  const found = await connection.request(SessionGet, {
    sessionId: await fullId(connection, session),
  });
  const item = found.insights.find(({ id }) => id === insight);
  return [found.session.title, ...(item ? [item.text] : [])];
}

/** @throws Error with a sentence for the agent */
export async function invokeTool(
  tool: AgentTool,
  input: unknown,
  { connection, shownNote }: AgentHost,
  token: vscode.CancellationToken,
): Promise<vscode.LanguageModelToolResult> {
  const parsed = tool.input.safeParse(input);
  if (!parsed.success)
    throw new Error(
      parsed.error.issues.map(({ message, path }) => `${message} at ${path.join('.')}`).join('; '),
    );
  const cancel = new AbortController();
  const listening = token.onCancellationRequested(() => cancel.abort());
  try {
    const result = await runTool(
      tool,
      {
        request: (type, params) => connection.request(type, params),
        attach: (...args) => connection.attach(...args),
        addNoteLine: async (sessionId, text) =>
          addNoteLine(sessionId, text, await shownNote(sessionId)),
      },
      parsed.data,
      cancel.signal,
    );
    if (result.kind === 'failed') throw new Error(result.text);
    return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(result.text)]);
  } finally {
    listening.dispose();
  }
}

/** Answers in the chat with quotes. It asks no language model. */
export async function answerChat(
  { prompt, command }: Pick<vscode.ChatRequest, 'prompt' | 'command'>,
  stream: vscode.ChatResponseStream,
  { connection }: AgentHost,
): Promise<void> {
  try {
    const { kind, quotes } = await answerQuestion(connection, prompt.slice(0, 2000), command);
    stream.markdown(`${quotes.length === 0 ? nothing(kind) : heading(kind)}\n\n`);
    for (const quote of quotes) stream.markdown(quoted(quote));
  } catch (error) {
    if (!isEarmarkError(error)) throw error;
    stream.markdown(markdownText(error.message));
  }
}

function heading(kind: AnswerKind): string {
  if (kind === 'live') return vscode.l10n.t('The last words of the running meeting:');
  if (kind === 'actions') return vscode.l10n.t('Open actions:');
  if (kind === 'decisions') return vscode.l10n.t('Decisions:');
  return vscode.l10n.t('Passages, the best match first:');
}

const nothing = (kind: AnswerKind): string =>
  kind === 'live'
    ? vscode.l10n.t('No meeting is running, or nothing was recognised yet.')
    : vscode.l10n.t('No meeting has words like these. Try other words, or a name.');

/** Words of Markdown that are shown as they are. */
const literal = (text: string): string =>
  markdownText(text).replace(/[\\`*_{}[\]()#+\-!|~$&]/g, '\\$&');

function quoted({ sessionId, segmentId, title, startedAt, startMs, who, quote, insight }: Quote) {
  const link = `command:${OPEN_QUOTE}?${encodeURIComponent(JSON.stringify([sessionId, segmentId]))}`;
  const time = `[${clock(startMs)}](${link})`;
  const by = who === '' ? '' : `${literal(who)}, `;
  const from = `${literal(title)}, ${startedAt.slice(0, 10)}`;
  const text = new vscode.MarkdownString(
    `${insight ? `**${literal(insight.text)}**\n\n` : ''}> “${literal(quote)}”\n>\n> ${by}${time} · ${from}\n\n`,
  );
  text.isTrusted = { enabledCommands: [OPEN_QUOTE] };
  return text;
}
