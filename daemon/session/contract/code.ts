/** Symbols of the open code and how they are spoken. */
export interface CodeSymbol {
  readonly name: string;
  readonly uri?: string;
  /** Line number; the first is 1. */
  readonly line?: number;
}

/** Code symbols by their spoken form. */
export interface SpokenNames {
  /** Returns the symbols in a text, in order. */
  find(text: string): readonly string[];
  /** Nearest symbols in the form that a recogniser would write. */
  readonly phrases: readonly string[];
}

/** @param wanted polled during the work; if it returns false, the result is dropped */
export type NameLearner = (names: readonly string[], wanted: () => boolean) => Promise<SpokenNames>;
