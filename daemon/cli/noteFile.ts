/**
 * Updates the Markdown note of a session on disk (`notes/lease`, `notes/plan`, `notes/name`); the
 * user may edit it meanwhile.
 */
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Connection } from '../../client';
import { EarmarkError } from '../../protocol/errors';
import { NotesLease, NotesName, NotesPlan } from '../../protocol/notes';
import { applyEdits } from '../notes/edits';
import { persist } from './persist';

/** Mode of a new note; an existing note keeps its own. */
const NEW_MODE = 0o600;

/**
 * Writes a file beside the target of a link and renames it, so that a crash leaves the old or the
 * new note.
 */
function replaceFile(path: string, text: string): void {
  const target = existsSync(path) ? realpathSync(path) : path;
  const mode = existsSync(target) ? statSync(target).mode & 0o777 : NEW_MODE;
  const beside = `${target}.${randomUUID()}.tmp`;
  try {
    writeFileSync(beside, text, { mode, flag: 'wx' });
    chmodSync(beside, mode);
    renameSync(beside, target);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

export class NoteFile {
  private busy: Promise<string> | undefined;

  /** @param target a file, or an existing folder */
  constructor(
    private readonly connection: Connection,
    private readonly target: string,
  ) {}

  /** Absolute path of the note. @throws EarmarkError note.unwritable, note.leaseLost */
  async update(sessionId: string): Promise<string> {
    await this.busy?.catch(() => undefined);
    this.busy = this.write(sessionId);
    return await this.busy;
  }

  private async write(sessionId: string): Promise<string> {
    const { granted } = await persist(this.connection, NotesLease, { sessionId });
    if (!granted)
      throw new EarmarkError(
        'note.leaseLost',
        'Another window is writing the note of this session.',
      );
    const path = await this.path(sessionId);
    const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
    const { edits } = await persist(this.connection, NotesPlan, { sessionId, text: before });
    if (edits.length === 0 && before !== '') return path;
    try {
      mkdirSync(dirname(path), { recursive: true });
      // An editor saved the file in between: its text counts, and the next round merges.
      if ((existsSync(path) ? readFileSync(path, 'utf8') : '') !== before) return path;
      replaceFile(path, applyEdits(before, edits));
    } catch (cause) {
      throw new EarmarkError(
        'note.unwritable',
        `Could not write the note ${path}; choose another file with --notes.`,
        { cause },
      );
    }
    return path;
  }

  private async path(sessionId: string): Promise<string> {
    const given = resolve(this.target);
    if (!existsSync(given) || !statSync(given).isDirectory()) return given;
    const { fileName } = await persist(this.connection, NotesName, { sessionId });
    return join(given, fileName);
  }
}
