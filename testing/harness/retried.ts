/**
 * Retries a call a bounded number of times, after a lost connection or before the other side is
 * ready.
 */
import { setTimeout as delay } from 'node:timers/promises';

/** @throws the error of the last attempt, after `again` retries */
export async function retried<T>(
  { again, pauseMs }: { readonly again: number; readonly pauseMs: number },
  ask: () => Promise<T>,
): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (tries >= again) throw error;
      await delay(pauseMs);
    }
  }
}
