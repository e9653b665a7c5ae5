/**
 * The evidence gate: nothing passes without a quote that stands in the transcript, whatever found
 * it.
 *
 * It trusts nobody: each quote is looked up in the segment it names, quotes that do not stand there
 * are taken off, and an insight left without any is refused. It knows nothing of how insights are
 * found.
 */
import type { SegmentText } from '../transcript/types';
import type { Evidence } from './types';

/** A quote of less says nothing. */
const MIN_QUOTE = 2;

export interface GateResult<T> {
  readonly passed: readonly T[];
  /** How many had no quote that stands in the transcript. */
  readonly refused: number;
}

/** @param segments what was said; hidden segments prove nothing */
export function evidenceGate<T extends { readonly evidence: readonly Evidence[] }>(
  findings: readonly T[],
  segments: ReadonlyMap<string, SegmentText>,
): GateResult<T> {
  const passed: T[] = [];
  for (const finding of findings) {
    const evidence = finding.evidence.filter((item) => stands(item, segments));
    if (evidence.length === finding.evidence.length && evidence.length > 0) passed.push(finding);
    else if (evidence.length > 0) passed.push({ ...finding, evidence });
  }
  return { passed, refused: findings.length - passed.length };
}

function stands(
  { segmentId, quote }: Evidence,
  segments: ReadonlyMap<string, SegmentText>,
): boolean {
  const segment = segments.get(segmentId);
  if (!segment || segment.hidden || quote.trim().length < MIN_QUOTE) return false;
  return segment.text.includes(quote) || plain(segment.text).includes(plain(quote));
}

/** Blanks and typographic apostrophes are no difference in words. */
function plain(text: string): string {
  return text.replace(/[’ʼ]/g, "'").replace(/\s+/g, ' ').trim();
}
