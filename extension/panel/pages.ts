/**
 * A page of the panel that is no session: it is asked for what it shows while it is open, and does
 * what its buttons say.
 */
import type * as vscode from 'vscode';
import type { FromPanel, PanelView } from '../../protocol/panel';

export interface Page extends vscode.Disposable {
  readonly onDidChange: vscode.Event<void>;
  view(): PanelView;
  /** It is shown, or shown again: asks the daemon. @throws EarmarkError */
  open(): Promise<void>;
  /** Nobody looks at it any more. */
  close?(): void;
  /** @returns false where it is not for this page. @throws EarmarkError */
  take(message: FromPanel): Promise<boolean>;
}

export type PageName = 'storage' | 'models';
