/**
 * Segments as a conversation: lines (one sentence each) with speaker, turn, clauses and the way
 * back to the segments.
 */
import type { SegmentText } from '../transcript/types';
import { type Chain, chainSegments, commonStart, sameSegments, speakerOf } from './chains';
import { readClause, type ReadClause } from './cues';
import { splitSentences } from './language/clauses';
import type { Nlp, WordToken } from './language/nlp';
import { packSentences } from './packedSentences';
import { isGeneric, People } from './people';
import { LookedAt, ReadChain, ReadLine, ReadText } from './readLines';
import type { Evidence } from './types';

export interface Line {
  /** Position in the conversation. */
  readonly index: number;
  /**
   * Counts changes of speaker; under a label that stands for several people, every pause may be
   * one.
   */
  readonly turn: number;
  readonly speaker: string;
  /** Clauses and tokens are the same objects as long as few other lines are looked at. */
  readonly clauses: readonly ReadClause[];
  readonly mark: string;
  readonly tokens: readonly WordToken[];
  /** Text that the tokens' offsets count in. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly startMs: number;
  readonly endMs: number;
  /** The sentence where it stands in the segments, word for word. */
  readonly evidence: readonly Evidence[];
}

/**
 * Texts beside those of the conversation, such as beginnings of sentences that went on, before they
 * are forgotten.
 */
const SPARE_TEXTS = 256;

/** Reads segments into lines; keeps what it has read, so that a call costs what is new. */
export class ConversationReader {
  private readonly cache = new Map<string, ReadText>();
  /**
   * What the last call read, to give the same objects for what did not change, and to go on where
   * it ended.
   */
  private segments: readonly SegmentText[] = [];
  private last: readonly ReadChain[] = [];
  private lines: readonly Line[] = [];
  private names = 0;
  private readonly lookedAt = new LookedAt();
  readonly people = new People();

  constructor(private readonly nlp: Nlp) {}

  /** @param segments in order of time, hidden ones left out */
  read(segments: readonly SegmentText[]): readonly Line[] {
    const same = commonStart(this.segments, segments);
    for (const { speaker } of segments.slice(same)) this.people.addSpeaker(speaker);
    const { settled, open } = chainSegments(
      this.last,
      this.segments.slice(same),
      segments.slice(same),
    );
    // Names are learnt before they are used, so that the first mention counts too.
    for (const chain of open) this.learnNames(chain.text);
    // A new name may stand in what was read long ago.
    const kept = this.names === this.people.version ? settled : 0;
    const before = this.last[kept - 1];
    const read = [...this.last.slice(0, kept)];
    const lines = this.lines.slice(0, before ? before.index + before.count : 0);
    let turn = before?.turn ?? -1;
    let speaker = before && speakerOf(before);
    for (const chain of [...this.last.slice(kept, settled).map((one) => one.chain), ...open]) {
      if (speakerOf(chain) !== speaker || isGeneric(speakerOf(chain))) turn++;
      speaker = speakerOf(chain);
      this.readChain(chain, turn, read, lines);
    }
    [this.segments, this.last, this.lines, this.names] = [
      segments.slice(),
      read,
      lines.slice(),
      this.people.version,
    ];
    this.forget();
    return this.lines;
  }

  /**
   * Adds the chain to `chains` and its lines to `lines`: the same ones as before, where it follows
   * the same.
   */
  private readChain(chain: Chain, turn: number, chains: ReadChain[], lines: Line[]): void {
    const read = this.readText(chain.text);
    const index = lines.length;
    const known = this.last[chains.length];
    if (
      known?.read === read &&
      known.turn === turn &&
      known.index === index &&
      sameSegments(known, chain)
    ) {
      chains.push(known);
      lines.push(...this.lines.slice(index, index + known.count));
      return;
    }
    const { sentences } = read;
    const one = new ReadChain(chain.segments, read, turn, index, sentences.length);
    chains.push(one);
    lines.push(...sentences.map((sentence, at) => new ReadLine(one, at, sentence)));
  }

  private learnNames(text: string): void {
    if (this.cache.has(text)) return;
    for (const { clauses } of this.readText(text).sentences)
      for (const { vocatives } of clauses)
        for (const token of vocatives) this.people.addMention(token);
  }

  private readText(text: string): ReadText {
    const known = this.cache.get(text);
    if (known && !known.mentions(this.people.addedSince(known.version))) {
      known.version = this.people.version;
      return known;
    }
    const sentences = splitSentences(text, this.nlp.tokens(text), this.people.isName).map(
      (sentence) => ({
        ...sentence,
        clauses: sentence.clauses.map((clause) => readClause(clause, this.people.isName)),
      }),
    );
    const fresh = new ReadText(
      text,
      packSentences(text, sentences),
      this.people.version,
      this.lookedAt,
    );
    this.cache.set(text, fresh);
    return fresh;
  }

  /** Texts that nobody has said in the end. */
  private forget(): void {
    if (this.cache.size <= this.last.length + SPARE_TEXTS) return;
    this.cache.clear();
    for (const { read } of this.last) this.cache.set(read.text, read);
  }
}
