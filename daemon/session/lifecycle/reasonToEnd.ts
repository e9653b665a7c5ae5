/** Rules that end a running session. */
import type { SessionOptions } from '../contract/options';

/** The current state; times in milliseconds. */
export interface Situation {
  readonly captured: boolean;
  readonly ephemeral: boolean;
  /** Length of the session: clock time for a captured session, audio for a pushed session. */
  readonly lengthMs: number;
  /** Length of the current pause; undefined in STREAMING. */
  readonly pausedMs: number | undefined;
  /** Time since the last client left; 0 while a client is attached. */
  readonly unattendedMs: number;
  readonly silentMs: number;
  /** Time since a client last pushed audio. */
  readonly unfedMs: number;
}

/** Returns the cause with which the session must stop, or undefined. */
export function reasonToEnd(
  now: Situation,
  limits: Pick<SessionOptions, 'lengthMs' | 'idleMs' | 'waitMs' | 'unseenMs'>,
): 'limit.length' | 'unseen' | 'idle' | undefined {
  if (now.lengthMs >= limits.lengthMs) return 'limit.length';
  if (now.ephemeral && now.captured && now.unattendedMs >= limits.unseenMs) return 'unseen';
  if (now.pausedMs !== undefined) return now.pausedMs >= limits.waitMs ? 'idle' : undefined;
  if (now.captured) return now.silentMs >= limits.idleMs ? 'idle' : undefined;
  return now.unfedMs >= limits.waitMs ? 'idle' : undefined;
}
