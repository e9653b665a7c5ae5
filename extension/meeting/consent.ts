/**
 * Consent before the first recording. The wording covers the recorded audio, where it goes, and the
 * consent of the other participants. Every session stores the user, the time and the exact wording.
 * Another destination has another wording, and asks again.
 */
import { userInfo } from 'node:os';
import * as vscode from 'vscode';
import type { Consent } from '../../protocol/session';
import { settings } from '../settings/settings';
import { consentWording, type Purpose } from './consentWording';

interface Stored {
  readonly consent: Consent;
}

export class ConsentKeeper implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;

  constructor(private readonly memory: vscode.Memento) {}

  /** Wording of the consent, one paragraph an element. */
  wording(purpose: Purpose): readonly string[] {
    return consentWording(purpose, settings.remoteUrl());
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
