/**
 * Text of people in each output format. Control characters can move a terminal's cursor or set its
 * clipboard, forge rows of a list, and turn code around for a reader; markup can load pages. Each
 * format has one function, used by every writer of that format.
 */

/**
 * C0 and C1 controls with DEL (ECMA-48), embeddings, overrides and isolates of direction (UAX 9),
 * annotations, and noncharacters. Marks of direction and joiners stay: ordinary Arabic, Hebrew,
 * Persian and emoji need them.
 */
const CONTROL =
  '\\u0000-\\u0008\\u000e-\\u001f\\u007f-\\u0084\\u0086-\\u009f\\u202a-\\u202e\\u2066-\\u2069\\ufff9-\\ufffb\\ufdd0-\\ufdef\\ufffe\\uffff';
/** Characters that end a line or move on within it. */
const BREAK = '\\t-\\r\\u0085\\u2028\\u2029';
const CONTROLS = new RegExp(`[${CONTROL}]`, 'g');
const BREAKS = new RegExp(`[${BREAK}]`, 'g');
const PLAIN_LINE = new RegExp(`^[^${CONTROL}${BREAK}]*$`);
const PLAIN_TEXT = new RegExp(`^[^${CONTROL}]*$`);

/** Stands for a control character. */
const REPLACEMENT = '\ufffd';

/** True for one line without control characters: a title, a name. */
export const isPlainLine = (text: string): boolean => PLAIN_LINE.test(text);

/** True for lines without other control characters: words that a person edited. */
export const isPlainText = (text: string): boolean => PLAIN_TEXT.test(text);

/** One line for a terminal, a list or a log. */
export const plainLine = (text: string): string =>
  text.replace(BREAKS, ' ').replace(CONTROLS, REPLACEMENT);

/** The same with single blanks, for formats in which several have a meaning. */
const tidyLine = (text: string): string => plainLine(text).replace(/ {2,}/g, ' ').trim();

/** JSON without raw control characters; the same value. */
export const jsonText = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replace(
    NOT_ASCII_CONTROLS,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
/** `JSON.stringify` escapes the others; line breaks of its indentation stay. */
const NOT_ASCII_CONTROLS = new RegExp(`(?![\\n])[${CONTROL}\\u0085\\u2028\\u2029]`, 'g');

/** Text of a SubRip cue. The format has no escapes, so a tag loses its opening bracket. */
export const srtText = (text: string): string =>
  tidyLine(text)
    .replace(/<(?=[/!?a-z])/gi, '‹')
    .replace(/\{(?=\\)/g, '(')
    .replaceAll('-->', '→');

/** Text of a WebVTT cue (section 4.2.2). */
export const vttText = (text: string): string =>
  tidyLine(text).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

/** Words of a Markdown line: no HTML, comment, image or link comes from them. */
export const markdownText = (text: string): string =>
  tidyLine(text)
    .replace(/\\?<(?=[/!?a-z])/gi, '\\<')
    .replace(/\](?=[([:])/g, '\\]');

/**
 * Words of a comment in code.
 * @param close end of the comment; empty for a line comment
 */
export const commentText = (text: string, close: string): string => {
  const end = close.trim();
  let line = tidyLine(text);
  // Taking one end away may join the halves of another.
  while (end !== '' && line.includes(end)) line = line.replaceAll(end, ' ');
  return tidyLine(line);
};

/** A field of RTTM: no blanks. */
export const rttmField = (text: string): string => tidyLine(text).replace(/\s+/g, '_') || '<NA>';
