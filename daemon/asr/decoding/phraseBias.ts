/**
 * Phrase boosting: a tree of tokens of likely phrases. A token that continues a phrase gets a
 * bonus. If the text leaves the phrase before its end, the whole bonus is withdrawn, so that only
 * whole phrases gain. Shallow fusion after Zhao et al. 2019, "Shallow-Fusion End-to-End Contextual
 * Biasing".
 */

/** Tokenizer functions that build the tree; llama-tokenizer-js has them. */
export interface PieceEncoder {
  readonly vocabById: readonly string[];
  encode(text: string, hasBos?: boolean, hasLeadingSpace?: boolean): number[];
}

/**
 * Bonus in log probability. The first token of a phrase is a word that many texts may contain;
 * further tokens have their own bonus. Higher values turn ordinary words into names
 * (docs/decisions/0012-phrase-boosting-weights.md).
 */
const FIRST = 0.5;
const FURTHER = 1.5;
/**
 * A token that continues a phrase is considered even if it is this much less likely than the
 * likeliest token.
 */
const REACH = 4;
/** Maximum number of boosted phrases; the first are used. */
const MAX_PHRASES = 350;

interface Node {
  readonly children: Map<number, Node>;
  readonly depth: number;
  /** A phrase ends here. */
  end: boolean;
}

/** Position of a text in the tree. */
export interface Lean {
  readonly node: Node;
  /** Bonus of the text so far; `pending` of it is withdrawn unless the phrase is completed. */
  readonly bonus: number;
  readonly pending: number;
}

/** A piece that starts a word begins with this space mark. */
const SPACE_MARK = '▁';
/** Maximum number of words with cached tokens. */
const MAX_WORDS = 20_000;

export class PhraseBias {
  private readonly root: Node = { children: new Map(), depth: 0, end: false };
  readonly start: Lean = { node: this.root, bonus: 0, pending: 0 };

  readonly reach = REACH;

  /** @param phrases likeliest first */
  constructor(
    phrases: readonly string[],
    private readonly words: TokenizedWords,
  ) {
    for (const phrase of phrases.slice(0, MAX_PHRASES)) this.add(phrase);
  }

  /** Tokens after `lean` that would get a bonus. */
  wanted({ node }: Lean): Iterable<number> {
    return node === this.root
      ? node.children.keys()
      : [...node.children.keys(), ...this.root.children.keys()];
  }

  /**
   * Returns the position after another token.
   * @param end true for the token that ends the text
   */
  after(lean: Lean, token: number, end: boolean): Lean {
    const child = lean.node.children.get(token);
    if (child) return this.into(child, lean.bonus, lean.pending);
    // A phrase is complete only if its last word is complete too.
    const left =
      lean.node.end && (end || !this.words.goesOn(token)) ? lean.bonus : lean.bonus - lean.pending;
    const first = this.root.children.get(token);
    return first ? this.into(first, left, 0) : { node: this.root, bonus: left, pending: 0 };
  }

  private into(node: Node, bonus: number, pending: number): Lean {
    const gain = node.depth === 1 ? FIRST : FURTHER;
    return { node, bonus: bonus + gain, pending: pending + gain };
  }

  private add(phrase: string): void {
    const [first, ...rest] = phrase.split(' ').filter((word) => word !== '');
    if (first === undefined) return;
    const tail = rest.flatMap((word) => this.words.of(word));
    for (const opening of new Set([first, first.charAt(0).toUpperCase() + first.slice(1)]))
      this.addTokens([...this.words.of(opening), ...tail]);
  }

  private addTokens(tokens: readonly number[]): void {
    let node = this.root;
    for (const token of tokens) {
      let child = node.children.get(token);
      if (!child)
        node.children.set(
          token,
          (child = { children: new Map(), depth: node.depth + 1, end: false }),
        );
      node = child;
    }
    if (node !== this.root) node.end = true;
  }
}

/** Cached tokens of words; sentence pieces never cross a space. */
export class TokenizedWords {
  private readonly known = new Map<string, readonly number[]>();

  constructor(private readonly pieces: PieceEncoder) {}

  of(word: string): readonly number[] {
    const known = this.known.get(word);
    if (known) return known;
    const tokens = this.pieces.encode(word, false, true);
    if (this.known.size >= MAX_WORDS) this.known.clear();
    this.known.set(word, tokens);
    return tokens;
  }

  /** Returns true if a token continues the word before it. */
  goesOn(token: number): boolean {
    const piece = this.pieces.vocabById[token];
    return piece !== undefined && !piece.startsWith(SPACE_MARK) && /^[\p{L}\p{N}'’]/u.test(piece);
  }
}
