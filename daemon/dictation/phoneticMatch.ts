/**
 * Finds the stretches of a phrase that resemble a symbol: weighted edit distance between phonemes,
 * over all stretches of whole words. The candidates form a trie of phonemes; a branch is left as
 * soon as its cost is too high, so thousands of names stay cheap.
 */
import { type Phonemes, indelCost, substitutionCosts } from './phonemes';
import type { SpokenSymbol } from './symbols';

export interface PhoneticMatch {
  readonly symbol: SpokenSymbol;
  /** Words `from` to `to`, `to` excluded. */
  readonly from: number;
  readonly to: number;
  /** Similarity: 1 the same phonemes … 0 nothing in common. */
  readonly similarity: number;
}

/** Lower matches are not reported. */
const MIN_SIMILARITY = 0.7;
/**
 * Cost allowed for the first phonemes of a form, beside their share of the whole cost: errors occur
 * in clusters.
 */
const EARLY_SLACK = 1.2;
/**
 * Share of a symbol's phonemes that must occur in the phrase. Weak phonemes are cheap to drop, but
 * dropping all of them leaves another word.
 */
const MIN_MATCHED = 0.7;
/** Lowest similarity by the number of phonemes: short symbols match by chance. */
const NEEDED: readonly (readonly [phonemes: number, similarity: number])[] = [
  [4, 0.9],
  [6, 0.82],
  [9, 0.76],
  [Infinity, 0.7],
];
/** Words of a phrase that are compared; an open phrase of 30 s has a hundred. */
const MAX_WORDS = 1024;

function neededSimilarity({ shortest }: SpokenSymbol): number {
  return NEEDED.find(([phonemes]) => shortest <= phonemes)?.[1] ?? 1;
}

/**
 * One phoneme in the trie of all forms; forms with the same beginning share its nodes and their
 * work.
 */
interface Node {
  /** Costs of recognising each phoneme as this one, and of dropping this one. */
  readonly costs: Float32Array;
  readonly missing: number;
  readonly phoneme: number;
  readonly children: Node[];
  /** Phonemes in the longest form below. */
  longest: number;
  /** Symbols with a form that ends here. */
  readonly ends: SpokenSymbol[];
}

export class PhoneticMatcher {
  private readonly root: Node = {
    costs: new Float32Array(),
    missing: 0,
    phoneme: -1,
    children: [],
    longest: 0,
    ends: [],
  };

  add(symbol: SpokenSymbol): void {
    for (const form of symbol.forms) this.addForm(symbol, form);
  }

  /**
   * @param words the phonemes of each word of the phrase
   * @returns every stretch that is similar enough to a symbol, with its most similar form
   */
  find(words: readonly Phonemes[]): PhoneticMatch[] {
    const phrase = flatten(words);
    const best = new Map<number, PhoneticMatch>();
    const rows = Array.from({ length: this.root.longest + 1 }, (): Row => ({
      costs: new Float32Array(phrase.phonemes.length + 1),
      from: 0,
      to: 0,
    }));
    for (let from = 0; from < Math.min(words.length, MAX_WORDS); from++) {
      const start = phrase.starts[from] as number;
      const first = rows[0] as Row;
      first.from = 0;
      first.to = 0;
      first.costs[0] = 0;
      const most = boundOf(this.root.longest, 0);
      for (let j = 1; start + j <= phrase.phonemes.length; j++) {
        const cost = (first.costs[j - 1] as number) + (phrase.missing[start + j - 1] as number);
        if (cost > most) break;
        first.costs[j] = cost;
        first.to = j;
      }
      for (const child of this.root.children)
        this.descend(child, 1, { phrase, from, start, rows, best });
    }
    return [...best.values()];
  }

  private addForm(symbol: SpokenSymbol, form: Phonemes): void {
    let node = this.root;
    node.longest = Math.max(node.longest, form.length);
    for (const phoneme of form) {
      let child = node.children.find((one) => one.phoneme === phoneme);
      if (!child)
        node.children.push(
          (child = {
            costs: substitutionCosts(phoneme),
            missing: indelCost(phoneme),
            phoneme,
            children: [],
            longest: 0,
            ends: [],
          }),
        );
      child.longest = Math.max(child.longest, form.length);
      node = child;
    }
    node.ends.push(symbol);
  }

  private descend(node: Node, depth: number, walk: Walk): void {
    const {
      phrase: { phonemes, missing },
      start,
      rows,
    } = walk;
    const above = rows[depth - 1] as Row;
    const row = rows[depth] as Row;
    const { costs: before, from, to } = above;
    const { costs } = row;
    const most = boundOf(node.longest, depth);
    const width = phonemes.length - start;
    let first = -1;
    let left = Infinity;
    for (let j = from; j <= width && (j <= to + 1 || left <= most); j++) {
      let cost = Infinity;
      if (j > from && j <= to + 1)
        cost =
          (before[j - 1] as number) + (node.costs[phonemes[start + j - 1] as number] as number);
      if (j <= to) {
        const unheard = (before[j] as number) + node.missing;
        if (unheard < cost) cost = unheard;
      }
      if (j > 0) {
        const added = left + (missing[start + j - 1] as number);
        if (added < cost) cost = added;
      }
      costs[j] = cost;
      left = cost;
      if (cost > most) continue;
      if (first < 0) first = j;
      row.to = j;
    }
    if (first < 0) return;
    row.from = first;
    if (node.ends.length > 0) this.collect(node, depth, row, walk);
    for (const child of node.children) this.descend(child, depth + 1, walk);
  }

  private collect(node: Node, length: number, row: Row, { phrase, from, start, best }: Walk): void {
    for (let to = from + 1; to < Math.min(phrase.starts.length, MAX_WORDS); to++) {
      const at = (phrase.starts[to] as number) - start;
      if (at > row.to) return;
      if (at === 0 || at < row.from) continue;
      const similarity = 1 - (row.costs[at] as number) / length;
      if (similarity < MIN_SIMILARITY) continue;
      for (const symbol of node.ends) {
        if (
          at < MIN_MATCHED * symbol.shortest ||
          (similarity < neededSimilarity(symbol) && similarity < 1)
        )
          continue;
        const key = (symbol.rank * MAX_WORDS + from) * MAX_WORDS + to;
        if ((best.get(key)?.similarity ?? 0) < similarity)
          best.set(key, { symbol, from, to, similarity });
      }
    }
  }
}

interface Walk {
  readonly phrase: Phrase;
  readonly from: number;
  readonly start: number;
  /** One row for each depth of the trie. */
  readonly rows: readonly Row[];
  readonly best: Map<number, PhoneticMatch>;
}

/**
 * Costs of a form's beginning against the phrase's first j phonemes. Only those between `from` and
 * `to` are low enough to continue.
 */
interface Row {
  readonly costs: Float32Array;
  from: number;
  to: number;
}

/** Highest cost of the first `depth` phonemes where the longest form below has `longest`. */
function boundOf(longest: number, depth: number): number {
  return Math.min((1 - MIN_SIMILARITY) * longest, (1 - MIN_SIMILARITY) * depth + EARLY_SLACK);
}

/** Similarity of two strings of phonemes, 0–1, by the length of the first. */
export function similarity(form: Phonemes, spoken: Phonemes): number {
  let row = Float32Array.from({ length: spoken.length + 1 }, () => 0);
  spoken.forEach((phoneme, j) => (row[j + 1] = (row[j] as number) + indelCost(phoneme)));
  for (const phoneme of form) {
    const next = new Float32Array(spoken.length + 1);
    const [costs, missing] = [substitutionCosts(phoneme), indelCost(phoneme)];
    next[0] = (row[0] as number) + missing;
    spoken.forEach(
      (other, j) =>
        (next[j + 1] = Math.min(
          (row[j] as number) + (costs[other] as number),
          (row[j + 1] as number) + missing,
          (next[j] as number) + indelCost(other),
        )),
    );
    row = next;
  }
  return form.length === 0 ? 0 : Math.max(0, 1 - (row[spoken.length] as number) / form.length);
}

interface Phrase {
  readonly phonemes: Phonemes;
  /** Cost of each phoneme of the phrase that the form lacks. */
  readonly missing: Float32Array;
  /** Start of each word, and the end. */
  readonly starts: readonly number[];
}

function flatten(words: readonly Phonemes[]): Phrase {
  const starts = [0];
  for (const word of words) starts.push((starts.at(-1) ?? 0) + word.length);
  const phonemes = new Uint8Array(starts.at(-1) ?? 0);
  words.forEach((word, i) => phonemes.set(word, starts[i]));
  return { phonemes, missing: Float32Array.from(phonemes, indelCost), starts };
}
