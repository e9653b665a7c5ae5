/**
 * Whose is it that a note is unsaved? Unsaved typing is the user's to save; a note that is unsaved only because lines were
 * put into it is saved at once. `isDirty` alone cannot tell: a save that crosses an edit of ours leaves the document dirty.
 * Counts changes that others made, and how many of them the last save took along. No editor here.
 */
export class UnsavedTyping {
  #typed: number;
  #saved = 0;
  /** What a save that is under way takes along. */
  #saving: number | undefined;
  /** Version that the document gets by the edit of ours that is under way. */
  #expected: number | undefined;
  #seen = false;

  /** @param dirty the document had unsaved changes when it was first seen: somebody typed them */
  constructor(dirty: boolean) {
    this.#typed = dirty ? 1 : 0;
  }

  get unsaved(): boolean {
    return this.#typed > this.#saved;
  }

  changed(version: number): void {
    if (version === this.#expected) this.#seen = true;
    else this.#typed += 1;
  }

  willSave(): void {
    this.#saving = this.#typed;
  }

  didSave(): void {
    this.#saved = this.#saving ?? this.#typed;
    this.#saving = undefined;
  }

  /**
   * Makes an edit of ours. The editor refuses one that was made for an older version, so the next version is either ours
   * or somebody else's, and the answer tells which.
   * @param version before the edit
   */
  async ours(version: number, edit: () => Thenable<boolean>): Promise<boolean> {
    this.#expected = version + 1;
    this.#seen = false;
    let done = false;
    try {
      done = await edit();
    } finally {
      this.#expected = undefined;
      if (!done && this.#seen) this.#typed += 1;
    }
    return done;
  }
}
