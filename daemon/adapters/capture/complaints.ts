/**
 * Translates standard error of recorders for the user. The original text never appears, except one
 * line of an unknown complaint.
 */
import { EarmarkError, type ErrorCode } from '../../../protocol/errors';
import type { CaptureSource, RecorderName } from '../../audio/devices';

interface Complaint {
  readonly says: RegExp;
  readonly code: Extract<ErrorCode, 'audio.deviceNotFound' | 'audio.recorderFailed'>;
  /** Ends the sentence "The microphone … ". */
  readonly means: string;
}
const c = (
  says: RegExp,
  means: string,
  code: Complaint['code'] = 'audio.recorderFailed',
): Complaint => ({ says, code, means });

const GONE = 'is no longer connected; reconnect it or choose another device';
const NO_SERVER =
  'cannot be recorded because no sound server answers; start PulseAudio or PipeWire';
const BUSY = 'is in use by another program; close that program or choose another device';

/** The first match counts. */
const COMPLAINTS: Readonly<Record<RecorderName, readonly Complaint[]>> = {
  parec: [
    c(/No such entity/, GONE, 'audio.deviceNotFound'),
    c(/Connection (refused|failure)/, NO_SERVER),
    c(/Access denied/, 'refuses access to this user; allow recording in the sound server'),
    c(/Entity killed/, GONE, 'audio.deviceNotFound'),
    c(/Connection terminated/, 'stopped because the sound server ended; start it again'),
  ],
  'pw-record': [
    c(/Host is down|can't connect|pw_context_connect/, NO_SERVER),
    c(/no target node available|No such file/, GONE, 'audio.deviceNotFound'),
    c(
      /does not support pipe write/,
      'cannot be recorded by this version of pw-record; install pulseaudio-utils for parec',
    ),
  ],
  arecord: [
    c(
      /No such (file or directory|device)|Cannot get card index|Unknown PCM/,
      GONE,
      'audio.deviceNotFound',
    ),
    c(/Device or resource busy/, BUSY),
    c(
      /Permission denied/,
      'refuses access to this user; add your user to the group audio and log in again',
    ),
    c(/Connection refused/, NO_SERVER),
  ],
  sox: [
    c(/No such entity|cannot find|no such device|No such file/i, GONE, 'audio.deviceNotFound'),
    c(/Connection refused/, NO_SERVER),
    c(/busy/i, BUSY),
  ],
  audiotee: [
    c(
      /permission|not authorized|denied/i,
      'is not permitted; allow Visual Studio Code under System Settings > Privacy & ' +
        'Security > Screen & System Audio Recording',
    ),
  ],
  ffmpeg: [
    c(
      /not authorized|denied|permission/i,
      'is not permitted; allow Visual Studio Code to use the microphone in the privacy ' +
        'settings of the system',
    ),
    c(
      /Could not find audio|Audio device not found|Invalid audio device|No such device/i,
      GONE,
      'audio.deviceNotFound',
    ),
    c(/busy|Could not run (filter|graph)|I\/O error|Input\/output error/i, BUSY),
  ],
};

export interface RecorderEnd {
  readonly recorder: RecorderName;
  readonly source: CaptureSource;
  /** Display name of the device. */
  readonly device: string;
  readonly code: number | null;
  /** Last part of its standard error. */
  readonly said: string;
}

const nameOf = (source: CaptureSource, device: string): string =>
  `${source === 'mic' ? 'The microphone' : 'The system audio of'} “${device}”`;

/** Error for a device that was removed while its recorder kept running. */
export function explainLost(source: CaptureSource, device: string): EarmarkError {
  return new EarmarkError('audio.deviceNotFound', `${nameOf(source, device)} ${GONE}.`, {
    details: { source },
  });
}

export function explainEnd({ recorder, source, device, code, said }: RecorderEnd): EarmarkError {
  const what = nameOf(source, device);
  const known = COMPLAINTS[recorder].find((complaint) => complaint.says.test(said));
  const details = { recorder, exitCode: code ?? -1 };
  if (known) return new EarmarkError(known.code, `${what} ${known.means}.`, { details });
  const line = said.trim().split('\n').at(-1)?.trim().slice(0, 160) ?? '';
  const why =
    line === ''
      ? `ended with exit code ${code ?? 'unknown'}`
      : `ended with the message: ${line.replace(/(?<![.\s])[.\s]+$/, '')}`;
  return new EarmarkError(
    'audio.recorderFailed',
    `${what} stopped because ${recorder} ${why}; start again or ` + 'choose another device.',
    { details },
  );
}
