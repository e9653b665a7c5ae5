/**
 * Numbers of unnamed speakers: from 1 in order of announcement; at the end renumbered without gaps.
 */
export class SpeakerNumbers {
  private numbers = new Map<string, number>();

  /** @param taken numbers up to this value are in use */
  constructor(private readonly taken = 0) {}

  of(id: string): number {
    const known = this.numbers.get(id);
    if (known !== undefined) return known;
    const number = this.taken + this.numbers.size + 1;
    this.numbers.set(id, number);
    return number;
  }

  /**
   * Renumbers: current speakers first, in the given order. Merged voices follow, so that no two
   * share a number.
   */
  order(ids: readonly string[]): void {
    this.numbers = new Map(
      [...new Set([...ids, ...this.numbers.keys()])].map((id, i) => [id, this.taken + i + 1]),
    );
  }
}
