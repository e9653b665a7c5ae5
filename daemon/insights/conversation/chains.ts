/**
 * Chains of segments. A recogniser ends segments at pauses, so a sentence may span several segments
 * of one speaker.
 */
import type { SegmentText } from '../../transcript/types';

/** Segments of one speaker that form whole sentences; at least one segment. */
export interface Chain {
  readonly segments: readonly SegmentText[];
  /** Their texts, joined by spaces. */
  readonly text: string;
}

/** A longer pause ends a sentence, finished or not. */
const MAX_GAP_MS = 2500;
const MAX_CHAIN = 6;
/** Number of last chains that may still grow. Another speaker's words may lie between. */
const OPEN_CHAINS = 3;
/** Words that never end a sentence, even before a full stop from the recogniser. */
const DANGLING =
  /\b(?:and|but|so|because|the|a|an|to|of|for|with|by|in|on|at|my|your|our|their|if|that|which|can you|could you|i'll|i will|we'll|is|are|will)[.,…]*$/i;
/** Lower-case words that continue a sentence. */
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

/** Length of the common prefix. */
export function commonStart(a: readonly SegmentText[], b: readonly SegmentText[]): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return at;
}

/**
 * Chains the segments, and reuses the chains of the last call.
 * @param gone earlier segments that changed or moved
 * @param added segments from that position on
 * @returns the number of unchanged earlier chains, and the chains that follow them
 */
export function chainSegments(
  before: readonly Pick<Chain, 'segments'>[],
  gone: readonly SegmentText[],
  added: readonly SegmentText[],
): { settled: number; open: Chain[] } {
  const left = new Set(gone);
  // Chains are sorted by their first segments.
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
  // A copy has no spare capacity.
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
  // In a text without punctuation, a missing full stop has no meaning.
  return ended ? /^\p{Ll}/u.test(next.trim()) : /[.?!,;]/.test(trimmed);
}
