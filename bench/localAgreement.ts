/**
 * LocalAgreement-2 over a growing buffer, as streaming tools around offline models use it: the
 * buffer is decoded at each step, words on which two successive decodes agree are committed, and
 * the buffer is trimmed behind a committed sentence or when it gets long. After Liu, Spanakis,
 * Niehues 2020, and Macháček, Dabre, Bojar 2023 (Whisper-Streaming). Pure.
 */

/** A word of one decode; times in milliseconds from the start of the buffer. */
export interface TimedText {
  readonly text: string;
  readonly endMs: number;
}

export interface AgreementStep {
  /** Words that became final with this step. */
  readonly committed: readonly string[];
  /** The buffer may be cut here (milliseconds from its start); 0 keeps all of it. */
  readonly trimMs: number;
}

export class LocalAgreement {
  /** Committed words whose audio is still in the buffer. */
  private inBuffer: readonly string[] = [];
  /** What the last decode said behind them. */
  private before: readonly TimedText[] = [];

  /**
   *
   * @param maxBufferMs length from which the buffer is cut behind the last committed word, wherever
   * a sentence ends
   */
  constructor(private readonly maxBufferMs = 15_000) {}

  /** Takes the next decode of the buffer. After a trim the caller's buffer starts at `trimMs`. */
  update(words: readonly TimedText[], bufferMs: number): AgreementStep {
    const skip = prefixLength(
      this.inBuffer,
      words.map((word) => word.text),
    );
    const open = words.slice(skip);
    let agreed = 0;
    while (
      agreed < open.length &&
      agreed < this.before.length &&
      key(open[agreed]?.text) === key(this.before[agreed]?.text)
    )
      agreed++;
    const committed = open.slice(0, agreed).map((word) => word.text);
    const end = skip + agreed;
    const sentence = lastIndex(words.slice(0, end), (word) => /[.?!]$/.test(word.text));
    const at = sentence >= 0 ? sentence : bufferMs > this.maxBufferMs ? end - 1 : -1;
    const trimMs = at >= 0 ? Math.min(bufferMs, words[at]?.endMs ?? 0) : 0;
    // Times are estimates, so the words behind the cut are expected to be heard again.
    this.inBuffer =
      trimMs > 0
        ? words.slice(at + 1, end).map((word) => word.text)
        : [...this.inBuffer, ...committed];
    this.before = open.slice(agreed);
    if (trimMs > 0 || bufferMs <= this.maxBufferMs) return { committed, trimMs };
    // Nothing to cut at: what is heard is taken as it is, and the buffer starts afresh.
    this.inBuffer = [];
    this.before = [];
    return {
      committed: [...committed, ...open.slice(agreed).map((word) => word.text)],
      trimMs: bufferMs,
    };
  }

  /** Nothing more comes: the rest of the last decode is taken as it is. */
  finish(): string[] {
    const rest = this.before.map((word) => word.text);
    this.before = [];
    return rest;
  }
}

/**
 * How many words of a decode say what was committed: the prefix with the least word errors, the
 * longer of two.
 */
export function prefixLength(committed: readonly string[], words: readonly string[]): number {
  let row = words.reduce<number[]>((all) => [...all, all.length], [0]);
  for (const [i, word] of committed.entries()) {
    const next = [i + 1];
    for (const [j, other] of words.entries())
      next.push(
        Math.min(
          (row[j + 1] ?? 0) + 1,
          (next[j] ?? 0) + 1,
          (row[j] ?? 0) + (key(word) === key(other) ? 0 : 1),
        ),
      );
    row = next;
  }
  return committed.length === 0 ? 0 : row.lastIndexOf(Math.min(...row));
}

function lastIndex<T>(all: readonly T[], holds: (one: T) => boolean): number {
  for (let i = all.length - 1; i >= 0; i--) if (holds(all[i] as T)) return i;
  return -1;
}

/** Two decodes agree on a word whatever its case and punctuation. */
function key(word: string | undefined): string | undefined {
  return word?.toLowerCase().replace(/[^\p{L}\p{N}']/gu, '');
}
