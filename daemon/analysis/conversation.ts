/**
 * Segments as a conversation: lines (one sentence each) with speaker, turn, clauses and the way back to the
 * segments. A recogniser cuts where people pause, so a sentence may run over several segments of one speaker.
 */
import type { Segment } from '../transcript/types';
import { readClause, type ReadClause } from './cues';
import { splitSentences, type Sentence } from './language/clauses';
import type { Nlp, Token } from './language/nlp';
import { isGeneric, People } from './people';
import type { Evidence } from './types';

export interface Line {
  /** Position in the conversation. */
  readonly index: number;
  /** Counts changes of speaker; under a label that stands for several people, every pause may be one. */
  readonly turn: number;
  readonly speaker: string;
  readonly clauses: readonly ReadClause[];
  readonly mark: string;
  readonly tokens: readonly Token[];
  /** Text that the tokens' offsets count in. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly startMs: number;
  readonly endMs: number;
  /** The sentence where it stands in the segments, word for word. */
  readonly evidence: readonly Evidence[];
}

interface Piece {
  readonly segment: Segment;
  /** Its place among the segments. */
  readonly at: number;
  /** Where its text stands in the chain's text. */
  readonly from: number;
  readonly to: number;
}

/** Segments of one speaker that make up whole sentences. */
interface Chain {
  readonly speaker: string;
  readonly pieces: Piece[];
  text: string;
  endMs: number;
}

interface ReadChain {
  readonly chain: Chain;
  readonly read: ReadText;
  readonly turn: number;
  /** Of its first line. */
  readonly index: number;
  readonly lines: readonly Line[];
}

interface ReadText {
  readonly sentences: readonly (Omit<Sentence, 'clauses'> & { readonly read: readonly ReadClause[] })[];
  /** Names known when it was read; read again when it holds one that was learnt later. */
  version: number;
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
/** Texts kept read: more than a day of speech, a few tens of megabytes. */
const MAX_CACHE = 20_000;

/** Reads segments into lines; keeps what it has read, so that a call costs what is new. */
export class ConversationReader {
  private readonly cache = new Map<string, ReadText>();
  /** What the last call read, to give the same objects for what did not change, and to go on where it ended. */
  private segments: readonly Segment[] = [];
  private last: readonly ReadChain[] = [];
  private lines: readonly Line[] = [];
  private names = 0;
  readonly people = new People();

  constructor(private readonly nlp: Nlp) {}

  /** @param segments in order of time, hidden ones left out */
  read(segments: readonly Segment[]): readonly Line[] {
    const same = commonStart(this.segments, segments);
    for (const { speaker } of segments.slice(same)) this.people.addSpeaker(speaker);
    const { settled, open } = chainSegments(this.last, segments, same);
    // Names are learnt before they are used, so that the first mention counts too.
    for (const chain of open) this.learnNames(chain.text);
    // A new name may stand in what was read long ago.
    const kept = this.names === this.people.version ? settled : 0;
    const before = this.last[kept - 1];
    const read = [...this.last.slice(0, kept)];
    let index = before ? before.index + before.lines.length : 0;
    const lines = this.lines.slice(0, index);
    let turn = before?.turn ?? -1;
    let speaker = before?.chain.speaker;
    for (const chain of [...this.last.slice(kept, settled).map((one) => one.chain), ...open]) {
      if (chain.speaker !== speaker || isGeneric(chain.speaker)) turn++;
      speaker = chain.speaker;
      const one = this.readChain(chain, this.last[read.length], index, turn);
      index += one.lines.length;
      read.push(one);
      lines.push(...one.lines);
    }
    [this.segments, this.last, this.lines, this.names] = [segments.slice(), read, lines, this.people.version];
    return lines;
  }

  private readChain(chain: Chain, known: ReadChain | undefined, index: number, turn: number): ReadChain {
    const read = this.readText(chain.text);
    // The same lines, but the places of its segments move where one before them went.
    if (known && known.read === read && known.turn === turn && known.index === index && sameChain(known.chain, chain)) return { ...known, chain };
    return { chain, read, turn, index, lines: read.sentences.map((sentence, i) => toLine(chain, sentence, index + i, turn)) };
  }

  private learnNames(text: string): void {
    if (this.cache.has(text)) return;
    for (const { read } of this.readText(text).sentences) for (const { vocatives } of read) for (const token of vocatives) this.people.addHeard(token);
  }

  private readText(text: string): ReadText {
    const known = this.cache.get(text);
    if (known && !mentions(known, this.people.addedSince(known.version))) {
      known.version = this.people.version;
      return known;
    }
    const tokens = this.nlp.tokens(text);
    const sentences = splitSentences(text, tokens, this.people.isName).map(({ start, end, mark, tokens: own, clauses }) => ({ start, end, mark, tokens: own, read: clauses.map((clause) => readClause(clause, this.people.isName)) }));
    const fresh = { sentences, version: this.people.version };
    if (this.cache.size >= MAX_CACHE) this.cache.delete(this.cache.keys().next().value ?? '');
    this.cache.set(text, fresh);
    return fresh;
  }
}

function mentions({ sentences }: ReadText, names: readonly string[]): boolean {
  return names.length > 0 && sentences.some(({ tokens }) => tokens.some(({ norm }) => names.includes(norm)));
}

function sameChain(a: Chain, b: Chain): boolean {
  return a.speaker === b.speaker && a.pieces.length === b.pieces.length && a.pieces.every(({ segment }, i) => segment === b.pieces[i]?.segment);
}

function commonStart(a: readonly Segment[], b: readonly Segment[]): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return at;
}

/**
 * Chains of the segments, the first `same` of which were chained before.
 * @returns how many of the chains of before stand as they are, and those that follow
 */
function chainSegments(before: readonly ReadChain[], segments: readonly Segment[], same: number): { settled: number; open: Chain[] } {
  // Chains begin in the order of their segments.
  let begun = before.length;
  while (begun > 0 && (before[begun - 1]?.chain.pieces[0]?.at ?? 0) >= same) begun--;
  const settled = Math.max(0, begun - OPEN_CHAINS);
  const chains = before.slice(settled, begun).map(({ chain }) => cutChain(chain, same));
  for (let at = same; at < segments.length; at++) addToChains(chains, segments[at]!, at);
  return { settled, open: chains };
}

/** A copy, without the segments from `at` on. */
function cutChain(chain: Chain, at: number): Chain {
  const pieces = chain.pieces.filter((piece) => piece.at < at);
  const last = pieces[pieces.length - 1];
  return { speaker: chain.speaker, pieces, text: chain.text.slice(0, last?.to ?? 0), endMs: last?.segment.endMs ?? 0 };
}

function addToChains(chains: Chain[], segment: Segment, at: number): void {
  const { text } = segment;
  if (text.trim() === '') return;
  let own: Chain | undefined;
  for (let back = 1; back <= OPEN_CHAINS && !own; back++) {
    const chain = chains[chains.length - back];
    if (chain?.speaker === segment.speaker) own = chain;
  }
  const adjacent = own !== undefined && (own === chains[chains.length - 1] || segment.startMs < own.endMs + MAX_GAP_MS / 2);
  const last = own?.pieces[own.pieces.length - 1];
  if (own && last && adjacent && last.segment.source === segment.source && own.pieces.length < MAX_CHAIN && segment.startMs - own.endMs <= MAX_GAP_MS && isUnfinished(last.segment.text, text)) {
    own.pieces.push({ segment, at, from: own.text.length + 1, to: own.text.length + 1 + text.length });
    own.text += ` ${text}`;
    own.endMs = segment.endMs;
  } else chains.push({ speaker: segment.speaker, pieces: [{ segment, at, from: 0, to: text.length }], text, endMs: segment.endMs });
}

function isUnfinished(text: string, next: string): boolean {
  const trimmed = text.trim();
  if (DANGLING.test(trimmed) || CONTINUES.test(next.trim())) return true;
  const ended = /[.?!…]["'”)]*$/.test(trimmed);
  // A text without any punctuation says nothing by having no full stop.
  return ended ? /^\p{Ll}/u.test(next.trim()) : /[.?!,;]/.test(trimmed);
}

function toLine(chain: Chain, sentence: ReadText['sentences'][number], index: number, turn: number): Line {
  const touched = chain.pieces.filter(({ from, to }) => from < sentence.end && to > sentence.start);
  const evidence = touched.flatMap(({ segment, from, to }) => {
    const quote = chain.text.slice(Math.max(from, sentence.start), Math.min(to, sentence.end)).trim();
    if (quote === '') return [];
    // The times of the segment, so that an insight's time stamp is found in the transcript as it stands there.
    return [{ segmentId: segment.id, startMs: segment.startMs, endMs: segment.endMs, quote }];
  });
  return {
    index, turn, speaker: chain.speaker, clauses: sentence.read, mark: sentence.mark, tokens: sentence.tokens, text: chain.text, start: sentence.start, end: sentence.end,
    startMs: evidence[0]?.startMs ?? 0, endMs: evidence[evidence.length - 1]?.endMs ?? 0, evidence,
  };
}
