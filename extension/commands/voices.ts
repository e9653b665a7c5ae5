/**
 * Consent to store voiceprints, asked once for each name, and the user's answer to a matching
 * voiceprint.
 */
import * as vscode from 'vscode';
import { TranscriptNameSpeaker } from '../../protocol/transcript';
import { VoicesKeep } from '../../protocol/voices';
import type { Daemon } from '../daemon/daemon';
import type { PanelModel } from '../panel/panelModel';
import { settings } from '../settings/settings';

/** Names whose voiceprints the user declined to store. */
const DECLINED = 'voices.declined';
const DECLINED_MAX = 500;

export interface NamedSpeaker {
  readonly sessionId: string;
  readonly speakerId: string;
  readonly name: string;
}

export class VoiceConsent {
  constructor(
    private readonly daemon: Daemon,
    private readonly memory: vscode.Memento,
  ) {}

  /**
   * Asks whether to store the voiceprint of a named speaker. A refusal is remembered for the name.
   * @throws EarmarkError
   */
  async ask({ sessionId, speakerId, name }: NamedSpeaker): Promise<void> {
    const declined = this.memory.get<readonly string[]>(DECLINED, []);
    if (declined.includes(name)) return;
    const yes = vscode.l10n.t('Recognise');
    const where =
      settings.remoteUrl() === ''
        ? vscode.l10n.t(
            'The voiceprint stays on this machine. Delete it any time in Storage and Privacy.',
          )
        : vscode.l10n.t(
            'The remote daemon stores the voiceprint. Delete it any time in Storage and Privacy.',
          );
    const answer = await vscode.window.showInformationMessage(
      `${vscode.l10n.t('Recognise the voice of “{0}” in future meetings?', name)} ${where}`,
      yes,
      vscode.l10n.t('No'),
    );
    if (answer === yes) await this.daemon.connection.request(VoicesKeep, { sessionId, speakerId });
    else if (answer !== undefined)
      await this.memory.update(DECLINED, [...declined, name].slice(-DECLINED_MAX));
  }
}

/**
 * Confirms or rejects the speaker that a voiceprint matched.
 * @throws EarmarkError
 */
export async function answerVoice(
  daemon: Daemon,
  model: PanelModel,
  speakerId: string,
  isVoice: boolean,
): Promise<void> {
  const name = model.recognised(speakerId);
  if (name !== undefined)
    await daemon.connection.request(TranscriptNameSpeaker, {
      sessionId: model.id,
      speakerId,
      ...(isVoice ? { name } : {}),
    });
}
