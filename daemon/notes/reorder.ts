/**
 * Order of the sections of a note that gets a template. The merge of lines leaves each section in
 * its place. A note in which every line is Earmark's own is written anew, in the order of the
 * template; another one keeps its order.
 */
import { headingLevel, isBlank, splitLines, type Line } from './lines';
import { findManifest, hashLine } from './manifest';

/**
 * @param updated the note after its merge
 * @param fresh the same note, newly written
 * @returns true if `fresh` may replace `updated`, and has its sections in another order
 */
export function isOutOfOrder(updated: string, fresh: string): boolean {
  const lines = splitLines(updated);
  return titles(lines).join('\n') !== titles(splitLines(fresh)).join('\n') && isAllWritten(lines);
}

function titles(lines: readonly Line[]): string[] {
  return lines.filter((line) => headingLevel(line) === 2).map(({ text }) => text);
}

/** True if Earmark wrote every line, and nobody changed one. */
function isAllWritten(lines: readonly Line[]): boolean {
  const manifest = findManifest(lines);
  if (!manifest) return false;
  const left = new Map<string, number>();
  for (const hash of manifest.entries.values()) left.set(hash, (left.get(hash) ?? 0) + 1);
  return lines.every((line, at) => {
    if (isBlank(line) || line.text === '---' || (at >= manifest.first && at <= manifest.last))
      return true;
    const hash = hashLine(line.text);
    const count = left.get(hash) ?? 0;
    left.set(hash, count - 1);
    return count > 0;
  });
}
