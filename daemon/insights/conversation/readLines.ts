/**
 * Compact storage of parsed text for hours: each text is one packed string, and each line is a
 * range of its text. Clauses, tokens and quotes are unpacked on access. Most of a long meeting is
 * never accessed again.
 */
import { SegmentedLru } from '../../base/segmentedLru';
import type { SegmentText } from '../../transcript/types';
import { type Chain, speakerOf } from './chains';
import type { Line } from './line';
import type { ReadClause } from '../cues';
import type { WordToken } from '../language/nlp';
import { unpackSentences, type ReadSentence } from './packedSentences';
import type { Evidence } from '../types';

/**
 * Cache sizes, in texts and lines. They exceed the number that an update of the trackers accesses.
 */
const TEXTS = 192;
const LINES = 256;

/** Recently accessed sentences and quotes of one conversation. */
export class LookedAt {
  readonly sentences = new SegmentedLru<ReadText, readonly ReadSentence[]>(
    TEXTS,
    ({ text, packed }) => unpackSentences(text, packed),
  );
  readonly evidence = new SegmentedLru<ReadLine, readonly Evidence[]>(LINES, (line) =>
    line.quote(),
  );
}

export class ReadText {
  /**
   * @param version number of known names at parsing; the text is parsed again if it contains a
   * newer name
   */
  constructor(
    readonly text: string,
    readonly packed: string,
    public version: number,
    readonly lookedAt: LookedAt,
  ) {}

  get sentences(): readonly ReadSentence[] {
    return this.lookedAt.sentences.get(this);
  }

  /** @param names lower case */
  mentions(names: readonly string[]): boolean {
    if (names.length === 0) return false;
    // Most texts contain none of the names and stay packed.
    const small = this.text.toLowerCase();
    return (
      names.some((name) => small.includes(name) || this.packed.includes(name)) &&
      this.sentences.some(({ tokens }) => tokens.some(({ norm }) => names.includes(norm)))
    );
  }
}

/** A parsed chain. */
export class ReadChain {
  /**
   * @param index index of its first line
   * @param count number of its lines
   */
  constructor(
    readonly segments: readonly SegmentText[],
    readonly read: ReadText,
    readonly turn: number,
    readonly index: number,
    readonly count: number,
  ) {}

  get chain(): Chain {
    return { segments: this.segments, text: this.read.text };
  }
}

export class ReadLine implements Line {
  readonly mark: string;
  readonly start: number;
  readonly end: number;

  /** @param at index among the sentences of the chain */
  constructor(
    private readonly chain: ReadChain,
    private readonly at: number,
    { mark, start, end }: ReadSentence,
  ) {
    [this.mark, this.start, this.end] = [mark, start, end];
  }

  get index(): number {
    return this.chain.index + this.at;
  }

  get turn(): number {
    return this.chain.turn;
  }

  get speaker(): string {
    return speakerOf(this.chain);
  }

  get text(): string {
    return this.chain.read.text;
  }

  get clauses(): readonly ReadClause[] {
    return this.chain.read.sentences[this.at]?.clauses ?? [];
  }

  get tokens(): readonly WordToken[] {
    return this.chain.read.sentences[this.at]?.tokens ?? [];
  }

  get evidence(): readonly Evidence[] {
    return this.chain.read.lookedAt.evidence.get(this);
  }

  get startMs(): number {
    return this.quote()[0]?.startMs ?? 0;
  }

  get endMs(): number {
    return this.quote().at(-1)?.endMs ?? 0;
  }

  get segments(): readonly SegmentText[] {
    return this.chain.segments;
  }

  get segmentId(): string {
    for (const { segment } of this.pieces()) return segment.id;
    return '';
  }

  /**
   * The sentence as quotes from its segments, with their times. The quote of an insight therefore
   * occurs in the transcript at its time.
   */
  quote(): readonly Evidence[] {
    const evidence = [...this.pieces()].map(({ segment, quote }) => ({
      segmentId: segment.id,
      startMs: segment.startMs,
      endMs: segment.endMs,
      quote,
    }));
    // A copy has no spare capacity.
    return evidence.slice();
  }

  /** Parts of the sentence by segment. */
  private *pieces(): Generator<{ readonly segment: SegmentText; readonly quote: string }> {
    let from = 0;
    for (const segment of this.chain.segments) {
      const to = from + segment.text.length;
      if (from < this.end && to > this.start) {
        const quote = this.text.slice(Math.max(from, this.start), Math.min(to, this.end)).trim();
        if (quote !== '') yield { segment, quote };
      }
      from = to + 1;
    }
  }
}
