/**
 * Finds the stable part of partials: words on which two successive decodes of the open phrase
 * agree. Later partials never change stable words; the final is decoded separately and replaces
 * them. The method is local agreement: Liu, Spanakis, Niehues 2020, "Low-latency
 * sequence-to-sequence speech recognition".
 */

export interface PartialText {
  readonly stable: string;
  readonly unstable: string;
}

export class PartialAgreement {
  private stable: readonly string[] = [];
  private last: readonly string[] = [];

  /** Takes the text of the next decode of the open phrase. */
  update(text: string): PartialText {
    const words = text.split(/\s+/).filter((word) => word !== '');
    const agreed: string[] = [...this.stable];
    // The newest word is often cut off, so it becomes stable only when another word follows it.
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

/** Key of a word for agreement: case and punctuation are ignored. */
function key(word: string): string {
  const bare = word.toLowerCase().replace(/[^\p{L}\p{N}']/gu, '');
  return bare === '' ? word : bare;
}
