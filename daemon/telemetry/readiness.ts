/**
 * Readiness of a team process: queries every part that it needs. Requests within a second share an
 * answer, so that an endpoint without a token costs the parts nothing.
 */
import type { Clock } from '../base/clock';

/** False, a rejection, or no answer in time means that the part is missing. */
export type PartCheck = () => boolean | Promise<unknown>;

/** Time limit of a part; probes give up after a few seconds. */
const CHECK_MS = 2_000;
const KEPT_MS = 1_000;

export class Readiness {
  private readonly checks = new Map<string, PartCheck>([['start', () => false]]);
  private last: { readonly atMs: number; readonly missing: Promise<readonly string[]> } | undefined;

  constructor(private readonly clock: Clock) {}

  /** @param part name of the part in the probe's answer */
  need(part: string, check: PartCheck): void {
    this.checks.set(part, check);
  }

  /** All parts are registered; removes `start` from the missing parts. */
  started(): void {
    this.checks.delete('start');
    this.last = undefined;
  }

  /** Missing parts in the order of registration; empty if ready. */
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
