/**
 * The manifest: a comment at the end of a note with the name and a hash of every line that Earmark
 * wrote.
 *
 * Earmark owns a line while its hash equals the recorded hash. A line that the user edited has
 * another hash and belongs to the user from then on. A deleted line is not written again. The
 * manifest is stored in the note alone, so another daemon can update a moved or synchronised note.
 * Markdown viewers hide comments.
 *
 *   <!-- earmark 1: which lines Earmark wrote. Leave it here, and what you write stays yours.
 *   p.0:k3Zp_Q0vWz;90aQx
 *   s.s20:Q0vWzd3xNq~~aPq1X;Zk0p1
 *   -->
 *
 * A row has a key, hashes of 5 characters and a check of its own. Keys that end in a number share
 * rows of 20, so a growing transcript changes only the last row. `~` stands for a number without a
 * line. A row with a wrong check was edited by the user. Its text is left alone, and its lines are
 * found by their text.
 */
import type { Line } from './lines';

const OPENING =
  '<!-- earmark 1: which lines Earmark wrote. Leave it here, and what you write stays yours.';
const OPENING_MARK = '<!-- earmark 1:';
const CLOSING = '-->';
const BLOCK = 20;
const HASH_LENGTH = 5;
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_.';
const ROW = /^([^:;\s]+):((?:~|[\w.]{5})*);([\w.]{5})$/;

export interface ManifestRow {
  readonly line: number;
  readonly key: string;
  readonly text: string;
}

/** The manifest that a text contains. */
export interface FoundManifest {
  /** Lines of the opening and the closing marker. */
  readonly first: number;
  readonly last: number;
  readonly rows: readonly ManifestRow[];
  /** Name of a line → hash of its last written text. */
  readonly entries: ReadonlyMap<string, string>;
}

/** 30 bits of FNV-1a (Fowler, Noll, Vo) with a final mix, as five characters. */
export function hashLine(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash ^= hash >>> 13;
  let result = '';
  for (let i = 0; i < HASH_LENGTH; i++, hash >>>= 6) result += ALPHABET[hash & 63];
  return result;
}

/** Finds the last complete manifest. */
export function findManifest(lines: readonly Line[]): FoundManifest | undefined {
  const first = lines.findLastIndex((line) => line.text.startsWith(OPENING_MARK));
  if (first === -1) return undefined;
  const last = lines.findIndex((line, at) => at > first && line.text.trim() === CLOSING);
  if (last === -1) return undefined;
  const rows: ManifestRow[] = [];
  const entries = new Map<string, string>();
  for (let at = first + 1; at < last; at++) {
    const text = lines[at]?.text ?? '';
    const [, key, payload, check] = ROW.exec(text) ?? [];
    if (
      key === undefined ||
      payload === undefined ||
      check !== hashLine(`${key}:${payload}`) ||
      rows.some((row) => row.key === key)
    )
      continue;
    rows.push({ line: at, key, text });
    const hashes = payload.match(/~|[\w.]{5}/g) ?? [];
    const [, prefix, number] = numbered(key) ?? [];
    hashes.forEach((hash, i) => {
      if (hash === '~') return;
      const name = prefix === undefined ? key : `${prefix}${Number(number) + i}`;
      entries.set(decodeURIComponent(name), hash);
    });
  }
  return { first, last, rows, entries };
}

/** Row key → row, in the order of the keys. */
export function manifestRows(entries: ReadonlyMap<string, string>): Map<string, string> {
  const payloads = new Map<string, string[]>();
  for (const [name, hash] of entries) {
    const safe = encodeURIComponent(name).replace(/-/g, '%2D');
    const [, prefix, digits] = numbered(safe) ?? [];
    if (prefix === undefined) {
      payloads.set(safe, [hash]);
      continue;
    }
    const number = Number(digits);
    const start = Math.floor(number / BLOCK) * BLOCK;
    const key = `${prefix}${start}`;
    const row = payloads.get(key) ?? [];
    while (row.length < number - start) row.push('~');
    row[number - start] = hash;
    payloads.set(key, row);
  }
  return new Map(
    [...payloads]
      .sort(([a], [b]) => compareKeys(a, b))
      .map(([key, row]) => [key, `${key}:${row.join('')};${hashLine(`${key}:${row.join('')}`)}`]),
  );
}

/** Rows of one kind, sorted by number. */
export function compareKeys(a: string, b: string): number {
  const [[, prefixA = a, numberA = 0] = [], [, prefixB = b, numberB = 0] = []] = [
    numbered(a) ?? [],
    numbered(b) ?? [],
  ];
  return prefixA === prefixB ? Number(numberA) - Number(numberB) : prefixA < prefixB ? -1 : 1;
}

/** Lines of a new manifest. */
export function newManifest(rows: ReadonlyMap<string, string>): string[] {
  return [OPENING, ...rows.values(), CLOSING];
}

/** Digits of a small number without a leading zero. */
function numbered(key: string): RegExpExecArray | null {
  return /^(.*?[^\d%]|)(0|[1-9]\d{0,7})$/.exec(key);
}
