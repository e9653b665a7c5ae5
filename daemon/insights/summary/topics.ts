/**
 * Divides a conversation into topics. The title of each topic consists of its own words.
 *
 * The method follows TextTiling (Hearst 1997). Blocks of lines have equal numbers of content words.
 * A topic ends between the blocks with the least similarity. A border depends on a fixed number of
 * following blocks, so it stays where it is while the conversation continues.
 */
import { intern } from '../../base/intern';
import type { Line } from '../conversation/line';
import { orNone } from '../cues';
import { singular } from '../language/singular';
import type { People } from '../conversation/people';
import { PerLine } from '../conversation/perLine';
import { STOP_WORDS } from '../rules/words';
import type { Evidence } from '../types';

/** Number of content words in a block. */
const BLOCK_WORDS = 8;
/** Number of blocks compared on each side of a border. */
const SIDE = 5;
/**
 * Minimum length of a topic in blocks, some 40 s. In a long conversation, the minimum is a share of
 * the blocks before it, so the list of titles stays short.
 */
const SHORTEST = 5;
const SHORTEST_PART = 0.08;
/** Minimum rise of the cosine similarity on both sides of a border, added up. */
const DEPTH = 0.22;
/** Similarity subtracted if a block announces a new topic. */
const ANNOUNCED = 0.2;
const ANNOUNCES =
  /^\W*(?:(?:okay|ok|so|right|well|alright|all right|and|good|great|then|now|let's|let us)\b[\s,.]*)*(?:next (?:item|topic|up|thing|point|one)\b|mov(?:e|ing) on\b|(?:the )?(?:last|second|third|other) (?:item|thing|topic|point)\b|another (?:thing|topic|point)\b|go on to\b|turn to\b)/i;
/** Weight of a two-word title: it is more specific than a single word. */
const COMPOUND = 1.7;
/** Occurrences that make a title: two of a pair of words, more of a single word. */
const PAIR_TIMES = 2;
const WORD_TIMES = 3;
/** Nouns that make no title. */
const EMPTY = new Set(
  'gon wan thing stuff bit lot kind sort people person way time guy question idea point minute number example moment case fact sense reason side place part one two hour second couple deal course matter today tomorrow week day month year hand end rest yes no okay hello morning everybody anybody everyone anything something nothing everything word name top start'.split(
    ' ',
  ),
);

export interface Topic {
  readonly title: string;
  readonly startMs: number;
  readonly endMs: number;
  /** Range of lines; `to` is exclusive. */
  readonly from: number;
  readonly to: number;
  /**
   * Sentences that contain the words of the title. Empty if the title is empty, because no term
   * occurs often enough.
   */
  readonly evidence: readonly Evidence[];
}

interface Block {
  readonly from: number;
  readonly to: number;
  readonly counts: ReadonlyMap<string, number>;
  readonly announced: boolean;
}

interface Title {
  readonly title: string;
  readonly words: readonly string[];
  readonly evidence: readonly Evidence[];
}

export class TopicFinder {
  private readonly contentWords = new PerLine(contentWords);
  /** Titles of the last call, reused for unchanged parts. */
  private titles: readonly {
    readonly lines: readonly Line[];
    readonly names: number;
    readonly title: Title | undefined;
  }[] = [];

  constructor(private readonly people: People) {}

  /** Topics of a conversation, in order, without gaps. Empty if there are no lines. */
  find(lines: readonly Line[]): Topic[] {
    if (lines.length === 0) return [];
    const blocks = this.blocksOf(lines);
    const starts = [0, ...bordersOf(blocks)].map((border) => blocks[border]?.from ?? 0);
    const parts = starts.map((from, i) => ({ from, to: starts[i + 1] ?? lines.length }));
    this.titles = this.titlesOf(parts.map(({ from, to }) => lines.slice(from, to)));
    return parts.map(({ from, to }, i): Topic => {
      const own = lines.slice(from, to);
      const title = this.titles[i]?.title;
      return {
        title: title?.title ?? '',
        startMs: own[0]?.startMs ?? 0,
        endMs: own.reduce((latest, { endMs }) => Math.max(latest, endMs), 0),
        from,
        to,
        evidence: title?.evidence ?? [],
      };
    });
  }

  /** Each title is unique, so a changed title may change all later titles. */
  private titlesOf(parts: readonly (readonly Line[])[]): TopicFinder['titles'] {
    const names = this.people.version;
    const used = new Set<string>();
    let changed = false;
    return parts.map((lines, i) => {
      const known = this.titles[i];
      changed ||=
        known?.names !== names ||
        known.lines.length !== lines.length ||
        known.lines.some((line, at) => line !== lines[at]);
      const title =
        changed || !known ? titleOf(lines, used, (word) => this.people.knows(word)) : known.title;
      for (const word of title?.words ?? []) used.add(word);
      return { lines, names, title };
    });
  }

  /** Blocks of whole lines. The last block may be short. */
  private blocksOf(lines: readonly Line[]): Block[] {
    const blocks: Block[] = [];
    let from = 0;
    let words = 0;
    let counts = new Map<string, number>();
    this.contentWords.of(lines).forEach((said, at) => {
      for (const word of said) {
        counts.set(word, (counts.get(word) ?? 0) + 1);
        words++;
      }
      if (words < BLOCK_WORDS && at < lines.length - 1) return;
      blocks.push({
        from,
        to: at + 1,
        counts,
        announced: lines
          .slice(from, at + 1)
          .some((one) => ANNOUNCES.test(one.text.slice(one.start, one.end))),
      });
      [from, words, counts] = [at + 1, 0, new Map()];
    });
    return blocks;
  }
}

function contentWords({ tokens }: Line): readonly string[] {
  const words = tokens.flatMap(({ norm, lemma, pos }) =>
    /^(?:NOUN|PROPN|VERB|ADJ)$/.test(pos) &&
    /^\p{L}[\p{L}\p{N}-]+$/u.test(norm) &&
    !STOP_WORDS.has(norm) &&
    !STOP_WORDS.has(lemma)
      ? [intern(singular(lemma))]
      : [],
  );
  // A copy has no spare capacity.
  return orNone(words.slice());
}

/** First block of each topic but the first. */
function bordersOf(blocks: readonly Block[]): number[] {
  const similarity = blocks.map((block, at) =>
    at === 0
      ? 1
      : cosine(
          summed(blocks.slice(Math.max(0, at - SIDE), at)),
          summed(blocks.slice(at, at + SIDE)),
        ) - (block.announced ? ANNOUNCED : 0),
  );
  const borders: number[] = [];
  // A border needs a minimum number of known blocks after it.
  for (let at = SHORTEST; at + SHORTEST <= blocks.length; at++) {
    if (at - (borders.at(-1) ?? 0) < Math.max(SHORTEST, SHORTEST_PART * at)) continue;
    const here = similarity[at] as number;
    const before = similarity.slice(Math.max(1, at - SIDE), at);
    const after = similarity.slice(at + 1, at + SIDE);
    if ([...before, ...after].some((other) => other < here)) continue;
    if (Math.max(...before) - here + Math.max(...after) - here >= DEPTH) borders.push(at);
  }
  return borders;
}

function summed(blocks: readonly Block[]): ReadonlyMap<string, number> {
  const sum = new Map<string, number>();
  for (const { counts } of blocks)
    for (const [word, count] of counts) sum.set(word, (sum.get(word) ?? 0) + count);
  return sum;
}

function cosine(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (const [word, count] of a) {
    dot += count * (b.get(word) ?? 0);
    aa += count * count;
  }
  for (const count of b.values()) bb += count * count;
  return aa === 0 || bb === 0 ? 0 : dot / Math.sqrt(aa * bb);
}

interface Term {
  readonly words: readonly string[];
  readonly shown: string;
  readonly line: Line;
  readonly count: number;
}

/** The most frequent noun, or pair of nouns, that is not yet in a title. */
function titleOf(
  lines: readonly Line[],
  used: ReadonlySet<string>,
  isName: (word: string) => boolean,
): Title | undefined {
  const terms = new Map<string, Term>();
  const take = (words: readonly string[], shown: string, line: Line): void => {
    const key = words.join(' ');
    const known = terms.get(key);
    // A term that also occurs in lower case is not a name.
    terms.set(
      key,
      known
        ? { ...known, shown: /^\p{Ll}/u.test(shown) ? shown : known.shown, count: known.count + 1 }
        : { words, shown, line, count: 1 },
    );
  };
  for (const line of lines) {
    const { tokens } = line;
    tokens.forEach((token, i) => {
      const word = nounOf(token, isName);
      if (word === undefined) return;
      take([word], shownAs(token), line);
      const before = tokens[i - 1];
      const first = before && (nounOf(before, isName) ?? adjectiveOf(before));
      if (before && first !== undefined && line.text.slice(before.end, token.start) === ' ')
        take([first, word], `${shownAs(before)} ${shownAs(token)}`, line);
    });
  }
  const fresh = [...terms.values()].filter(({ words }) => !words.some((word) => used.has(word)));
  const value = ({ words, count }: Term): number => {
    if (words.length > 1) return count < PAIR_TIMES ? 0 : count * COMPOUND;
    return count < WORD_TIMES ? 0 : count;
  };
  const best = fresh.reduce<Term | undefined>(
    (most, term) => (value(term) > (most ? value(most) : 0) ? term : most),
    undefined,
  );
  if (!best) return undefined;
  // Adds a second term if it is nearly as frequent and shares no word with the first.
  const second = fresh
    .filter(({ words }) => !words.some((word) => best.words.includes(word)))
    .reduce<Term | undefined>(
      (most, term) => (value(term) > (most ? value(most) : 0.6 * value(best)) ? term : most),
      undefined,
    );
  const shown = second ? `${best.shown} and ${second.shown}` : best.shown;
  const evidence = [best, ...(second ? [second] : [])].flatMap(({ line }) =>
    line.evidence.slice(0, 1),
  );
  return {
    title: shown.slice(0, 1).toLocaleUpperCase('en') + shown.slice(1),
    words: [...best.words, ...(second?.words ?? [])],
    evidence,
  };
}

/** A common noun at the start of a sentence loses its capital. */
function shownAs({ text, norm, pos }: Line['tokens'][number]): string {
  return pos === 'PROPN' || norm.length !== text.length ? text : norm;
}

function nounOf(
  { norm, lemma, pos }: Line['tokens'][number],
  isName: (word: string) => boolean,
): string | undefined {
  const noun =
    (pos === 'NOUN' || pos === 'PROPN') &&
    /^\p{L}[\p{L}\p{N}-]{2,}$/u.test(norm) &&
    !STOP_WORDS.has(norm) &&
    !STOP_WORDS.has(lemma) &&
    !isName(norm);
  const word = singular(lemma);
  return noun && !EMPTY.has(word) ? word : undefined;
}

function adjectiveOf({ norm, lemma, pos }: Line['tokens'][number]): string | undefined {
  return pos === 'ADJ' && /^\p{L}{3,}$/u.test(norm) && !STOP_WORDS.has(norm) ? lemma : undefined;
}
