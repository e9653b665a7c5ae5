/**
 * The names that dictation may mean, the nearest first, from what is known already, so that a
 * dictation that begins waits for nothing; what is found out while the user speaks follows.
 */
import * as vscode from 'vscode';
import type { SymbolIndex, WorkspaceNames } from '../code/symbolIndex';
import { people, workspaceInfo } from '../meeting/workspaceInfo';
import { settings } from '../settings/settings';
import { rankCandidates } from './rankCandidates';

/** As many as the daemon takes and answers for in time. */
const LIMIT = 2_000;

export class Candidates {
  /** The branch and the people of the repository. */
  private repository: readonly string[] = [];

  constructor(private readonly index: SymbolIndex) {}

  /** The nearest names to a line (from 0) of a document. Answers at once with what is known. */
  near(document: vscode.TextDocument | undefined, line: number): string[] {
    return this.ranked(document, line, this.index.workspace);
  }

  /**
   * What is known beyond `before` once workspace and repository answered; empty where nothing is.
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
