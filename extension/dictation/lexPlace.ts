/**
 * Classifies a place in a text: comment, string or code. Reads the text before the place once.
 * Pure.
 */
import type { BlockComment, Language, StringKind } from './languages';

export type LexicalContext =
  | { readonly kind: 'rest' }
  /** `at`: offset of the marker. */
  | { readonly kind: 'line'; readonly at: number; readonly marker: string }
  | { readonly kind: 'block'; readonly at: number; readonly comment: BlockComment }
  | { readonly kind: 'string'; readonly at: number; readonly string: StringKind };

/** After these, or at the start, a `/` begins a regular expression. */
const BEFORE_REGEX = /(?:[=(,:;!&|?{}[+\-*%<>~^]|\breturn|\btypeof|=>|^)\s*$/;
/** Maximum number of characters read before a `/` on its line. */
const LOOK_BACK = 40;

/** @param text text before the place */
export function lexicalContext(text: string, language: Language): LexicalContext {
  let place: LexicalContext = { kind: 'rest' };
  /** Templates whose placeholder contains the place, with the number of open braces in each. */
  const templates: { readonly string: StringKind; readonly at: number; braces: number }[] = [];
  // Longer markers first: `"""` before `"`, `--[[` before `--`.
  const strings = [...language.strings].sort((a, b) => b.open.length - a.open.length);
  for (let i = 0; i < text.length;) {
    switch (place.kind) {
      case 'line':
        if (text[i] === '\n') place = { kind: 'rest' };
        i++;
        break;
      case 'block':
        if (text.startsWith(place.comment.close, i)) {
          i += place.comment.close.length;
          place = { kind: 'rest' };
        } else i++;
        break;
      case 'string': {
        const { string } = place;
        if (string.escape === 'backslash' && text[i] === '\\') i += 2;
        else if (string.escape === 'double' && text.startsWith(string.close.repeat(2), i))
          i += 2 * string.close.length;
        else if (text.startsWith(string.close, i)) {
          i += string.close.length;
          place = { kind: 'rest' };
        } else if (
          string.open === '`' &&
          string.escape === 'backslash' &&
          text.startsWith('${', i)
        ) {
          templates.push({ string, at: place.at, braces: 0 });
          place = { kind: 'rest' };
          i += 2;
        } else {
          // An unclosed string ends with its line, so an unfinished line does not change the rest
          // of the document.
          if (text[i] === '\n' && string.multiline !== true) place = { kind: 'rest' };
          i++;
        }
        break;
      }
      case 'rest': {
        const next = begins(text, i, language, strings);
        if (next !== undefined) {
          place = next.place;
          i += next.length;
          break;
        }
        const template = templates.at(-1);
        if (template !== undefined && text[i] === '{') template.braces++;
        else if (template !== undefined && text[i] === '}' && template.braces-- === 0) {
          templates.pop();
          place = { kind: 'string', at: template.at, string: template.string };
        } else if (
          language.regex === true &&
          text[i] === '/' &&
          BEFORE_REGEX.test(lineBefore(text, i))
        )
          i = regexEnd(text, i);
        i++;
      }
    }
  }
  return place;
}

function begins(
  text: string,
  i: number,
  { line, block, apart }: Language,
  strings: readonly StringKind[],
): { readonly place: LexicalContext; readonly length: number } | undefined {
  const comment = block.find(({ open }) => text.startsWith(open, i));
  if (comment !== undefined)
    return { place: { kind: 'block', at: i, comment }, length: comment.open.length };
  const marker = line.find((one) => text.startsWith(one, i));
  if (marker !== undefined && (apart !== true || i === 0 || /\s/.test(text[i - 1] ?? '')))
    return { place: { kind: 'line', at: i, marker }, length: marker.length };
  const string = strings.find(({ open }) => text.startsWith(open, i));
  return string === undefined
    ? undefined
    : { place: { kind: 'string', at: i, string }, length: string.open.length };
}

function lineBefore(text: string, i: number): string {
  const before = text.slice(Math.max(0, i - LOOK_BACK), i);
  return before.slice(before.lastIndexOf('\n') + 1);
}

/**
 * Offset of the closing `/`, or the line's end. Without a closing `/` the first one is a division.
 */
function regexEnd(text: string, from: number): number {
  let set = false;
  for (let i = from + 1; i < text.length && text[i] !== '\n'; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '[') set = true;
    else if (text[i] === ']') set = false;
    else if (text[i] === '/' && !set) return i;
  }
  return from;
}
