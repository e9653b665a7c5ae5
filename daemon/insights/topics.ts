/**
 * What is spoken of when: the talk in parts, each with a title taken from its own words.
 *
 * After Hearst's TextTiling (1997): blocks of lines with as many content words each, and a part
 * ends where the words before and after have least in common. A border looks a fixed way ahead and
 * never further, so one that was drawn stays where it is while people go on talking.
 */
import { intern } from '../base/intern';
import type { Line } from './conversation';
import { orNone } from './cues';
import { singular } from './language/singular';
import type { People } from './people';
import { PerLine } from './perLine';
import { STOP_WORDS } from './rules/words';
import type { Evidence } from './types';

/** Content words of a block. */
const BLOCK_WORDS = 8;
/** Blocks that are compared on either side of a border. */
const SIDE = 5;
/**
 * Blocks of the shortest topic, some 40 s; later in a long talk that part of what was said before,
 * for nobody reads fifty titles.
 */
const SHORTEST = 5;
const SHORTEST_PART = 0.08;
/** How far the similarity must rise again on both sides, together: a cosine. */
const DEPTH = 0.22;
/** Words with which people go on to something else count like so much less similarity. */
const ANNOUNCED = 0.2;
const ANNOUNCES =
  /^\W*(?:(?:okay|ok|so|right|well|alright|all right|and|good|great|then|now|let's|let us)\b[\s,.]*)*(?:next (?:item|topic|up|thing|point|one)\b|mov(?:e|ing) on\b|(?:the )?(?:last|second|third|other) (?:item|thing|topic|point)\b|another (?:thing|topic|point)\b|go on to\b|turn to\b)/i;
/** Two words that belong together say more than one. */
const COMPOUND = 1.7;
/** Nouns that are the title of nothing. */
const EMPTY = new Set(
  'gon wan thing stuff bit lot kind sort people person way time guy question idea point minute number example moment case fact sense reason side place part one two hour second couple deal course matter today tomorrow week day month year hand end rest yes no okay hello morning everybody anybody everyone anything something nothing everything word name top start'.split(
    ' ',
  ),
);

export interface Topic {
  readonly title: string;
  readonly startMs: number;
  readonly endMs: number;
  /** Lines from … to, the last one not included. */
  readonly from: number;
  readonly to: number;
  /**
   * Sentences in which the words of the title stand; none where the title is empty, for nothing was
   * said often enough.
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
  /** What was found last, for parts that did not change. */
  private titles: readonly {
    readonly lines: readonly Line[];
    readonly names: number;
    readonly title: Title | undefined;
  }[] = [];

  constructor(private readonly people: People) {}

  /** Topics of a conversation, in order, without gaps; none while nothing was said. */
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

  /** A title is none that an earlier part has, so one that changed may change all that follow. */
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

  /** Whole lines; the last block may be short. */
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
  // A copy has no more room than it needs.
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
  // What follows a border must be known as far as it is looked at.
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

/** The noun, or two nouns in a row, that is said most and was not a title before. */
function titleOf(
  lines: readonly Line[],
  used: ReadonlySet<string>,
  isName: (word: string) => boolean,
): Title | undefined {
  const terms = new Map<string, Term>();
  const take = (words: readonly string[], shown: string, line: Line): void => {
    const key = words.join(' ');
    const known = terms.get(key);
    // Once written small it is no name.
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
  const value = ({ words, count }: Term): number =>
    (count < 2 ? 0 : count) * (words.length > 1 ? COMPOUND : 1);
  const best = fresh.reduce<Term | undefined>(
    (most, term) => (value(term) > (most ? value(most) : 0) ? term : most),
    undefined,
  );
  if (!best) return undefined;
  // A second word where it is said nearly as often and elsewhere.
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

/** A common noun with which a sentence began has no capital elsewhere. */
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
