/**
 * Selects the folder of a note. A workspace may only name a folder inside itself. An absolute path
 * must come from the user's own settings.
 */
import { posix } from 'node:path';

export interface FolderSetting {
  /** From the user's settings. */
  readonly user?: string;
  /** From the settings of the workspace or folder. A stranger may have written them. */
  readonly workspace?: string;
}

export interface NoteFolder {
  /** `workspace`: `path` is inside the workspace folder, with `/` between its parts. */
  readonly kind: 'workspace' | 'absolute';
  readonly path: string;
  /** Folder that the workspace requested and may not use. */
  readonly refused?: string;
}

const DEFAULT_FOLDER = '.earmark';

const isAbsolute = (path: string): boolean =>
  path.startsWith('/') || /^[a-zA-Z]:[\\/]/.test(path) || path.startsWith('\\\\');

/** `a//b/../c\d` → `a/c/d`; undefined if the path leaves the folder. */
function inside(path: string): string | undefined {
  const normal = posix.normalize(path.replaceAll('\\', '/')).replace(/\/$/, '');
  return normal === '..' || normal.startsWith('../') || isAbsolute(path) || normal.includes('\0')
    ? undefined
    : normal;
}

export function noteFolder({ user, workspace }: FolderSetting, home: string): NoteFolder {
  const chosen = workspace?.trim();
  if (chosen !== undefined && chosen !== '') {
    const path = inside(chosen);
    if (path !== undefined) return { kind: 'workspace', path };
    return { ...fromUser(user, home), refused: chosen };
  }
  return fromUser(user, home);
}

function fromUser(user: string | undefined, home: string): NoteFolder {
  const chosen = user?.trim() ?? '';
  if (chosen === '') return { kind: 'workspace', path: DEFAULT_FOLDER };
  if (chosen === '~' || chosen.startsWith('~/') || chosen.startsWith('~\\'))
    return { kind: 'absolute', path: home + chosen.slice(1) };
  if (isAbsolute(chosen)) return { kind: 'absolute', path: chosen };
  return { kind: 'workspace', path: inside(chosen) ?? DEFAULT_FOLDER };
}

/** A workspace can switch notes off, but not on against the user's setting. */
export const notesWanted = ({
  user,
  workspace,
}: {
  readonly user?: unknown;
  readonly workspace?: unknown;
}): boolean => user !== false && workspace !== false;

/**
 * Returns the first part of a path that is a link. A repository can contain a link to outside the
 * workspace.
 * @param path inside the workspace folder, with `/`
 */
export async function linkIn(
  path: string,
  isLink: (part: string) => PromiseLike<boolean>,
): Promise<string | undefined> {
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  for (let i = 1; i <= names.length; i++) {
    const part = names.slice(0, i).join('/');
    if (await isLink(part)) return part;
  }
  return undefined;
}

/** Git ignores a new `.earmark` folder, so spoken text stays out of the repository. */
export const wantsGitignore = (path: string): boolean => posix.basename(path) === DEFAULT_FOLDER;
export const GITIGNORE = '# Meeting notes are private: Git ignores this folder.\n*\n';
