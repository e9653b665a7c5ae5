/**
 * Whether a process of a team should be sent anybody now: every part it needs is asked when
 * somebody asks. Whoever asks within a second gets the same answer, so that a door without a lock
 * costs the parts nothing.
 */
import type { Clock } from '../base/clock';

/** False, a rejection, and no answer in time all mean that the part is missing. */
export type PartCheck = () => boolean | Promise<unknown>;

/** A part that takes longer counts as missing: probes give up after a few seconds themselves. */
const CHECK_MS = 2_000;
const KEPT_MS = 1_000;

export class Readiness {
  private readonly checks = new Map<string, PartCheck>([['start', () => false]]);
  private last: { readonly atMs: number; readonly missing: Promise<readonly string[]> } | undefined;

  constructor(private readonly clock: Clock) {}

  /** @param part a word for whoever reads the answer of a probe */
  need(part: string, check: PartCheck): void {
    this.checks.set(part, check);
  }

  /** All parts are named; until now `start` was missing. */
  started(): void {
    this.checks.delete('start');
    this.last = undefined;
  }

  /** Parts that are missing now, in the order in which they were named; empty when it is ready. */
  missing(): Promise<readonly string[]> {
    const now = this.clock.now();
    if (this.last === undefined || now - this.last.atMs >= KEPT_MS)
      this.last = { atMs: now, missing: this.ask() };
    return this.last.missing;
  }

  private async ask(): Promise<readonly string[]> {
    const answers = await Promise.all(
      [...this.checks].map(async ([part, check]) => ((await this.there(check)) ? [] : [part])),
    );
    return answers.flat();
  }

  private there(check: PartCheck): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = this.clock.setTimeout(() => resolve(false), CHECK_MS);
      const answer = (there: boolean): void => {
        timer.dispose();
        resolve(there);
      };
      Promise.resolve()
        .then(check)
        .then(
          (found) => answer(found !== false),
          () => answer(false),
        );
    });
  }
}
