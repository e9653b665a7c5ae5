/**
 * The status bar item. It is always visible, has a strong background while a microphone is on, and
 * opens a menu.
 */
import * as vscode from 'vscode';
import { statusItem, type Activity } from './statusModel';

const BACKGROUND = {
  none: undefined,
  recording: 'statusBarItem.errorBackground',
  attention: 'statusBarItem.warningBackground',
} as const;
/**
 * The dark high-contrast theme has no such backgrounds, and an item with a background cannot set
 * its colour.
 */
const HIGH_CONTRAST = {
  none: undefined,
  recording: 'errorForeground',
  attention: 'editorWarning.foreground',
} as const;

export class StatusBar implements vscode.Disposable {
  // Far left, so no other item can push it out of view.
  private readonly item = vscode.window.createStatusBarItem(
    'earmark.status',
    vscode.StatusBarAlignment.Left,
    10_000,
  );
  private readonly themes = vscode.window.onDidChangeActiveColorTheme(() => this.show(this.shown));
  private shown: Activity = { kind: 'idle' };
  private timer: NodeJS.Timeout | undefined;

  constructor() {
    this.item.name = 'Earmark';
    this.item.command = 'earmark.showMenu';
    this.show(this.shown);
    this.item.show();
  }

  show(activity: Activity): void {
    const { text, tooltip, label, background } = statusItem(activity);
    this.item.text = text;
    this.item.tooltip = tooltip;
    this.item.accessibilityInformation = { label, role: 'button' };
    const dark = vscode.window.activeColorTheme.kind === vscode.ColorThemeKind.HighContrast;
    const [back, fore] = dark
      ? [undefined, HIGH_CONTRAST[background]]
      : [BACKGROUND[background], undefined];
    this.item.backgroundColor = back === undefined ? undefined : new vscode.ThemeColor(back);
    this.item.color = fore === undefined ? undefined : new vscode.ThemeColor(fore);
    this.shown = activity;
  }

  /** Shows the current activity. While `ticking`, updates every second. */
  follow(activity: () => Activity, ticking: boolean): void {
    this.show(activity());
    if (ticking) this.timer ??= setInterval(() => this.show(activity()), 1_000);
    else {
      clearInterval(this.timer);
      this.timer = undefined;
    }
  }

  dispose(): void {
    clearInterval(this.timer);
    this.themes.dispose();
    this.item.dispose();
  }
}
