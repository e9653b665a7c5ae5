/** Removes the note of a session: the file with the session's id in its front matter. */
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { EarmarkError } from '../../protocol/errors';

/** Front matter lies within this number of characters of a note. */
const HEAD_CHARS = 4096;

/**
 * @param path a note or a folder of notes
 * @returns the removed files
 * @throws EarmarkError note.unwritable
 */
export function removeNotes(path: string, sessionId: string): readonly string[] {
  try {
    const files = statSync(path).isDirectory()
      ? readdirSync(path)
          .filter((name) => name.endsWith('.earmark.md'))
          .map((name) => join(path, name))
      : [path];
    return files.filter((file) => {
      const front =
        /^---\n([\s\S]*?)\n---/.exec(
          readFileSync(file, 'utf8').slice(0, HEAD_CHARS).replace(/\r\n/g, '\n'),
        )?.[1] ?? '';
      if (
        !front
          .split('\n')
          .some((line) => line.replace(/["']/g, '').trim() === `session: ${sessionId}`)
      )
        return false;
      rmSync(file);
      return true;
    });
  } catch (cause) {
    throw new EarmarkError(
      'note.unwritable',
      `Could not read or remove ${path}; name the note or its folder with --note.`,
      { cause },
    );
  }
}
