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
  /** Where its text stands in the chain's text. */
  readonly from: number;
  readonly to: number;
}

/** Segments of one speaker that make up whole sentences. */
interface Chain {
  readonly speaker: string;
  readonly pieces: readonly Piece[];
  readonly text: string;
}

interface ReadText {
  readonly sentences: readonly (Sentence & { readonly read: readonly ReadClause[] })[];
  /** Names known when it was read; read again when it holds one that was learnt later. */
  version: number;
  readonly words: ReadonlySet<string>;
}

/** A longer pause ends a sentence whether it sounds finished or not. */
const MAX_GAP_MS = 2500;
const MAX_CHAIN = 6;
/** Words on which no sentence ends, whatever full stop a recogniser set. */
const DANGLING = /\b(?:and|but|so|because|the|a|an|to|of|for|with|by|in|on|at|my|your|our|their|if|that|which|can you|could you|i'll|i will|we'll|is|are|will)[.,…]*$/i;
/** Words with which a sentence goes on, written small. */
const CONTINUES = /^(?:by|before|on|until|till|to|for|with|of|in|at|and|or|because|which|than|after|from)\s/;
/** Texts kept read: more than a day of speech, a few tens of megabytes. */
const MAX_CACHE = 20_000;

/** Reads segments into lines; keeps what it has read, so that a call costs what is new. */
export class ConversationReader {
  private readonly cache = new Map<string, ReadText>();
  /** What the last call returned, to give the same objects for what did not change. */
  private last: readonly { readonly chain: Chain; readonly read: ReadText; readonly turn: number; readonly lines: readonly Line[] }[] = [];
  readonly people = new People();

  constructor(private readonly nlp: Nlp) {}

  /** @param segments in order of time, hidden ones left out */
  read(segments: readonly Segment[]): Line[] {
    for (const { speaker } of segments) this.people.addSpeaker(speaker);
    const chains = chainSegments(segments);
    // Names are learnt before they are used, so that the first mention counts too.
    for (const chain of chains) this.learnNames(chain.text);
    let index = 0;
    let turn = -1;
    let speaker: string | undefined;
    this.last = chains.map((chain, at) => {
      if (chain.speaker !== speaker || isGeneric(chain.speaker)) turn++;
      speaker = chain.speaker;
      const read = this.readText(chain.text);
      const known = this.last[at];
      const same = known !== undefined && known.read === read && known.turn === turn && (known.lines[0]?.index ?? index) === index && sameChain(known.chain, chain);
      const lines = same ? known.lines : read.sentences.map((sentence, i) => toLine(chain, sentence, index + i, turn));
      index += lines.length;
      return { chain, read, turn, lines };
    });
    return this.last.flatMap(({ lines }) => lines);
  }

  private learnNames(text: string): void {
    if (this.cache.has(text)) return;
    for (const { clauses } of this.readText(text).sentences) for (const { vocatives } of clauses) for (const token of vocatives) this.people.addHeard(token);
  }

  private readText(text: string): ReadText {
    const known = this.cache.get(text);
    if (known && !this.people.addedSince(known.version).some((name) => known.words.has(name))) {
      known.version = this.people.version;
      return known;
    }
    const tokens = this.nlp.tokens(text);
    const sentences = splitSentences(text, tokens, this.people.isName).map((sentence) => ({ ...sentence, read: sentence.clauses.map((clause) => readClause(clause, this.people.isName)) }));
    const fresh = { sentences, version: this.people.version, words: new Set(tokens.map(({ norm }) => norm)) };
    if (this.cache.size >= MAX_CACHE) this.cache.delete(this.cache.keys().next().value ?? '');
    this.cache.set(text, fresh);
    return fresh;
  }
}

function sameChain(a: Chain, b: Chain): boolean {
  return a.speaker === b.speaker && a.pieces.length === b.pieces.length && a.pieces.every(({ segment }, i) => segment === b.pieces[i]?.segment);
}

function chainSegments(segments: readonly Segment[]): Chain[] {
  const chains: { speaker: string; pieces: Piece[]; text: string; endMs: number }[] = [];
  for (const segment of segments) {
    const text = segment.text;
    if (text.trim() === '') continue;
    // The last chain of this speaker: somebody else's words may lie between.
    const own = chains.slice(-3).reverse().find(({ speaker }) => speaker === segment.speaker);
    const adjacent = own !== undefined && (own === chains[chains.length - 1] || segment.startMs < own.endMs + MAX_GAP_MS / 2);
    const last = own?.pieces[own.pieces.length - 1];
    if (own && last && adjacent && last.segment.source === segment.source && own.pieces.length < MAX_CHAIN && segment.startMs - own.endMs <= MAX_GAP_MS && isUnfinished(last.segment.text, text)) {
      own.pieces.push({ segment, from: own.text.length + 1, to: own.text.length + 1 + text.length });
      own.text += ` ${text}`;
      own.endMs = segment.endMs;
    } else chains.push({ speaker: segment.speaker, pieces: [{ segment, from: 0, to: text.length }], text, endMs: segment.endMs });
  }
  return chains;
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
