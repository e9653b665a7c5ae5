/** Wording of the consent to record. Does not use `vscode`, so unit tests can load it. */
import { t } from '../l10n';

export type Purpose = 'meeting' | 'dictation';

/**
 * @param remoteUrl address of the remote daemon; empty if this machine recognises
 * @returns one paragraph an element
 */
export function consentWording(purpose: Purpose, remoteUrl: string): readonly string[] {
  const remote = hostOf(remoteUrl);
  if (purpose === 'dictation')
    return [
      t('Earmark records your microphone while you dictate.'),
      remote === ''
        ? t(
            'Audio is transcribed on this machine and not stored, unless you configure a remote engine.',
          )
        : t('Audio is sent to {0}, transcribed there and not stored.', remote),
    ];
  return [
    t(
      'Earmark records your microphone and system audio until you stop the meeting. The status bar always shows it.',
    ),
    remote === ''
      ? t(
          'Audio, transcript and notes stay on this machine. Earmark sends nothing unless you configure a remote engine.',
        )
      : t(
          'Audio is sent to {0}, which makes and stores the transcript. This machine keeps a copy of the audio until {0} has confirmed it. Notes are files of this machine.',
          remote,
        ),
    t(
      'Tell all participants that you are recording, and get their consent. Many jurisdictions require it.',
    ),
  ];
}

/** Host and port of an address. The rest may contain a secret. */
export function hostOf(address: string): string {
  const text = address.trim();
  try {
    return new URL(text).host || text;
  } catch {
    return text;
  }
}
