/**
 * Contract of a panel page that shows no session. The panel reads its view and passes it the
 * messages of its buttons.
 */
import type * as vscode from 'vscode';
import type { FromPanel, PanelView } from '../../protocol/panel';

export interface Page extends vscode.Disposable {
  readonly onDidChange: vscode.Event<void>;
  view(): PanelView;
  /**
   * Reads the page's data from the daemon. Called each time the page is opened.
   * @throws EarmarkError
   */
  open(): Promise<void>;
  /** The page is no longer shown. */
  close?(): void;
  /**
   * Handles a message of the page.
   * @returns false if the message belongs to another page
   * @throws EarmarkError
   */
  take(message: FromPanel): Promise<boolean>;
}

export type PageName = 'storage' | 'models';
