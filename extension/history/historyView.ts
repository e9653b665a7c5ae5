/** Tree of past meetings. It reads from a running daemon. If none runs, it offers to start one. */
import * as vscode from 'vscode';
import { SessionList, type SessionInfo } from '../../protocol/session';
import type { Daemon } from '../daemon/daemon';
import { isOver } from '../meeting/meeting';
import { clock } from '../status/statusModel';
import { type Group, group, type Grouping, GROUPINGS } from './grouping';

/** Maximum number of sessions in one answer of the daemon. */
const MAX = 1_000;
const GROUPING_KEY = 'history.grouping';

export class SessionNode {
  constructor(
    readonly session: SessionInfo,
    /** A meeting of three people is listed in three groups. */
    readonly groupId: string,
  ) {}
}

export class HistoryView
  implements vscode.TreeDataProvider<Group | SessionNode>, vscode.Disposable
{
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly view: vscode.TreeView<Group | SessionNode>;
  private readonly visible: vscode.Disposable;

  constructor(
    private readonly daemon: Daemon,
    /** Stores the grouping only. */
    private readonly memory: vscode.Memento,
  ) {
    this.view = vscode.window.createTreeView('earmark.history', {
      treeDataProvider: this,
      showCollapseAll: true,
    });
    this.visible = this.view.onDidChangeVisibility(({ visible }) => visible && this.refresh());
  }

  get grouping(): Grouping {
    return GROUPINGS.find((one) => one === this.memory.get(GROUPING_KEY)) ?? 'day';
  }

  async setGrouping(grouping: Grouping): Promise<void> {
    await this.memory.update(GROUPING_KEY, grouping);
    this.refresh();
  }

  refresh(): void {
    this.changed.fire();
  }

  async getChildren(parent?: Group | SessionNode): Promise<(Group | SessionNode)[]> {
    if (parent instanceof SessionNode) return [];
    if (parent !== undefined)
      return parent.sessions.map((session) => new SessionNode(session, parent.id));
    if (this.daemon.existing === undefined && !(await this.daemon.seemsToRun())) return [];
    const { sessions } = await (
      await this.daemon.ready()
    ).request(SessionList, { limit: MAX, people: true });
    return group(
      sessions.filter(({ kind }) => kind !== 'dictation'),
      this.grouping,
      vscode.env.language,
      new Date(),
    );
  }

  getTreeItem(node: Group | SessionNode): vscode.TreeItem {
    if (!(node instanceof SessionNode)) {
      const item = new vscode.TreeItem(node.label, vscode.TreeItemCollapsibleState.Expanded);
      item.id = `${this.grouping}/${node.id}`;
      item.description = String(node.sessions.length);
      return item;
    }
    const { session } = node;
    const item = new vscode.TreeItem(session.title);
    const started = new Date(session.startedAt);
    const when = started.toLocaleString(vscode.env.language, {
      dateStyle: this.grouping === 'day' ? undefined : 'medium',
      timeStyle: 'short',
    });
    item.id = `${this.grouping}/${node.groupId}/${session.id}`;
    item.description = `${when} · ${clock(session.durationMs)}`;
    item.tooltip = [
      session.title,
      started.toLocaleString(vscode.env.language),
      clock(session.durationMs),
      session.workspace?.repository ?? session.workspace?.folder,
      session.workspace?.branch,
      session.people?.join(', '),
    ]
      .filter((x) => x !== undefined && x !== '')
      .join('\n');
    item.iconPath = new vscode.ThemeIcon(
      isOver(session.state)
        ? session.keptAudio === true
          ? 'unmute'
          : 'comment-discussion'
        : 'record',
    );
    item.contextValue = isOver(session.state) ? 'session' : 'runningSession';
    item.accessibilityInformation = {
      label: vscode.l10n.t(
        '{0}, {1}, duration {2}',
        session.title,
        started.toLocaleString(vscode.env.language),
        clock(session.durationMs),
      ),
    };
    item.command = {
      command: 'earmark.showSession',
      title: vscode.l10n.t('Open'),
      arguments: [node],
    };
    return item;
  }

  dispose(): void {
    this.visible.dispose();
    this.view.dispose();
    this.changed.dispose();
  }
}
