/** Folder, branch and commit of a meeting, from the built-in Git extension. */
import * as vscode from 'vscode';
import { z } from 'zod';
import type { Workspace } from '../../protocol/session';

/** Part of version 1 of the Git extension's API. */
interface GitRepository {
  readonly rootUri: vscode.Uri;
  readonly state: { readonly HEAD?: unknown; readonly remotes?: unknown };
  log?(options: { readonly maxEntries: number }): Promise<unknown>;
}
interface GitApi {
  getRepository(uri: vscode.Uri): GitRepository | null;
}
interface GitExtension {
  getAPI(version: 1): GitApi;
}

const Head = z.object({ name: z.string().optional(), commit: z.string().optional() });
const Remotes = z.array(z.object({ fetchUrl: z.string().optional() }));

/** The folder of the active editor, else the first one. */
export function currentFolder(): vscode.WorkspaceFolder | undefined {
  const active = vscode.window.activeTextEditor?.document.uri;
  return (
    (active === undefined ? undefined : vscode.workspace.getWorkspaceFolder(active)) ??
    vscode.workspace.workspaceFolders?.[0]
  );
}

/** Number of recent commits whose authors are likely to be mentioned. */
const COMMITS = 100;
const Commits = z.array(z.object({ authorName: z.string().max(100).optional() }));

/** Full and first names of recent authors, latest first. */
export async function people(folder: vscode.WorkspaceFolder | undefined): Promise<string[]> {
  const repository = folder === undefined ? undefined : await gitRepository(folder.uri);
  const commits = Commits.safeParse(
    await repository?.log?.({ maxEntries: COMMITS }).catch(() => []),
  );
  const names = (commits.data ?? [])
    .flatMap(({ authorName }) => authorName?.trim() ?? [])
    .filter((name) => /^\p{L}/u.test(name));
  return [...new Set(names.flatMap((name) => [name, name.split(/\s+/)[0] ?? name]))];
}

export async function workspaceInfo(
  folder: vscode.WorkspaceFolder | undefined,
): Promise<Workspace | undefined> {
  if (folder === undefined) return undefined;
  const repository = await gitRepository(folder.uri);
  if (repository === undefined) return { folder: folder.name };
  const head = Head.safeParse(repository.state.HEAD).data;
  const remotes = Remotes.safeParse(repository.state.remotes).data;
  const name = repositoryName(remotes?.[0]?.fetchUrl);
  const webUrl = webPage(remotes?.[0]?.fetchUrl);
  return {
    folder: folder.name,
    ...(webUrl === undefined ? {} : { webUrl }),
    ...(name === undefined ? {} : { repository: name }),
    ...(head?.name === undefined ? {} : { branch: head.name }),
    ...(head?.commit === undefined ? {} : { commit: head.commit }),
  };
}

async function gitRepository(uri: vscode.Uri): Promise<GitRepository | undefined> {
  // The extension is missing in remote windows, where Git runs remotely, and if the user disabled
  // it.
  const extension = vscode.extensions.getExtension<GitExtension>('vscode.git');
  if (extension === undefined) return undefined;
  try {
    const git = extension.isActive ? extension.exports : await extension.activate();
    return git.getAPI(1).getRepository(uri) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Group 1 or 2: host; owner and name of the repository follow. */
const REMOTE_URL =
  /^(?:https:\/\/(?:[^@/]*@)?([^/:]+)(?::\d+)?\/|(?:ssh:\/\/)?[^@/]+@([^/:]+)(?::\d+)?[:/])/;

/**
 * Web page of a repository, from `git@host:owner/name.git` or `https://user@host/owner/name`. The
 * result contains no user name and no password.
 */
function webPage(url: string | undefined): string | undefined {
  const parts = url === undefined ? undefined : REMOTE_URL.exec(url);
  const path = url?.slice(parts?.[0].length).replace(/(?:\.git)?\/?$/, '');
  return parts && path ? `https://${parts[1] ?? parts[2]}/${path}` : undefined;
}

/** `git@host:team/app.git` → `team/app`, without the part that may hold a password. */
function repositoryName(url: string | undefined): string | undefined {
  return url === undefined ? undefined : /[:/]([^/:]+\/[^/:]+?)(?:\.git)?\/?$/.exec(url)?.[1];
}
