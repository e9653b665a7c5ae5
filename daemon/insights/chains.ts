/**
 * Chains of segments: a recogniser cuts where people pause, so a sentence may run over several
 * segments of one speaker.
 */
import type { SegmentText } from '../transcript/types';

/** Segments of one speaker that make up whole sentences; one at least. */
export interface Chain {
  readonly segments: readonly SegmentText[];
  /** Theirs, with a blank between. */
  readonly text: string;
}

/** A longer pause ends a sentence whether it sounds finished or not. */
const MAX_GAP_MS = 2500;
const MAX_CHAIN = 6;
/** Chains at the end that a segment may still belong to: somebody else's words may lie between. */
const OPEN_CHAINS = 3;
/** Words on which no sentence ends, whatever full stop a recogniser set. */
const DANGLING =
  /\b(?:and|but|so|because|the|a|an|to|of|for|with|by|in|on|at|my|your|our|their|if|that|which|can you|could you|i'll|i will|we'll|is|are|will)[.,…]*$/i;
/** Words with which a sentence goes on, written small. */
const CONTINUES =
  /^(?:by|before|on|until|till|to|for|with|of|in|at|and|or|because|which|than|after|from)\s/;

export function speakerOf({ segments }: Pick<Chain, 'segments'>): string {
  return segments[0]?.speaker ?? '';
}

export function sameSegments(
  { segments: a }: Pick<Chain, 'segments'>,
  { segments: b }: Pick<Chain, 'segments'>,
): boolean {
  return a.length === b.length && a.every((segment, i) => segment === b[i]);
}

/** How many of both are the same from the first one on. */
export function commonStart(a: readonly SegmentText[], b: readonly SegmentText[]): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return at;
}

/**
 * Chains of the segments, which begin like those that were chained before.
 * @param gone segments of before that do not stand where they stood
 * @param added segments from there on
 * @returns how many of the chains of before stand as they are, and those that follow
 */
export function chainSegments(
  before: readonly Pick<Chain, 'segments'>[],
  gone: readonly SegmentText[],
  added: readonly SegmentText[],
): { settled: number; open: Chain[] } {
  const left = new Set(gone);
  // Chains begin in the order of their segments.
  let begun = before.length;
  while (begun > 0 && left.has(before[begun - 1]!.segments[0]!)) begun--;
  const settled = Math.max(0, begun - OPEN_CHAINS);
  const open = before
    .slice(settled, begun)
    .map(({ segments }) => chainOf(segments.filter((segment) => !left.has(segment))));
  for (const segment of added) addToChains(open, segment);
  return { settled, open };
}

function chainOf(segments: readonly SegmentText[]): Chain {
  // A copy has no more room than it needs.
  return { segments: segments.slice(), text: segments.map(({ text }) => text).join(' ') };
}

function addToChains(chains: Chain[], segment: SegmentText): void {
  if (segment.text.trim() === '') return;
  const at = chains.findLastIndex(
    (chain, i) => i >= chains.length - OPEN_CHAINS && speakerOf(chain) === segment.speaker,
  );
  const own = chains[at];
  const last = own?.segments.at(-1);
  const adjacent =
    last !== undefined &&
    (at === chains.length - 1 || segment.startMs < last.endMs + MAX_GAP_MS / 2);
  if (
    own &&
    last &&
    adjacent &&
    last.source === segment.source &&
    own.segments.length < MAX_CHAIN &&
    segment.startMs - last.endMs <= MAX_GAP_MS &&
    isUnfinished(last.text, segment.text)
  )
    chains[at] = chainOf([...own.segments, segment]);
  else chains.push(chainOf([segment]));
}

function isUnfinished(text: string, next: string): boolean {
  const trimmed = text.trim();
  if (DANGLING.test(trimmed) || CONTINUES.test(next.trim())) return true;
  const ended = /[.?!…]["'”)]*$/.test(trimmed);
  // A text without any punctuation says nothing by having no full stop.
  return ended ? /^\p{Ll}/u.test(next.trim()) : /[.?!,;]/.test(trimmed);
}
