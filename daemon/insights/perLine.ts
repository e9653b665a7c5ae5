/**
 * What is made of each line, once: lines that did not change are the same objects at the next
 * update.
 */
import type { Line } from './conversation';

export class PerLine<T> {
  private lines: readonly Line[] = [];
  private made: readonly T[] = [];

  constructor(private readonly make: (line: Line) => T) {}

  /** @returns one for each line, in their order */
  of(lines: readonly Line[]): readonly T[] {
    this.made = lines.map((line, at) =>
      line === this.lines[at] ? (this.made[at] as T) : this.make(line),
    );
    this.lines = lines;
    return this.made;
  }
}
