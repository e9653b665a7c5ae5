/**
 * Merges the findings of overlapping windows. Each matter appears once, with all its evidence. A
 * later finding overrides an earlier one.
 */
import { sameMatter } from '../discourse/phrasing';
import type { Finding } from '../discourse/discuss';
import type { CheckedAnswer, ModelFinding } from '../gate/checkAnswer';

/** @param windows in order of time */
export function mergeWindows(windows: readonly CheckedAnswer[]): {
  readonly findings: readonly Finding[];
  readonly summary: readonly Finding[];
} {
  const merged: ModelFinding[] = [];
  for (const { items } of windows) {
    // Items of one answer stay apart: the model saw them beside each other.
    const before = merged.length;
    for (const item of items) {
      const at = merged.findIndex((other, index) => index < before && same(other, item));
      const known = merged[at];
      if (!known) merged.push(item);
      else merged[at] = join(known, item);
    }
  }
  const summary: Finding[] = [];
  for (const sentence of windows.flatMap((window) => window.summary)) {
    // A matter found in two windows appears once, with the text of the first.
    if (!summary.some((other) => other.text === sentence.text || haveCommonQuote(other, sentence)))
      summary.push(sentence);
  }
  return {
    findings: merged.filter(({ cancelled }) => !cancelled).map(({ finding }) => finding),
    summary,
  };
}

function same(a: ModelFinding, b: ModelFinding): boolean {
  if (a.finding.kind !== b.finding.kind) return false;
  return (
    sameMatter(a.words, b.words) ||
    (haveCommonQuote(a.finding, b.finding) && [...a.words].some((word) => b.words.has(word)))
  );
}

function haveCommonQuote(a: Finding, b: Finding): boolean {
  return a.evidence.some((one) =>
    b.evidence.some(
      (other) =>
        one.segmentId === other.segmentId &&
        (one.quote.includes(other.quote) || other.quote.includes(one.quote)),
    ),
  );
}

function join(known: ModelFinding, later: ModelFinding): ModelFinding {
  const fresh = later.finding.evidence.filter(
    (one) =>
      !known.finding.evidence.some(
        (other) => other.segmentId === one.segmentId && other.quote === one.quote,
      ),
  );
  const finding: Finding = {
    ...known.finding,
    ...later.finding,
    evidence: [...known.finding.evidence, ...fresh].sort((a, b) => a.startMs - b.startMs),
  };
  return { ...later, finding };
}
