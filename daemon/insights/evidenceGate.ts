/**
 * The evidence gate: refuses every insight without a quote from the transcript, whatever its
 * origin.
 *
 * The gate searches each quote in the named segment and removes quotes that are not in it. It
 * refuses an insight that has no quotes left. It does not depend on the way insights are found.
 */
import type { SegmentText } from '../transcript/types';
import type { Evidence } from './types';

/** Minimum length of a meaningful quote. */
const MIN_QUOTE = 2;

export interface GateResult<T> {
  readonly passed: readonly T[];
  /** Number of insights without a valid quote. */
  readonly refused: number;
}

/** @param segments the transcript; hidden segments prove nothing */
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

/** Ignores differences in spaces and typographic apostrophes. */
function plain(text: string): string {
  return text.replace(/[’ʼ]/g, "'").replace(/\s+/g, ' ').trim();
}
