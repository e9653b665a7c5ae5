/** Code actions of an action or a decision: play, tick, hand over, convert. Commands of the window. */
import { CodeActionKind, type CodeAction, type Range } from 'vscode-languageserver';
import { NOTE_COMMANDS } from '../../protocol/noteNames';
import { isPlayable } from './moments';
import type { Item, Note } from './note';

/** Items with actions in one range. */
const ITEMS_MAX = 1;

export function itemActions(note: Note, uri: string, { start, end }: Range): CodeAction[] {
  return note.structure.items
    .filter(({ line, kind }) => kind !== 'summary' && start.line <= line && line <= end.line)
    .slice(0, ITEMS_MAX)
    .flatMap((entry) => actionsOf(note, uri, entry));
}

function actionsOf(note: Note, uri: string, { line, kind, item }: Item): CodeAction[] {
  const act = (
    title: string,
    command: string,
    rest: readonly unknown[],
    actionKind: CodeActionKind = CodeActionKind.Refactor,
  ): CodeAction => ({
    title,
    kind: actionKind,
    command: { title, command, arguments: [uri, ...rest] },
  });
  const { stamp, box } = item;
  const isTask = kind === 'action' || kind === 'decision';
  return [
    // Quick fixes, so that the Problems view offers them.
    ...(isTask
      ? [
          act('Hand to Agent', NOTE_COMMANDS.handToAgent, [line], CodeActionKind.QuickFix),
          act('Create GitHub Issue…', NOTE_COMMANDS.issue, [line], CodeActionKind.QuickFix),
        ]
      : []),
    ...(stamp !== undefined && isPlayable(note, stamp)
      ? [act('Play', NOTE_COMMANDS.play, [stamp.ms])]
      : []),
    ...(kind === 'action' && box !== undefined
      ? [act(box === ' ' ? 'Mark as Done' : 'Reopen', NOTE_COMMANDS.toggle, [line])]
      : []),
    act('Insert TODO Comment', NOTE_COMMANDS.derive, [line, 'todo']),
    act('Open as Issue Draft', NOTE_COMMANDS.derive, [line, 'issue']),
    ...(kind === 'decision'
      ? [act('Draft Decision Record', NOTE_COMMANDS.derive, [line, 'adr'])]
      : []),
  ];
}
