/** Limits of sessions and network connections from the settings. */
import type { Settings } from '../../protocol/settings';
import type { SessionOptions } from '../session/contract/options';
import type { AudioLimit } from '../team/audioAllowance';

const MINUTE_MS = 60_000;
/** Seconds of audio that a source may send in a burst. */
const MESSAGE_BURST_S = 2;
const BYTE_BURST_S = 4;

export function sessionLimitsOf(
  settings: Settings,
): Pick<
  SessionOptions,
  'maxSessions' | 'maxSessionsPerUser' | 'lengthMs' | 'idleMs' | 'redactTranscript'
> {
  return {
    maxSessions: settings['sessions.max'],
    maxSessionsPerUser: settings['sessions.maxPerUser'],
    lengthMs: settings['sessions.maxHours'] * 60 * MINUTE_MS,
    idleMs: settings['sessions.idleMinutes'] * MINUTE_MS,
    redactTranscript: settings['privacy.redactTranscript'],
  };
}

/** @param organisation empty without an organisation */
export function audioLimitsOf(
  settings: Settings,
  organisation: string,
  owner: string,
): readonly AudioLimit[] {
  const limits = [
    { key: `audio.user.${organisation}.${owner}`, hours: settings['limits.audioHoursPerUser'] },
    {
      key: `audio.organisation.${organisation}`,
      hours: organisation === '' ? 0 : settings['limits.audioHoursPerOrganisation'],
    },
  ];
  return limits.filter(({ hours }) => hours > 0);
}

export interface NetworkLimits {
  readonly connections: number;
  readonly connectionsPerUser: number;
  readonly messagesPerSecond: number;
  readonly messageBurst: number;
  readonly bytesPerSecond: number;
  readonly byteBurst: number;
}

export function networkLimitsOf(settings: Settings): NetworkLimits {
  const messagesPerSecond = settings['limits.messagesPerSecond'];
  const bytesPerSecond = settings['limits.megabytesPerSecond'] * 1024 * 1024;
  return {
    connections: settings['limits.connections'],
    connectionsPerUser: settings['limits.connectionsPerUser'],
    messagesPerSecond,
    messageBurst: MESSAGE_BURST_S * messagesPerSecond,
    bytesPerSecond,
    byteBurst: BYTE_BURST_S * bytesPerSecond,
  };
}
