/**
 * Converts segments to a conversation: lines (one sentence each) with speaker, turn, clauses and
 * their segments.
 */
import type { SegmentText } from '../../transcript/types';
import { type Chain, chainSegments, commonStart, sameSegments, speakerOf } from './chains';
import { readClause } from '../cues';
import { splitSentences } from '../language/clauses';
import type { Nlp } from '../language/nlp';
import { packSentences } from './packedSentences';
import { isGeneric, People } from './people';
import { LookedAt, ReadChain, ReadLine, ReadText } from './readLines';
import type { Line } from './line';

/**
 * Maximum number of cached texts outside the conversation, such as earlier versions of extended
 * sentences.
 */
const SPARE_TEXTS = 256;

/**
 * Converts segments to lines. Caches parsed text, so the cost of a call depends on the new text
 * only.
 */
export class ConversationReader {
  private readonly cache = new Map<string, ReadText>();
  /**
   * Results of the last call. Unchanged parts keep their objects, and the next call continues at
   * their end.
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
    // Names are learnt first, so the first mention counts too.
    for (const chain of open) this.learnNames(chain.text);
    // A new name may occur in text that was parsed long ago.
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
   * Adds the chain to `chains` and its lines to `lines`. Reuses the earlier objects if the chain is
   * unchanged.
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

  /** Texts that are no longer part of the conversation. */
  private forget(): void {
    if (this.cache.size <= this.last.length + SPARE_TEXTS) return;
    this.cache.clear();
    for (const { read } of this.last) this.cache.set(read.text, read);
  }
}
