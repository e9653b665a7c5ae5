/**
 * Numbers of voices without a name: from 1 in the order they are told, and at the end without gaps.
 */
export class SpeakerNumbers {
  private numbers = new Map<string, number>();

  /** @param taken numbers up to this one are others' */
  constructor(private readonly taken = 0) {}

  of(id: string): number {
    const known = this.numbers.get(id);
    if (known !== undefined) return known;
    const number = this.taken + this.numbers.size + 1;
    this.numbers.set(id, number);
    return number;
  }

  /**
   * Those who are there come first, in this order; voices that turned out to be others' follow, so
   * that no two share a number.
   */
  order(ids: readonly string[]): void {
    this.numbers = new Map(
      [...new Set([...ids, ...this.numbers.keys()])].map((id, i) => [id, this.taken + i + 1]),
    );
  }
}
