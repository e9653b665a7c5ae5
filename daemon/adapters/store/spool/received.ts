/**
 * Stored form of the received frames of a source: `frames digest`, one text, or null if no client
 * needs it.
 */
import type { Source } from '../../../audio/frame';
import type { Received } from '../../../audio/frameChain';
import type { Progress } from '../../../speech/contract';

export interface ProgressRow {
  readonly source: Source;
  readonly final_through: number;
  readonly received: string | null;
}

export function receivedText(received: Received | undefined): string | null {
  return received ? `${received.frames} ${received.digest}` : null;
}

export function progressOf({ source, final_through, received }: ProgressRow): Progress {
  const [frames = '', digest = ''] = received?.split(' ') ?? [];
  return {
    source,
    finalThrough: final_through,
    ...(received === null ? {} : { received: { frames: Number(frames), digest } }),
  };
}
