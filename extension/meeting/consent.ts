/**
 * Consent before the first recording. The wording covers the recorded audio, where it is stored,
 * and the consent of the other participants. Every session stores the user, the time and the exact
 * wording.
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

  /** Wording of the consent, one paragraph an element. */
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

  /** The consent to the current wording; undefined if the user has not given it. */
  given(purpose: Purpose): Consent | undefined {
    const stored = this.memory.get<Stored>(key(purpose))?.consent;
    return stored?.wording === this.wording(purpose).join('\n') ? stored : undefined;
  }

  /**
   * Asks for consent if it is required.
   * @returns undefined if the user did not agree
   */
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

  /** Stores the user's consent. */
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

  /** Deletes the stored consent, so the next use asks again. */
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
    // The user id has no entry in the user database.
    return 'unknown';
  }
}
