/**
 * A person who got another name in a note: whom the edit means, and which session the note is of.
 * Pure.
 */

export interface RenamedPerson {
  readonly sessionId: string;
  readonly from: string;
  readonly to: string;
}

/** One change of the edit: the text that stood there and what takes its place. */
export interface NameEdit {
  readonly before: string;
  readonly after: string;
}

/** The front matter is short; nothing of the note behind it is read. */
const FRONT_MAX = 4_000;

/**
 *
 * @returns undefined for a note without a session, and where nobody is renamed who speaks or owns
 * something
 */
export function renamedPerson(note: string, edits: readonly NameEdit[]): RenamedPerson | undefined {
  const front = /^---\r?\n([^]*?)\r?\n---/.exec(note.slice(0, FRONT_MAX))?.[1] ?? '';
  const sessionId = /^session:[ \t]*["']?([^\s"']+)/m.exec(front)?.[1];
  // The list of participants is written anew as a whole; every other edit is of the name alone.
  const name = edits.find(({ after }) => !after.startsWith('['));
  if (sessionId === undefined || name === undefined || name.before === name.after) return undefined;
  return { sessionId, from: name.before, to: name.after };
}
