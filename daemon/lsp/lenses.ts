/**
 * Code lenses: play, tick, convert. The extension runs their commands. A summary has no lenses,
 * because they would separate all its lines. Its times play from their hovers.
 */
import type { CodeLens } from 'vscode-languageserver';
import { NOTE_COMMANDS } from '../../protocol/noteNames';
import type { DeriveForm } from '../../protocol/noteServer';
import { isPlayable } from './moments';
import { LISTED_MAX, type Item, type Note } from './note';

export function lenses(note: Note, uri: string): CodeLens[] {
  return note.structure.items
    .slice(0, LISTED_MAX)
    .flatMap((entry) => (entry.kind === 'summary' ? [] : lensesOf(note, uri, entry)));
}

function lensesOf(note: Note, uri: string, { line, kind, item }: Item): CodeLens[] {
  const range = { start: { line, character: 0 }, end: { line, character: item.text.length } };
  const lens = (title: string, command: string, ...rest: unknown[]): CodeLens => ({
    range,
    command: { title, command, arguments: [uri, ...rest] },
  });
  const derive = (title: string, form: DeriveForm): CodeLens =>
    lens(title, NOTE_COMMANDS.derive, line, form);
  const { stamp, box } = item;
  return [
    ...(stamp !== undefined && isPlayable(note, stamp)
      ? [lens('▷ Play', NOTE_COMMANDS.play, stamp.ms)]
      : []),
    ...(kind === 'action' && box !== undefined
      ? [lens(box === ' ' ? '✓ Done' : 'Reopen', NOTE_COMMANDS.toggle, line)]
      : []),
    derive('TODO', 'todo'),
    derive('Issue', 'issue'),
    ...(kind === 'decision' ? [derive('Decision Record', 'adr')] : []),
  ];
}
