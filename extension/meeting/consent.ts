/**
 * The question before anything is recorded: what is recorded, that it stays here, and that the
 * others must be told. The answer, with who, when and the exact wording, goes with every session.
 */
import { userInfo } from 'node:os';
import * as vscode from 'vscode';
import type { Consent } from '../../protocol/session';
import { settings } from '../settings/settings';

type Purpose = 'meeting' | 'dictation';

interface Stored {
  readonly consent: Consent;
}

export class ConsentKeeper implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;

  constructor(private readonly memory: vscode.Memento) {}

  /** What the user is told, a paragraph each. */
  wording(purpose: Purpose): readonly string[] {
    if (purpose === 'dictation') {
      return [
        vscode.l10n.t('Earmark records your microphone while you dictate.'),
        vscode.l10n.t(
          'Audio is transcribed on this machine and not stored, unless you configure a remote engine.',
        ),
      ];
    }
    return [
      vscode.l10n.t(
        'Earmark records your microphone and system audio until you stop the meeting. The status bar always shows it.',
      ),
      vscode.l10n.t(
        'Audio, transcript and notes stay on this machine. Earmark sends nothing unless you configure a remote engine.',
      ),
      vscode.l10n.t(
        'Tell all participants that you are recording, and get their consent. Many jurisdictions require it.',
      ),
    ];
  }

  /** The answer given to this very wording; undefined when the question is still open. */
  given(purpose: Purpose): Consent | undefined {
    const stored = this.memory.get<Stored>(key(purpose))?.consent;
    return stored?.wording === this.wording(purpose).join('\n') ? stored : undefined;
  }

  /** Asks where it must. @returns undefined when the user did not agree */
  async ask(purpose: Purpose): Promise<Consent | undefined> {
    const known = this.given(purpose);
    if (known !== undefined && !(purpose === 'meeting' && settings.askEveryMeeting())) return known;
    const agree =
      purpose === 'meeting' ? vscode.l10n.t('I Agree, Start Recording') : vscode.l10n.t('I Agree');
    const question =
      purpose === 'meeting'
        ? vscode.l10n.t('Record this meeting with Earmark?')
        : vscode.l10n.t('Allow Earmark to use your microphone?');
    const answer = await vscode.window.showInformationMessage(
      question,
      { modal: true, detail: this.wording(purpose).join('\n\n') },
      agree,
    );
    return answer === agree ? this.give(purpose) : undefined;
  }

  /** The user agreed. */
  async give(purpose: Purpose): Promise<Consent> {
    const consent: Consent = {
      by: userName(),
      at: new Date().toISOString(),
      wording: this.wording(purpose).join('\n'),
    };
    await this.memory.update(key(purpose), { consent } satisfies Stored);
    this.changed.fire();
    return consent;
  }

  /** Asks again next time. */
  async forget(): Promise<void> {
    await this.memory.update(key('meeting'), undefined);
    await this.memory.update(key('dictation'), undefined);
    this.changed.fire();
  }

  dispose(): void {
    this.changed.dispose();
  }
}

const key = (purpose: Purpose): string => `consent.${purpose}`;

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user id without an entry in the user database.
    return 'unknown';
  }
}
