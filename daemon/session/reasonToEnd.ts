/** When a session that runs ends by itself. */
import type { SessionOptions } from './options';

/** The current state; times in milliseconds. */
export interface Situation {
  readonly captured: boolean;
  readonly ephemeral: boolean;
  /** How long it is: by the clock where it records, by its audio where audio is pushed. */
  readonly lengthMs: number;
  /** How long it is paused; absent where it streams. */
  readonly pausedMs: number | undefined;
  /** Since its last client left; 0 while one is there. */
  readonly unattendedMs: number;
  readonly silentMs: number;
  /** Since a client pushed audio. */
  readonly unfedMs: number;
}

/** The cause with which it stops, if it should. */
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
