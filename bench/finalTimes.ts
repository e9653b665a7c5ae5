/**
 * When finals would be there on a machine that does nothing else: audio time plus measured
 * inference time. Pure.
 */

/** One phrase; times in milliseconds since the session began. */
export interface TimedDecode {
  /** End of the last window the detector called speech. */
  readonly speechEndMs: number;
  /** The frame that ended the phrase was complete. */
  readonly decidedMs: number;
  /** Its decode began, in the pause or when the phrase ended. */
  readonly begunMs: number;
  readonly inferenceMs: number;
}

/**
 * Milliseconds from the last speech to the final of each phrase. Phrases are decoded in the order
 * in which they ended, each by the worker that is free first, and given out in the order of speech.
 */
export function finalLatencies(phrases: readonly TimedDecode[], workers: number): number[] {
  const free = Array.from({ length: workers }, () => 0);
  let lastFinal = 0;
  return phrases.map(({ speechEndMs, decidedMs, begunMs, inferenceMs }) => {
    const first = free.indexOf(Math.min(...free));
    const decoded = Math.max(begunMs, free[first] ?? 0) + inferenceMs;
    free[first] = decoded;
    const done = Math.max(decidedMs, decoded);
    lastFinal = Math.max(lastFinal, done);
    return lastFinal - speechEndMs;
  });
}
