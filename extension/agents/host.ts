/** What the chat participant and the tools of agents need. */
import type { AgentConnection } from '../../agents/connection';
import type * as vscode from 'vscode';

/** What a tool needs of the window. */
export interface AgentHost {
  readonly connection: AgentConnection;
  /** The note of the session, if the panel shows it; written up to now. */
  shownNote(sessionId: string): Promise<vscode.Uri | undefined>;
}
