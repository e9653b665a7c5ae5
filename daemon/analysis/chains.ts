/** Chains of segments: a recogniser cuts where people pause, so a sentence may run over several segments of one speaker. */
import type { Segment } from '../transcript/types';

export interface Piece {
  readonly segment: Segment;
  /** Its place among the segments. */
  readonly at: number;
}

/** Segments of one speaker that make up whole sentences; one at least. */
export interface Chain {
  readonly pieces: readonly Piece[];
  /** Theirs, with a blank between. */
  readonly text: string;
}

/** A longer pause ends a sentence whether it sounds finished or not. */
const MAX_GAP_MS = 2500;
const MAX_CHAIN = 6;
/** Chains at the end that a segment may still belong to: somebody else's words may lie between. */
const OPEN_CHAINS = 3;
/** Words on which no sentence ends, whatever full stop a recogniser set. */
const DANGLING = /\b(?:and|but|so|because|the|a|an|to|of|for|with|by|in|on|at|my|your|our|their|if|that|which|can you|could you|i'll|i will|we'll|is|are|will)[.,…]*$/i;
/** Words with which a sentence goes on, written small. */
const CONTINUES = /^(?:by|before|on|until|till|to|for|with|of|in|at|and|or|because|which|than|after|from)\s/;

export function speakerOf({ pieces }: Pick<Chain, 'pieces'>): string {
  return pieces[0]?.segment.speaker ?? '';
}

export function sameSegments({ pieces: a }: Pick<Chain, 'pieces'>, { pieces: b }: Pick<Chain, 'pieces'>): boolean {
  return a.length === b.length && a.every(({ segment }, i) => segment === b[i]?.segment);
}

/** How many of both are the same from the first one on. */
export function commonStart(a: readonly Segment[], b: readonly Segment[]): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return at;
}

/**
 * Chains of the segments, the first `same` of which were chained before.
 * @returns how many of the chains of before stand as they are, and those that follow
 */
export function chainSegments(before: readonly { readonly pieces: readonly Piece[] }[], segments: readonly Segment[], same: number): { settled: number; open: Chain[] } {
  // Chains begin in the order of their segments.
  let begun = before.length;
  while (begun > 0 && (before[begun - 1]?.pieces[0]?.at ?? 0) >= same) begun--;
  const settled = Math.max(0, begun - OPEN_CHAINS);
  const open = before.slice(settled, begun).map(({ pieces }) => chainOf(pieces.filter(({ at }) => at < same)));
  for (let at = same; at < segments.length; at++) addToChains(open, { segment: segments[at]!, at });
  return { settled, open };
}

function chainOf(pieces: readonly Piece[]): Chain {
  // A copy has no more room than it needs.
  return { pieces: pieces.slice(), text: pieces.map(({ segment }) => segment.text).join(' ') };
}

function addToChains(chains: Chain[], piece: Piece): void {
  const { segment } = piece;
  if (segment.text.trim() === '') return;
  const at = chains.findLastIndex((chain, i) => i >= chains.length - OPEN_CHAINS && speakerOf(chain) === segment.speaker);
  const own = chains[at];
  const last = own?.pieces.at(-1)?.segment;
  const adjacent = last !== undefined && (at === chains.length - 1 || segment.startMs < last.endMs + MAX_GAP_MS / 2);
  if (own && last && adjacent && last.source === segment.source && own.pieces.length < MAX_CHAIN && segment.startMs - last.endMs <= MAX_GAP_MS && isUnfinished(last.text, segment.text)) chains[at] = chainOf([...own.pieces, piece]);
  else chains.push(chainOf([piece]));
}

function isUnfinished(text: string, next: string): boolean {
  const trimmed = text.trim();
  if (DANGLING.test(trimmed) || CONTINUES.test(next.trim())) return true;
  const ended = /[.?!…]["'”)]*$/.test(trimmed);
  // A text without any punctuation says nothing by having no full stop.
  return ended ? /^\p{Ll}/u.test(next.trim()) : /[.?!,;]/.test(trimmed);
}
