/** Commands of a note's code lenses: play from a time, tick a box, convert an item. */
import * as vscode from 'vscode';
import { z } from 'zod';
import { DeriveForm } from '../../protocol/noteServer';
import type { Handlers, Parts } from '../app';
import { UserError } from '../errors';
import { SessionNode } from '../history/historyView';
import type { NoteLanguage } from '../notes/language/noteLanguage';
import { placeDerived } from './insights';

const Line = z.number().int().min(0);
const PlayArguments = z.tuple([z.string(), z.number().min(0)]);
const ToggleArguments = z.tuple([z.string(), Line]);
const DeriveArguments = z.tuple([z.string(), Line, DeriveForm]);
const BOX = /^(\s*[-*+] \[)([ xX])\]/;

export function noteCommands({ meeting, panel, writing }: Parts, language: NoteLanguage): Handlers {
  return {
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
