/**
 * Recognises the rename of a person in a note: the person, the new name, and the note's session.
 * Pure.
 */

export interface RenamedPerson {
  readonly sessionId: string;
  readonly from: string;
  readonly to: string;
}

/** One change of the edit: the old text and its replacement. */
export interface NameEdit {
  readonly before: string;
  readonly after: string;
}

/** Only the short front matter is read. */
const FRONT_MAX = 4_000;

/** Session of a note, from its front matter. */
export function sessionOf(note: string): string | undefined {
  const front = /^---\r?\n([^]*?)\r?\n---/.exec(note.slice(0, FRONT_MAX))?.[1] ?? '';
  return /^session:[ \t]*["']?([^\s"']+)/m.exec(front)?.[1];
}

/** @returns undefined for a note without a session, or if no speaker or owner is renamed */
export function renamedPerson(note: string, edits: readonly NameEdit[]): RenamedPerson | undefined {
  const sessionId = sessionOf(note);
  // The participants list is replaced as a whole. Every other edit covers the name alone.
  const name = edits.find(({ after }) => !after.startsWith('['));
  if (sessionId === undefined || name === undefined || name.before === name.after) return undefined;
  return { sessionId, from: name.before, to: name.after };
}
