/**
 * The status bar item: always there, on a strong background while a microphone is on, with a menu
 * behind it.
 */
import * as vscode from 'vscode';
import { statusItem, type Activity } from './statusModel';

const BACKGROUND = {
  none: undefined,
  recording: 'statusBarItem.errorBackground',
  attention: 'statusBarItem.warningBackground',
} as const;
/**
 * The dark high-contrast theme has no such backgrounds, and an item with one may not choose its own
 * colour.
 */
const HIGH_CONTRAST = {
  none: undefined,
  recording: 'errorForeground',
  attention: 'editorWarning.foreground',
} as const;

export class StatusBar implements vscode.Disposable {
  // Far left: nothing stands before it that could push it out of sight.
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

  /** Shows what `activity` says now and, while `ticking`, every second. */
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
