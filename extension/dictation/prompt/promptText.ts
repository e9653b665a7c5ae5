/** The text of a dictated prompt: references, pasting, "send it", doubted words. Pure. */

const PASTE_BEGIN = '\x1b[200~';
const PASTE_END = '\x1b[201~';
/** Control characters except the line break. A terminal would obey them. */
// eslint-disable-next-line no-control-regex
const CONTROL = /\x1b\[20[01]~|[\x00-\x09\x0b-\x1f\x7f-\x9f]/g;

/** Text as a terminal program takes pasted text: in brackets, so no line break runs anything. */
export function bracketed(text: string): string {
  return `${PASTE_BEGIN}${plainLines(text)}${PASTE_END}`;
}

/** Line breaks stay; every other control character becomes a space or goes. */
function plainLines(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(/\t/g, ' ').replace(CONTROL, '');
}

/** "Send it" as a sentence of its own, at the end of a dictation. */
const SEND = /(^|[.!?,;:…\n]) ?send it[.!]?$/i;

/** @returns the text without "send it", or undefined if it does not end with it */
export function withoutSend(text: string): string | undefined {
  const found = SEND.exec(text.trim());
  if (found === null) return undefined;
  return `${text.trim().slice(0, found.index)}${(found[1] ?? '').replace(/[,;:]/, '.')}`.trim();
}

/** Maximum number of names to look up for one prompt. */
const NAMES_MAX = 20;
/** A name in code: inner capital, underscore, digit, `$`, or a file name with its ending. */
const NAME = /[\p{L}_$][\p{L}\p{N}_$]*(?:[.\-/][\p{L}\p{N}_$]+)*/gu;
const TELLING = /\p{Ll}\p{Lu}|_|\$|\p{N}|^\p{Lu}{2}.*\p{Ll}|\.\p{Ll}/u;

/**
 * @param spelled names that dictation wrote for spoken words
 * @returns each name once, in the order of the text
 */
export function namesIn(text: string, spelled: readonly string[]): string[] {
  const written = new Set(spelled);
  const found = [...text.matchAll(NAME)].map(([name]) => name);
  return [...new Set(found.filter((name) => written.has(name) || TELLING.test(name)))].slice(
    0,
    NAMES_MAX,
  );
}

export interface Reference {
  /** The name as it stands in the text. */
  readonly name: string;
  /** Path for `@path`: relative to the folder of the terminal, else absolute. */
  readonly path: string;
  /** True if the name is the file itself. */
  readonly isFile: boolean;
}

/**
 * Adds `@path` for an agent in a terminal: a file's name becomes its path, and the path follows the
 * first mention of a symbol. A path with spaces has no such form, so its name stays plain.
 */
export function withPaths(text: string, references: readonly Reference[]): string {
  const open = new Map(references.filter(({ path }) => !/\s/.test(path)).map((r) => [r.name, r]));
  return text.replace(NAME, (name) => {
    const reference = open.get(name);
    if (reference === undefined) return name;
    if (reference.isFile) return `@${reference.path}`;
    open.delete(name);
    return `${name} (@${reference.path})`;
  });
}

/** The line for the agent behind the prompt; empty if no word is doubted. */
export function unsureLine(doubted: readonly string[]): string {
  const names = doubted.map((word) => `\`${word}\``).join(', ');
  return names === '' ? '' : `\n(dictated; unsure: ${names})`;
}
