/** Reads word lists of other dictation programs: CSV, JSON or one word a line. */

/** Limit of a word in the vocabulary. */
const WORD_MAX = 60;
/** Words of one list; a longer one is no vocabulary. */
const LIST_MAX = 10_000;
/** Keys under which programs store the written form, most specific first. */
const KEYS = [
  'replacement',
  'replace',
  'written',
  'phrase',
  'word',
  'term',
  'text',
  'value',
  'name',
];

/**
 * @param text content of a file
 * @returns distinct words in the order of the file, without lines that cannot be a word
 */
export function readWordList(text: string): string[] {
  const plain = text.replace(/^\uFEFF/, '');
  const found = /^\s*[[{]/.test(plain) ? fromJson(plain) : fromLines(plain);
  const words = found
    .slice(0, LIST_MAX)
    .map((word) => word.normalize('NFC').replace(/\s+/g, ' ').trim())
    .filter((word) => word.length <= WORD_MAX && /\p{L}/u.test(word) && !/\p{Cc}/u.test(word));
  return [...new Set(words)];
}

/** A list of words or of objects; an object of lists has all of them. */
function fromJson(text: string): string[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return [];
  }
  return wordsIn(json, 0);
}

function wordsIn(value: unknown, depth: number): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null || depth > 3) return [];
  if (Array.isArray(value))
    return value.slice(0, LIST_MAX).flatMap((one) => wordsIn(one, depth + 1));
  const fields = Object.entries(value);
  const named = KEYS.flatMap((key) =>
    fields.flatMap(([name, field]) =>
      name.toLowerCase() === key && typeof field === 'string' ? [field] : [],
    ),
  );
  if (named[0] !== undefined) return [named[0]];
  return fields.flatMap(([, field]) =>
    typeof field === 'object' ? wordsIn(field, depth + 1) : [],
  );
}

/** The first column of known name, or the first column. A line that starts with # is a comment. */
function fromLines(text: string): string[] {
  const lines = text
    .split(/\r\n|\r|\n/)
    .filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const [first = ''] = lines;
  const separator = [';', '\t', ','].find((mark) => first.includes(mark));
  if (separator === undefined) return lines;
  const heads = cells(first, separator).map((cell) => cell.trim().toLowerCase());
  const at = KEYS.map((key) => heads.indexOf(key)).find((index) => index >= 0);
  return lines.slice(at === undefined ? 0 : 1).map((line) => cells(line, separator)[at ?? 0] ?? '');
}

/** Cells of a line of CSV (RFC 4180); a quoted cell does not go over lines here. */
function cells(line: string, separator: string): string[] {
  const found: string[] = [];
  let cell = '';
  let quoted = false;
  for (let at = 0; at < line.length; at++) {
    const letter = line.charAt(at);
    if (letter === '"' && quoted && line[at + 1] === '"') {
      cell += letter;
      at++;
    } else if (letter === '"') quoted = !quoted;
    else if (letter === separator && !quoted) {
      found.push(cell);
      cell = '';
    } else cell += letter;
  }
  return [...found, cell];
}
