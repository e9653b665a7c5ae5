/**
 * PulseAudio moves the stream of a microphone that was pulled out to the default source, and where
 * no microphone is left that is the monitor of the speakers: the others would be heard as the user.
 * So a move to the wrong kind of device ends the recording.
 */
import type { CaptureSource, RecorderName } from '../../audio/devices';

/**
 * @param asked the device the user chose; undefined for the default, which may change to another of
 * its kind.
 * @returns true for a line of standard error that says that the recorder no longer hears the right
 * device.
 */
export function saysLost(
  recorder: RecorderName,
  line: string,
  source: CaptureSource,
  asked: string | undefined,
): boolean {
  // pw-record stays, without audio, when the node it was told not to leave is gone.
  if (recorder === 'pw-record') return /^remote error: .*\(No such file or directory\)/.test(line);
  const device = recorder === 'parec' ? movedTo(line) : undefined;
  return device !== undefined && !mayFollow(source, asked, device);
}

/** @returns the device a line of `parec --verbose` says that the stream was moved to. */
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
