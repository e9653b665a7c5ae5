/** Completion: people after `@`, code names in backticks. */
import { CompletionItemKind, type CompletionItem, type TextEdit } from 'vscode-languageserver';
import { namesInNote } from './lookUp';
import type { Note, Position } from './note';
import { people } from './people';

const ITEMS_MAX = 100;

/** Candidates for a position. The typed prefix begins at `start`. */
export type Wanted = {
  readonly kind: 'person' | 'code';
  readonly start: number;
  readonly prefix: string;
};

export function wantedAt(note: Note, { line, character }: Position): Wanted | undefined {
  const before = (note.line(line)?.text ?? '').slice(0, character);
  const person = /(?:^|[\s(,;—])@([\p{L}\p{N}\p{M}_.'’-]{0,100})$/u.exec(before);
  if (person) return { kind: 'person', start: character - person[1]!.length, prefix: person[1]! };
  const code = /`([^`\s]{0,100})$/.exec(before);
  // An odd number of backticks: the position is inside code.
  if (code && before.split('`').length % 2 === 0)
    return { kind: 'code', start: character - code[1]!.length, prefix: code[1]! };
  return undefined;
}

/** @param codeNames of the workspace */
export function complete(
  note: Note,
  { line, character }: Position,
  { kind, start }: Wanted,
  codeNames: readonly string[],
): CompletionItem[] {
  const edit = (newText: string): TextEdit => ({
    range: { start: { line, character: start }, end: { line, character } },
    newText,
  });
  if (kind === 'person')
    return people(note)
      .slice(0, ITEMS_MAX)
      .map((name, i) => ({
        label: `@${name}`,
        filterText: name,
        sortText: String(i).padStart(4, '0'),
        kind: CompletionItemKind.Value,
        textEdit: edit(name),
      }));
  const closed = (note.line(line)?.text ?? '')[character] === '`';
  return [...new Set([...namesInNote(note), ...codeNames])].slice(0, ITEMS_MAX).map((name) => ({
    label: name,
    kind: CompletionItemKind.Reference,
    textEdit: edit(closed ? name : `${name}\``),
  }));
}
