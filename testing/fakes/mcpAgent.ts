/** An agent with the official client: starts `earmark mcp` and calls its tools. */
import { deepEqual } from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

/** Lists in an answer; each tool fills some of them. */
export interface Item {
  readonly id: string;
  readonly session: string;
  readonly title: string;
  readonly state: string;
  readonly kind: string;
  readonly text: string;
  readonly speaker: string;
  readonly owner?: string;
  readonly status: string;
  readonly evidence: readonly { readonly segment: string; readonly quote: string }[];
  readonly symbols?: readonly { readonly name: string; readonly uri?: string }[];
}

export interface Answer {
  readonly actions: readonly Item[];
  readonly decisions: readonly Item[];
  readonly opened: readonly Item[];
  readonly closed: readonly Item[];
  readonly session: Item;
  readonly speakers: readonly string[];
  readonly sessions: readonly Item[];
  readonly segments: readonly Item[];
  readonly insights: readonly Item[];
  readonly hits: readonly Item[];
  readonly spokenAs: readonly string[];
  readonly cursor: number;
  readonly next?: string;
}

export interface ToolAnswer {
  readonly failed: boolean;
  readonly text: string;
}

export class McpAgent {
  readonly client = new Client({ name: 'test-agent', version: '0' });

  /** @param env variables besides the few that the SDK passes on */
  async start(
    { command, args }: { readonly command: string; readonly args: readonly string[] },
    env: Record<string, string>,
  ): Promise<void> {
    const inherited = Object.fromEntries(
      Object.entries(process.env).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      ),
    );
    await this.client.connect(
      new StdioClientTransport({
        command,
        args: [...args],
        env: { ...inherited, ...env },
        stderr: 'pipe',
      }),
    );
  }

  async call(name: string, input: Record<string, unknown> = {}): Promise<ToolAnswer> {
    const { content, isError, structuredContent } = (await this.client.callTool({
      name,
      arguments: input,
    })) as { content: { text: string }[]; isError?: boolean; structuredContent?: unknown };
    const text = content.map((part) => part.text).join('');
    // The client checks it against the tool's schema; it says the same as the text.
    if (isError !== true) deepEqual(structuredContent, JSON.parse(text));
    return { failed: isError === true, text };
  }

  /** @throws Error with the tool's message if the tool failed */
  async ask(name: string, input: Record<string, unknown> = {}): Promise<Answer> {
    const { failed, text } = await this.call(name, input);
    if (failed) throw new Error(text);
    return JSON.parse(text) as Answer;
  }

  async end(): Promise<void> {
    await this.client.close();
  }
}
