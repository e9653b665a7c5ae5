/**
 * What of a partial may be shown as settled: words on which two successive decodes of the open
 * phrase agree become stable and are never changed by a later partial (the final is decoded on its
 * own and replaces them). The method is local agreement: Liu, Spanakis, Niehues 2020, "Low-latency
 * sequence-to-sequence speech recognition".
 */

export interface PartialText {
  readonly stable: string;
  readonly unstable: string;
}

export class PartialAgreement {
  private stable: readonly string[] = [];
  private last: readonly string[] = [];

  /** Takes the text of the next decode of the same open phrase. */
  update(text: string): PartialText {
    const words = text.split(/\s+/).filter((word) => word !== '');
    const agreed: string[] = [...this.stable];
    // The newest word is often cut off in the middle, so it settles only once something follows it.
    const limit = Math.min(words.length - 1, this.last.length);
    for (let i = agreed.length; i < limit; i++) {
      const word = words[i];
      const before = this.last[i];
      if (word === undefined || before === undefined || key(word) !== key(before)) break;
      agreed.push(word);
    }
    this.stable = agreed;
    this.last = words;
    return { stable: agreed.join(' '), unstable: words.slice(agreed.length).join(' ') };
  }
}

/** Two decodes agree on a word whatever its case and punctuation. */
function key(word: string): string {
  const bare = word.toLowerCase().replace(/[^\p{L}\p{N}']/gu, '');
  return bare === '' ? word : bare;
}
