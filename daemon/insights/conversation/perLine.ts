/**
 * Caches one value for each line. The values of unchanged lines are the same objects after an
 * update.
 */
import type { Line } from './line';

export class PerLine<T> {
  private lines: readonly Line[] = [];
  private made: readonly T[] = [];

  constructor(private readonly make: (line: Line) => T) {}

  /** @returns one value for each line, in order */
  of(lines: readonly Line[]): readonly T[] {
    this.made = lines.map((line, at) =>
      line === this.lines[at] ? (this.made[at] as T) : this.make(line),
    );
    this.lines = lines;
    return this.made;
  }
}
