/**
 * Hints for the user and their quick fixes: `textDocument/diagnostic`, `textDocument/codeAction`.
 * None of them is an error.
 */
import {
  CodeActionKind,
  DiagnosticSeverity,
  type CodeAction,
  type Diagnostic,
  type Range,
  type TextEdit,
} from 'vscode-languageserver';
import { timeStamp } from '../insights/text/timeStamp';
import { isBroken, nearest } from './moments';
import type { Item, Note } from './note';
import { stampsOf, type ItemLine, type Span, type Stamp } from './noteLine';
import { people } from './people';

const SOURCE = 'earmark';
/** Maximum number of reported problems. */
const PROBLEMS_MAX = 1_000;
/** Maximum number of people offered as owners. */
const OWNERS_MAX = 8;
const DAY_MS = 86_400_000;

type Code = 'owner' | 'overdue' | 'time';
const MESSAGES: Readonly<Record<Code, string>> = {
  owner: 'This action has no owner.',
  overdue: 'This action is overdue.',
  time: 'No transcript line has this time.',
};

/** @param today ISO date in the user's time zone */
export function problems(note: Note, today: string): Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const entry of note.structure.items) {
    if (found.length >= PROBLEMS_MAX) break;
    const { line, item } = entry;
    if (isOpenAction(entry) && item.owner === undefined)
      found.push(problem(line, item.words, 'owner'));
    if (isOpenAction(entry) && item.due !== undefined && item.due.date < today)
      found.push(problem(line, item.due, 'overdue'));
    for (const stamp of stampsOf(item.text))
      if (isBroken(note, stamp)) found.push(problem(line, stamp, 'time'));
  }
  return found;
}

const isOpenAction = ({ kind, item }: Item): boolean =>
  kind === 'action' && (item.box ?? ' ') === ' ';

function problem(line: number, { start, end }: Span, code: Code): Diagnostic {
  return {
    range: {
      start: { line, character: start },
      end: { line, character: Math.max(end, start + 1) },
    },
    severity: DiagnosticSeverity.Information,
    source: SOURCE,
    code,
    message: MESSAGES[code],
  };
}

/**
 * Quick fixes for the problems in a range of lines, and further actions for the action items there.
 */
export function fixes(note: Note, uri: string, range: Range, today: string): CodeAction[] {
  return note.structure.items
    .filter(({ line }) => range.start.line <= line && line <= range.end.line)
    .slice(0, 20)
    .flatMap((entry) => fixesOf(note, uri, entry, today));
}

function fixesOf(note: Note, uri: string, entry: Item, today: string): CodeAction[] {
  const { line, item } = entry;
  const fix = (title: string, edits: TextEdit[], diagnostic?: Diagnostic): CodeAction => ({
    title,
    kind: diagnostic === undefined ? CodeActionKind.Refactor : CodeActionKind.QuickFix,
    ...(diagnostic && { diagnostics: [diagnostic] }),
    edit: { changes: { [uri]: edits } },
  });
  const replace = ({ start, end }: Span, newText: string): TextEdit => ({
    range: { start: { line, character: start }, end: { line, character: end } },
    newText,
  });
  const actions: CodeAction[] = [];
  if (isOpenAction(entry) && item.owner === undefined) {
    const diagnostic = problem(line, item.words, 'owner');
    for (const name of people(note).slice(0, OWNERS_MAX))
      actions.push(
        fix(
          `Assign to @${name}`,
          [
            replace(
              { start: item.words.end, end: item.words.end },
              ` — @${name}` +
                `${item.due === undefined || item.text.slice(item.words.end).trimStart().startsWith('—') ? '' : ','}`,
            ),
          ],
          diagnostic,
        ),
      );
  }
  if (isOpenAction(entry) && item.due !== undefined && item.due.date < today) {
    const diagnostic = problem(line, item.due, 'overdue');
    const box = boxOf(item);
    if (box) actions.push(fix('Mark as Done', [replace(box, 'x')], diagnostic));
    for (const [days, title] of [
      [1, 'tomorrow'],
      [7, 'in a week'],
    ] as const) {
      const date = new Date(Date.parse(`${today}T00:00:00Z`) + days * DAY_MS)
        .toISOString()
        .slice(0, 10);
      actions.push(fix(`Due ${title} (${date})`, [replace(item.due, date)], diagnostic));
    }
  }
  for (const stamp of stampsOf(item.text))
    if (isBroken(note, stamp)) actions.push(...brokenTime(note, line, item, stamp, fix, replace));
  return actions;
}

function brokenTime(
  note: Note,
  line: number,
  { text }: ItemLine,
  stamp: Stamp,
  fix: (title: string, edits: TextEdit[], diagnostic: Diagnostic) => CodeAction,
  replace: (span: Span, newText: string) => TextEdit,
): CodeAction[] {
  const diagnostic = problem(line, stamp, 'time');
  const near = stamp.ms === undefined ? undefined : nearest(note, stamp.ms);
  const blank = text[stamp.start - 1] === ' ' ? 1 : 0;
  return [
    ...(near === undefined
      ? []
      : [
          fix(
            `Use the Nearest Time ${timeStamp(near.ms)}`,
            [replace(stamp, timeStamp(near.ms))],
            diagnostic,
          ),
        ]),
    fix(
      'Remove the Time',
      [replace({ start: stamp.start - blank, end: stamp.end }, '')],
      diagnostic,
    ),
  ];
}

/** The single character inside `[ ]`. */
function boxOf({ text, box }: ItemLine): Span | undefined {
  const at = box === undefined ? -1 : text.indexOf(`[${box}]`);
  return at === -1 ? undefined : { start: at + 1, end: at + 2 };
}
