/** Which names dictation may mean, the nearest to the cursor first. Pure. */

export interface NamedLine {
  readonly name: string;
  /** From 0. */
  readonly line: number;
}

export interface CandidateSources {
  /** What the user taught. */
  readonly vocabulary: readonly string[];
  /** Names in the document that is dictated into. */
  readonly here: readonly NamedLine[];
  /** Names of other open documents, the last used document first. */
  readonly open: readonly (readonly string[])[];
  /** Names of files. */
  readonly files: readonly string[];
  /** All names of the workspace. */
  readonly workspace: Iterable<string>;
}

/** @returns each name once */
export function rankCandidates(sources: CandidateSources, line: number, limit: number): string[] {
  const ranked = new Set<string>();
  const take = (names: Iterable<string>): void => {
    for (const name of names) {
      if (ranked.size >= limit) return;
      ranked.add(name);
    }
  };
  take(sources.vocabulary);
  take([...sources.here].sort((a, b) => Math.abs(a.line - line) - Math.abs(b.line - line)).map(({ name }) => name));
  for (const names of sources.open) take(names);
  take(sources.files);
  take(sources.workspace);
  return [...ranked];
}
