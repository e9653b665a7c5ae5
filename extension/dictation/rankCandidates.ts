/** Ranks the names that dictation may mean, nearest to the cursor first. Pure. */

export interface NamedLine {
  readonly name: string;
  /** From 0. */
  readonly line: number;
}

export interface CandidateSources {
  /** Words from the user's vocabulary. */
  readonly vocabulary: readonly string[];
  /** Names in the target document. */
  readonly here: readonly NamedLine[];
  /** Names of other open documents, most recently used first. */
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
  take(
    [...sources.here]
      .sort((a, b) => Math.abs(a.line - line) - Math.abs(b.line - line))
      .map(({ name }) => name),
  );
  for (const names of sources.open) take(names);
  take(sources.files);
  take(sources.workspace);
  return [...ranked];
}

/**
 * Sorts names by the length of the path they share with `path`, longest first. Equal names keep
 * their order.
 */
export function byNearness(
  found: readonly { readonly name: string; readonly path: string }[],
  path: string,
): string[] {
  const shared = (other: string): number => {
    let folders = 0;
    for (let i = 0; i < path.length && path[i] === other[i]; i++) if (path[i] === '/') folders++;
    return other === path ? folders + 1 : folders;
  };
  const byShare = new Map<number, string[]>();
  for (const one of found) {
    const share = shared(one.path);
    const names = byShare.get(share);
    if (names === undefined) byShare.set(share, [one.name]);
    else names.push(one.name);
  }
  return [...byShare].sort(([a], [b]) => b - a).flatMap(([, names]) => names);
}
