/** Reads a byte array bit by bit, highest bit first. */

/** The bytes end before the value does. */
export class OutOfBytes extends Error {}

export class BitReader {
  private bit: number;
  private readonly end: number;

  constructor(
    private readonly bytes: Uint8Array,
    at = 0,
  ) {
    this.bit = at * 8;
    this.end = bytes.length * 8;
  }

  /** Index of the next byte; the reader must be at its start. */
  get byte(): number {
    return this.bit >> 3;
  }

  /** @param count 0 to 33 bits */
  read(count: number): number {
    if (count === 0) return 0;
    if (count > 24) {
      const high = this.read(count - 16);
      return high * 65_536 + this.read(16);
    }
    if (this.bit + count > this.end) throw new OutOfBytes();
    const value = this.word() >>> (32 - count);
    this.bit += count;
    return value;
  }

  /** Two's complement. */
  signed(count: number): number {
    const value = this.read(count);
    return count > 0 && value >= 2 ** (count - 1) ? value - 2 ** count : value;
  }

  /** Number of zeros before the next one; skips that, too. */
  unary(): number {
    for (let zeros = 0; ;) {
      const leading = Math.clz32(this.word());
      const usable = Math.min(leading, 24);
      this.bit += usable;
      zeros += usable;
      if (this.bit >= this.end) throw new OutOfBytes();
      if (leading < 24) {
        this.bit++;
        return zeros;
      }
    }
  }

  align(): void {
    this.bit = (this.bit + 7) & ~7;
  }

  /** At least 25 bits from the next one on, at the top of 32; zeros after the end. */
  private word(): number {
    const at = this.bit >> 3;
    const { bytes } = this;
    return (
      ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) <<
      (this.bit & 7)
    );
  }
}
