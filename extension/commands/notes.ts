/** Commands of a note's lenses and code actions: play, tick, hand over, convert. */
import * as vscode from 'vscode';
import { z } from 'zod';
import { DeriveForm } from '../../protocol/noteServer';
import { markdownText } from '../../protocol/plainText';
import { SessionGet } from '../../protocol/session';
import type { Handlers, Parts } from '../parts';
import { UserError } from '../errors';
import { SessionNode } from '../history/historyView';
import type { NoteLanguage } from '../notes/language/noteLanguage';
import { passTask, placeDerived } from './insights';

const Line = z.number().int().min(0);
const PlayArguments = z.tuple([z.string(), z.number().min(0)]);
const ToggleArguments = z.tuple([z.string(), Line]);
const DeriveArguments = z.tuple([z.string(), Line, DeriveForm]);
const BOX = /^(\s*[-*+] \[)([ xX])\]/;

export function noteCommands(
  { daemon, meeting, panel, writing }: Parts,
  language: NoteLanguage,
): Handlers {
  const passLine =
    (use: 'agent' | 'github') =>
    async (...args: unknown[]): Promise<void> => {
      const [uri, line] = given(ToggleArguments, args);
      const draft = await (await language.client()).derive(vscode.Uri.parse(uri), line, 'issue');
      if (draft === undefined) throw gone();
      const sessionId = await sessionOf(uri);
      const title = draft.slice(0, draft.indexOf('\n')).replace(/^# /, '');
      const insights = await (
        await daemon.ready()
      )
        .request(SessionGet, { sessionId })
        .then((session) => session.insights)
        // A note outlives its session.
        .catch(() => []);
      const insight = insights.find(({ text }) => markdownText(text) === title);
      await passTask(use, { draft, sessionId, insight });
    };
  return {
    handToAgent: passLine('agent'),
    createIssue: passLine('github'),
    useNoteItem: async (...args) => {
      const [uri, heading] = given(ToggleArguments, args);
      const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(uri));
      const line = await chosenItem(document, heading);
      if (line !== undefined) await useItem(document, line);
    },
    writeNotes: async (...args) => {
      const [uri] = z.tuple([z.string()]).safeParse(args).data ?? [];
      const id = uri === undefined ? undefined : await sessionOf(uri);
      await vscode.commands.executeCommand('earmark.panel.focus');
      await writing.pick(id);
    },
    writeWithTemplate: async (node: unknown) => {
      const id = node instanceof SessionNode ? node.session.id : undefined;
      await vscode.commands.executeCommand('earmark.panel.focus');
      await writing.pick(id, true);
    },
    playFromNote: async (...args) => {
      const [uri, ms] = given(PlayArguments, args);
      const model = await meeting.show(await sessionOf(uri));
      await vscode.commands.executeCommand('earmark.panel.focus');
      const said = model
        .view()
        .segments.filter(({ hidden, startMs }) => hidden !== true && startMs < ms + 1000)
        .at(-1);
      if (said !== undefined) await panel.playFrom(said.id);
    },
    toggleNoteItem: async (...args) => {
      const [uri, line] = given(ToggleArguments, args);
      const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(uri));
      const match = line < document.lineCount ? BOX.exec(document.lineAt(line).text) : null;
      if (match === null) throw gone();
      const at = match[1]!.length;
      const edit = new vscode.WorkspaceEdit();
      edit.replace(
        document.uri,
        new vscode.Range(line, at, line, at + 1),
        match[2] === ' ' ? 'x' : ' ',
      );
      await vscode.workspace.applyEdit(edit);
    },
    deriveFromNote: async (...args) => {
      const [uri, line, form] = given(DeriveArguments, args);
      // A TODO comment goes into the code beside the note, not into the note.
      const editor = vscode.window.visibleTextEditors.find(
        ({ document }) => document.uri.toString() !== uri && document.uri.scheme !== 'output',
      );
      const text = await (
        await language.client()
      ).derive(vscode.Uri.parse(uri), line, form, editor?.document.languageId);
      if (text === undefined) throw gone();
      await placeDerived(form, text, editor);
    },
  };
}

/** The user selects one of the item's code actions. */
async function useItem(document: vscode.TextDocument, line: number): Promise<void> {
  const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
    'vscode.executeCodeActionProvider',
    document.uri,
    document.lineAt(line).range,
  );
  const picked = await vscode.window.showQuickPick(
    actions.flatMap(({ title, command }) =>
      command?.command.startsWith('earmark.') ? [{ label: title, command }] : [],
    ),
    { placeHolder: vscode.l10n.t('Select how to use this item') },
  );
  if (picked !== undefined)
    await vscode.commands.executeCommand(
      picked.command.command,
      ...((picked.command.arguments ?? []) as unknown[]),
    );
}

/** The user selects an item of a section. @returns its line */
async function chosenItem(
  document: vscode.TextDocument,
  heading: number,
): Promise<number | undefined> {
  const items: (vscode.QuickPickItem & { readonly line: number })[] = [];
  for (let line = heading + 1; line < document.lineCount; line++) {
    const { text } = document.lineAt(line);
    if (text.startsWith('## ')) break;
    const item = /^\s*[-*+] (?:\[[ xX]\] )?(.+)$/.exec(text)?.[1];
    if (item !== undefined) items.push({ label: item.replaceAll('$(', '$ ('), line });
  }
  const picked = await vscode.window.showQuickPick(items, {
    placeHolder: vscode.l10n.t('Select an item'),
  });
  return picked?.line;
}

/** @throws UserError if the note names no meeting */
async function sessionOf(uri: string): Promise<string> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(uri));
  const id = /^session:\s*"?([\w-]+)"?\s*$/m.exec(
    /^---\r?\n[^]*?\r?\n---/.exec(document.getText().slice(0, 4096))?.[0] ?? '',
  )?.[1];
  if (id === undefined)
    throw new UserError(
      vscode.l10n.t('This note has no meeting ID. Restore its front matter and try again.'),
    );
  return id;
}

function given<T extends z.ZodType>(schema: T, args: readonly unknown[]): z.infer<T> {
  const parsed = schema.safeParse(args);
  if (!parsed.success)
    throw new UserError(vscode.l10n.t('Run this command from a line of a note.'));
  return parsed.data;
}

const gone = (): UserError => new UserError(vscode.l10n.t('The line has changed. Try again.'));
