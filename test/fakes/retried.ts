/**
 * Asks again, a bounded number of times: what a link lost, or what the other side learns a moment
 * later.
 */
import { setTimeout as delay } from 'node:timers/promises';

/** @throws what the last try failed with, after `again` more than the first */
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
