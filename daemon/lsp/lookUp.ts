/**
 * Hover and go-to-definition. A time plays audio and leads to its transcript line. A transcript
 * line leads to its items. A code name leads to the code.
 */
import { MarkupKind, type Hover, type Range } from 'vscode-languageserver';
import { NOTE_COMMANDS } from '../../protocol/noteNames';
import { isPlayable, neighbours, restingOn, saidAt, wordsOf } from './moments';
import type { Note, Position, TranscriptItem } from './note';
import { type ItemLine, stampsOf } from './noteLine';
import { personAt } from './people';

/** Maximum number of characters of a quote in a hover. */
const QUOTE_MAX = 600;
const CODE = /`([^`\s][^`]{0,198})`/g;
/**
 * `parseConfig`, `retry_with_backoff`, `UserRepository.find`, `session-store.ts`: names that do not
 * occur in prose.
 */
const NAME = /[\p{L}_$][\p{L}\p{N}_$]*(?:[.-][\p{L}_$][\p{L}\p{N}_$]*)*(?:\(\))?/gu;
const LOOKS_LIKE_CODE = /[\p{Ll}\d]\p{Lu}|_|\.|\(\)$|^\p{Lu}{2,}\p{Ll}/u;

/** @param uri URI of the note, for the play command */
export function hover(note: Note, uri: string, position: Position): Hover | undefined {
  const line = note.line(position.line);
  if (line === undefined) return undefined;
  const stamp = stampsOf(line.text).find(
    ({ start, end }) => start <= position.character && position.character <= end,
  );
  const at = (start: number, end: number): Range => ({
    start: { line: position.line, character: start },
    end: { line: position.line, character: end },
  });
  const person = stamp === undefined ? personAt(note, position) : undefined;
  if (person) return show(aboutPerson(note, person.name), at(person.start, person.end));
  const time = stamp ?? (line.kind === 'item' ? line.stamp : undefined);
  if (time?.ms === undefined) return undefined;
  const said = saidAt(note, time.ms);
  if (said === undefined) return undefined;
  const parts = [
    said.line === position.line ? resting(note, said) : quoted(note, said),
    isPlayable(note, time) ? player(uri, time.ms) : '',
  ].filter((part) => part !== '');
  return parts.length === 0
    ? undefined
    : show(
        parts.join('\n\n'),
        stamp === undefined ? at(0, line.text.length) : at(stamp.start, stamp.end),
      );
}

/** A link that runs a command in the editor. Only this command may run (`noteClient.ts`). */
function player(uri: string, ms: number): string {
  return `[▷ Play](command:${NOTE_COMMANDS.play}?${encodeURIComponent(JSON.stringify([uri, ms]))})`;
}

function show(value: string, range: Range): Hover {
  return { contents: { kind: MarkupKind.Markdown, value }, range };
}

/** Items whose evidence is a transcript line. */
function resting(note: Note, said: TranscriptItem): string {
  return restingOn(note, said)
    .map(({ kind, item }) => `- *${kind}:* ${wordsOfItem(item)}`)
    .join('\n');
}

/** The quote with the transcript lines before and after it. */
function quoted(note: Note, said: TranscriptItem): string {
  const { before, after } = neighbours(note, said);
  const row = (one: TranscriptItem | undefined, mark: string): string[] =>
    one === undefined
      ? []
      : [
          `${mark}**${plain(one.said.speaker.name)}** ` +
            `${one.said.text.slice(one.said.stamp.start, one.said.stamp.end).replace('[', '\\[')}` +
            ` ${plain(wordsOf(one))}`,
        ];
  return [...row(before, ''), ...row(said, '> '), ...row(after, '')].join('\n\n');
}

function aboutPerson(note: Note, name: string): string {
  const own = note.structure.items.filter(
    ({ kind, item }) => kind === 'action' && item.owner?.name === name,
  );
  const open = own.filter(({ item }) => (item.box ?? ' ') === ' ');
  const spoke = note.structure.said.filter(({ said }) => said.speaker.name === name).length;
  const counts =
    `**${plain(name)}** spoke ${spoke} times, has ${open.length} open and ` +
    `${own.length - open.length} done actions.`;
  return [counts, ...open.slice(0, 10).map(({ item }) => `- ${wordsOfItem(item)}`)].join('\n');
}

function wordsOfItem({ text, words }: ItemLine): string {
  return plain(text.slice(words.start, words.end));
}

/** Escapes transcript text, which is not Markdown. */
function plain(text: string): string {
  const short = text.length > QUOTE_MAX ? `${text.slice(0, QUOTE_MAX)}…` : text;
  return short.replace(/[\\`*_{}[\]<>#|!]/g, '\\$&');
}

/** A line of the note, or a code name that the editor can locate. */
export type Target = { readonly line: number } | { readonly code: string };

export function definition(note: Note, position: Position): Target | undefined {
  const line = note.line(position.line);
  if (line === undefined) return undefined;
  const stamp = stampsOf(line.text).find(
    ({ start, end }) => start <= position.character && position.character <= end,
  );
  if (stamp?.ms !== undefined) {
    const said = saidAt(note, stamp.ms);
    if (said?.line !== position.line) return said && { line: said.line };
    const [item] = restingOn(note, said);
    return item && { line: item.line };
  }
  const person = personAt(note, position);
  if (person) {
    const said = note.structure.said.find(({ said: { speaker } }) => speaker.name === person.name);
    return said && { line: said.line };
  }
  const code = nameAt(line.text, position.character);
  return code === undefined ? undefined : { code };
}

/** Code name at a column: text in backticks, or a word that looks like code. */
function nameAt(text: string, character: number): string | undefined {
  for (const match of text.matchAll(CODE))
    if (match.index <= character && character <= match.index + match[0].length)
      return match[1]!.trim();
  for (const match of text.matchAll(NAME)) {
    if (match.index > character) break;
    if (character <= match.index + match[0].length)
      return LOOKS_LIKE_CODE.test(match[0])
        ? match[0].replace(/\(\)$/, '').slice(0, 200)
        : undefined;
  }
  return undefined;
}

/** Code names that the note contains in backticks. */
export function namesInNote(note: Note): readonly string[] {
  const names = new Set<string>();
  for (let at = 0; at < note.length && names.size < 500; at++) {
    const text = note.line(at)!.text;
    if (text.includes('`')) for (const [, name] of text.matchAll(CODE)) names.add(name!.trim());
  }
  return [...names];
}
