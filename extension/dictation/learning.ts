/**
 * Offers to add a corrected word to the vocabulary, if the user corrects it within a minute of the
 * dictation.
 */
import * as vscode from 'vscode';
import { settings } from '../settings/settings';
import { correctedName } from './correction';
import { rangeOf, type Entry, type Written } from './written';

/** Time in milliseconds after a dictation in which an edit counts as a correction. */
const WITHIN_MS = 60_000;
/** Pause in milliseconds after which the user has stopped typing. */
const SETTLE_MS = 1_500;

export class Learning implements vscode.Disposable {
  private readonly timers = new Map<Entry, NodeJS.Timeout>();
  /** Refused in this window. */
  private readonly refused = new Set<string>();
  private readonly subscription: vscode.Disposable;

  constructor(written: Written) {
    this.subscription = written.onDidEdit((entry) => {
      if (Date.now() - entry.at > WITHIN_MS) return;
      clearTimeout(this.timers.get(entry));
      this.timers.set(
        entry,
        setTimeout(() => {
          this.timers.delete(entry);
          void this.look(entry);
        }, SETTLE_MS),
      );
    });
  }

  private async look({ document, anchors, texts }: Entry): Promise<void> {
    if (document.isClosed) return;
    const names = anchors.map((anchor, i) =>
      correctedName(texts[i] ?? '', document.getText(rangeOf(document, anchor))),
    );
    const name = names.find((one) => one !== undefined);
    if (name === undefined || this.refused.has(name) || settings.vocabulary().includes(name))
      return;
    const yes = vscode.l10n.t('Add');
    const answer = await vscode.window.showInformationMessage(
      vscode.l10n.t('Add “{0}” to your vocabulary? Dictation then uses this spelling.', name),
      yes,
      vscode.l10n.t('No'),
    );
    if (answer === yes) await settings.addWord(name);
    else this.refused.add(name);
  }

  dispose(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.subscription.dispose();
  }
}
