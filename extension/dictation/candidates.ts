/**
 * The names that dictation may mean, nearest first. The first answer uses cached names only, so
 * dictation starts without a wait. Later names follow while the user speaks.
 */
import * as vscode from 'vscode';
import type { SymbolIndex, WorkspaceNames } from '../code/symbolIndex';
import { people, workspaceInfo } from '../meeting/workspaceInfo';
import { settings } from '../settings/settings';
import { rankCandidates } from './rankCandidates';

/** Maximum number of names that the daemon accepts and handles in time. */
const LIMIT = 2_000;

export class Candidates {
  /** Branch and authors of the repository. */
  private repository: readonly string[] = [];

  constructor(private readonly index: SymbolIndex) {}

  /** The nearest names to a line (from 0) of a document. Answers at once from the cache. */
  near(document: vscode.TextDocument | undefined, line: number): string[] {
    return this.ranked(document, line, this.index.workspace);
  }

  /**
   * Names found in the workspace and repository that are not in `before`; empty if there are none.
   */
  async more(
    document: vscode.TextDocument | undefined,
    line: number,
    before: readonly string[],
  ): Promise<string[]> {
    const refreshed = this.index.refreshWorkspace();
    if (refreshed === undefined) return [];
    const folder = vscode.workspace.workspaceFolders?.[0];
    const [workspace, info, authors] = await Promise.all([
      refreshed,
      workspaceInfo(folder),
      people(folder),
    ]);
    this.repository = [...(info?.branch === undefined ? [] : [info.branch]), ...authors];
    const known = new Set(before);
    return this.ranked(document, line, workspace).filter((name) => !known.has(name));
  }

  private ranked(
    document: vscode.TextDocument | undefined,
    line: number,
    { files, symbols }: WorkspaceNames,
  ): string[] {
    return rankCandidates(
      {
        vocabulary: [...settings.vocabulary(), ...this.repository],
        here: this.index
          .known(document)
          .map(({ name, range }) => ({ name, line: range.start.line })),
        open: this.index.others(document).map((names) => names.map(({ name }) => name)),
        files,
        workspace: symbols,
      },
      line,
      LIMIT,
    );
  }
}
