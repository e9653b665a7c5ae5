/**
 * Converts a card of the panel: a TODO comment at the cursor, a Markdown task, an issue draft or a
 * decision record.
 */
import * as vscode from 'vscode';
import { InsightDerive } from '../../protocol/insights';
import type { Insight } from '../../protocol/insights';
import type { DeriveForm } from '../../protocol/noteServer';
import type { Task } from '../agents/handOver';
import type { Daemon } from '../daemon/daemon';
import { currentFolder, workspaceInfo } from '../meeting/workspaceInfo';

type Use = DeriveForm | 'agent' | 'github';

/** The uses of an action or a decision that leave the editor's files alone. */
const HAND_OVERS = (): (vscode.QuickPickItem & { readonly form: Use })[] => [
  {
    form: 'agent',
    label: vscode.l10n.t('$(comment-discussion) Hand to Agent'),
    description: vscode.l10n.t('Opens the chat with the task, its quotes and files'),
  },
  {
    form: 'github',
    label: vscode.l10n.t('$(github) Create GitHub Issue…'),
    description: vscode.l10n.t('Searches similar issues first'),
  },
];

export async function passTask(use: 'agent' | 'github', task: Task): Promise<void> {
  const { createIssue, handToAgent } = await import('../agents/handOver');
  if (use === 'agent') await handToAgent(task);
  else await createIssue(task, (await workspaceInfo(currentFolder()))?.webUrl);
}

/** The user selects the result and sees it before it is saved. */
export async function useInsight(
  daemon: Daemon,
  sessionId: string,
  insight: Pick<Insight, 'id' | 'kind' | 'text' | 'symbols' | 'evidence'>,
): Promise<void> {
  const { id: insightId, kind, text } = insight;
  const editor = vscode.window.activeTextEditor;
  const items: (vscode.QuickPickItem & { readonly form: Use })[] = [
    ...(kind === 'action' || kind === 'decision' ? HAND_OVERS() : []),
    ...(editor === undefined
      ? []
      : [
          {
            form: 'todo' as const,
            label: vscode.l10n.t('$(comment) Insert TODO Comment at Cursor'),
            description: vscode.workspace.asRelativePath(editor.document.uri),
          },
        ]),
    {
      form: 'issue',
      label: vscode.l10n.t('$(issues) Open as Issue Draft'),
      description: vscode.l10n.t('Includes the quote and links to the code'),
    },
    { form: 'task', label: vscode.l10n.t('$(tasklist) Copy as Markdown Task') },
    ...(kind === 'decision'
      ? [
          {
            form: 'adr' as const,
            label: vscode.l10n.t('$(law) Open as Decision Record (ADR)'),
            description: vscode.l10n.t('Unsaved draft'),
          },
        ]
      : []),
  ];
  const picked = await vscode.window.showQuickPick(items, {
    title: text,
    placeHolder: vscode.l10n.t('Select how to convert this item'),
  });
  if (picked === undefined) return;
  const { form } = picked;
  if (form === 'agent' || form === 'github') {
    const { text: draft } = await daemon.connection.request(InsightDerive, {
      sessionId,
      insightId,
      as: 'issue',
    });
    await passTask(form, { draft, sessionId, insight });
    return;
  }
  const derived = await daemon.connection.request(InsightDerive, {
    sessionId,
    insightId,
    as: form,
    ...(editor === undefined ? {} : { languageId: editor.document.languageId }),
  });
  await placeDerived(form, derived.text, editor);
}

/**
 * A task goes to the clipboard, a TODO comment above the cursor, anything else into a new document.
 * If no code is open, the TODO comment goes to the clipboard.
 */
export async function placeDerived(
  form: DeriveForm,
  text: string,
  editor: vscode.TextEditor | undefined,
): Promise<void> {
  if (form === 'todo' && editor !== undefined) {
    const { line } = editor.selection.active;
    const indent = /^\s*/.exec(editor.document.lineAt(line).text)?.[0] ?? '';
    await editor.edit((edit) => edit.insert(new vscode.Position(line, 0), `${indent}${text}`));
  } else if (form === 'task' || form === 'todo') {
    await vscode.env.clipboard.writeText(text);
    vscode.window.setStatusBarMessage(
      form === 'task'
        ? vscode.l10n.t('Task copied to the clipboard.')
        : vscode.l10n.t('No code file is open. The comment was copied to the clipboard.'),
      5_000,
    );
  } else {
    // An untitled document: nothing is stored before the user saves it.
    const document = await vscode.workspace.openTextDocument({
      language: 'markdown',
      content: text,
    });
    await vscode.window.showTextDocument(document);
  }
}
