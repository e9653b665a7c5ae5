/**
 * What was read, as it is kept for hours: a text packed in one string, a line as where it lies in
 * its text. Clauses, tokens and quotes are made while somebody looks at them; most of a long
 * meeting is never looked at again.
 */
import { SegmentedLru } from '../base/segmentedLru';
import type { SegmentText } from '../transcript/types';
import { type Chain, speakerOf } from './chains';
import type { Line } from './conversation';
import type { ReadClause } from './cues';
import type { WordToken } from './language/nlp';
import { unpackSentences, type ReadSentence } from './packedSentences';
import type { Evidence } from './types';

/** More texts and lines than the trackers go through with an update, and look back from there. */
const TEXTS = 192;
const LINES = 256;

/** What one conversation's readers looked at lately. */
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
   *
   * @param version names known when it was read; it is read again when it holds one that was learnt
   * later
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
    // Most texts hold no such word in any form: they stay packed.
    const small = this.text.toLowerCase();
    return (
      names.some((name) => small.includes(name) || this.packed.includes(name)) &&
      this.sentences.some(({ tokens }) => tokens.some(({ norm }) => names.includes(norm)))
    );
  }
}

/** A chain that was read. */
export class ReadChain {
  /** @param index of its first line. @param count of its lines */
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

  /** @param at its place among the sentences of the chain */
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

  /**
   * The sentence where it stands in the segments, with their times, so that an insight's time stamp
   * is found in the transcript as it stands there.
   */
  quote(): readonly Evidence[] {
    const evidence: Evidence[] = [];
    let from = 0;
    for (const segment of this.chain.segments) {
      const to = from + segment.text.length;
      const quote = this.text.slice(Math.max(from, this.start), Math.min(to, this.end)).trim();
      if (from < this.end && to > this.start && quote !== '')
        evidence.push({
          segmentId: segment.id,
          startMs: segment.startMs,
          endMs: segment.endMs,
          quote,
        });
      from = to + 1;
    }
    // A copy has no more room than it needs.
    return evidence.slice();
  }
}
