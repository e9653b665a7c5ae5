/** What a card of the panel becomes elsewhere: a TODO at the cursor, a task or an issue to paste, a draft of a decision record. */
import * as vscode from 'vscode';
import { InsightDerive } from '../../protocol/insights';
import type { Insight } from '../../protocol/insights';
import type { ParamsOf } from '../../protocol/method';
import type { Daemon } from '../daemon/daemon';

type Form = ParamsOf<typeof InsightDerive>['as'];

/** The person chooses, and sees what is made before it is kept. */
export async function useInsight(daemon: Daemon, sessionId: string, { id: insightId, kind, text }: Pick<Insight, 'id' | 'kind' | 'text'>): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  const items: (vscode.QuickPickItem & { readonly form: Form })[] = [
    ...(editor === undefined ? [] : [{ form: 'todo' as const, label: vscode.l10n.t('$(comment) Insert as TODO Comment at the Cursor'), description: vscode.workspace.asRelativePath(editor.document.uri) }]),
    { form: 'issue', label: vscode.l10n.t('$(issues) Open as Issue Text'), description: vscode.l10n.t('with the quote and links to the code') },
    { form: 'task', label: vscode.l10n.t('$(tasklist) Copy as Markdown Task') },
    ...(kind === 'decision' ? [{ form: 'adr' as const, label: vscode.l10n.t('$(law) Open as Decision Record (ADR)'), description: vscode.l10n.t('a draft that is not saved yet') }] : []),
  ];
  const picked = await vscode.window.showQuickPick(items, { title: text, placeHolder: vscode.l10n.t('What shall it become?') });
  if (picked === undefined) return;
  const { form } = picked;
  const derived = await daemon.connection.request(InsightDerive, { sessionId, insightId, as: form, ...(editor === undefined ? {} : { languageId: editor.document.languageId }) });
  if (form === 'task') {
    await vscode.env.clipboard.writeText(derived.text);
    vscode.window.setStatusBarMessage(vscode.l10n.t('The task is in the clipboard.'), 5_000);
  } else if (form === 'todo' && editor !== undefined) {
    const { line } = editor.selection.active;
    const indent = /^\s*/.exec(editor.document.lineAt(line).text)?.[0] ?? '';
    await editor.edit((edit) => edit.insert(new vscode.Position(line, 0), `${indent}${derived.text}`));
  } else {
    // Untitled: nothing is kept before the person saves it, under a name of their own.
    const document = await vscode.workspace.openTextDocument({ language: 'markdown', content: derived.text });
    await vscode.window.showTextDocument(document);
  }
}
