/**
 * PulseAudio moves the stream of an unplugged microphone to the default source. Without another
 * microphone that source is the monitor of the speakers, and the other speakers would be recorded
 * as the user. So a move to the wrong kind of device ends the recording.
 */
import type { CaptureSource, RecorderName } from '../../audio/devices';

/**
 * @param asked device that the user chose; undefined for the default, which may change to another
 * of its kind
 * @returns true if the standard error line reports that the recorder lost its device
 */
export function saysLost(
  recorder: RecorderName,
  line: string,
  source: CaptureSource,
  asked: string | undefined,
): boolean {
  // pw-record keeps running, without audio, after its fixed node is gone.
  if (recorder === 'pw-record') return /^remote error: .*\(No such file or directory\)/.test(line);
  const device = recorder === 'parec' ? movedTo(line) : undefined;
  return device !== undefined && !mayFollow(source, asked, device);
}

/** @returns the new device, if a line of `parec --verbose` reports a move */
function movedTo(line: string): string | undefined {
  return /^Stream moved to device (\S+) \(/.exec(line)?.[1];
}

function mayFollow(source: CaptureSource, asked: string | undefined, device: string): boolean {
  if (asked !== undefined) return device === asked;
  return device.endsWith('.monitor') === (source === 'system');
}

/** Output of `parec --verbose` that is not an error. */
export const PAREC_CHATTER = new RegExp(
  '^(Time: |Opening a |Connection established|' +
    'Stream (successfully|started|buffer|device|overrun|underrun|moved)|' +
    'Buffer metrics|Using sample spec|Connected to device|Got signal|Exiting)',
);
