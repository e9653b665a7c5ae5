/**
 * Code lenses: one line for each section of items, above its heading. Everything for one item is in
 * its code actions, and times play from their hovers. The extension runs the command.
 */
import type { CodeLens } from 'vscode-languageserver';
import { NOTE_COMMANDS } from '../../protocol/noteNames';
import type { Heading, Item, Note } from './note';

export function lenses(note: Note, uri: string): CodeLens[] {
  const { headings, items } = note.structure;
  return headings.flatMap((heading) => {
    const mine = items.filter(
      ({ line, kind }) => kind !== 'summary' && heading.line < line && line <= heading.end,
    );
    // The note's title has all sections below it.
    return heading.level === 1 || mine.length === 0 ? [] : [lensOf(uri, heading, mine)];
  });
}

function lensOf(uri: string, { line, title }: Heading, items: readonly Item[]): CodeLens {
  const boxes = items.filter(({ kind, item }) => kind === 'action' && item.box !== undefined);
  const open = boxes.filter(({ item }) => item.box === ' ').length;
  return {
    range: { start: { line, character: 0 }, end: { line, character: title.length } },
    command: {
      title: boxes.length === 0 ? 'Use an Item…' : `${open} of ${boxes.length} open · Use an Item…`,
      command: NOTE_COMMANDS.use,
      arguments: [uri, line],
    },
  };
}
