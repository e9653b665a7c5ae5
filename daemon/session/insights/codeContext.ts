/**
 * The code that is open in the editor during a session: symbols, and the current file and symbol
 * over time. A spoken symbol becomes a link. "This function" links the symbol that was open at that
 * moment. The recogniser boosts the nearest symbols.
 */
import type { Insight } from '../../insights/types';
import type { CodeSymbol, NameLearner, SpokenNames } from '../contract/code';

const NO_NAMES: SpokenNames = { find: () => [], phrases: [] };

/** Maximum number of remembered focus changes: one a second for more than an hour. */
const MAX_FOCUSES = 5_000;
const MAX_LINKS = 8;
const CODE_NOUNS =
  'function|method|class|component|file|module|test|hook|type|interface|struct|helper|handler|line|code';
const DEICTIC = new RegExp(`\\b(?:this|that|the current) (?:${CODE_NOUNS})\\b`, 'i');

interface Focus {
  readonly atMs: number;
  readonly symbol: CodeSymbol;
}

export class CodeContext {
  private symbols = new Map<string, CodeSymbol>();
  private names = NO_NAMES;
  /** Symbols that are known or being learned, as a single text. */
  private sent = '';
  private readonly focuses: Focus[] = [];

  /** @param own the user's vocabulary */
  constructor(
    private readonly own: readonly string[] = [],
    private readonly learn: NameLearner = () => Promise.resolve(NO_NAMES),
  ) {}

  /** Phrases to boost, likeliest first: the user's vocabulary, then the code symbols. */
  get phrases(): readonly string[] {
    return [...this.own, ...this.names.phrases];
  }

  /**
   * Sets the current code symbols, nearest first. Resolves when they are learned; until then the
   * previous symbols are used. A later call replaces an earlier one.
   */
  async setSymbols(symbols: readonly CodeSymbol[]): Promise<void> {
    this.symbols = new Map([...symbols].reverse().map((symbol) => [symbol.name, symbol]));
    const names = [...new Set(symbols.map(({ name }) => name))];
    const sent = names.join('\n');
    if (sent === this.sent) return;
    this.sent = sent;
    const isLast = (): boolean => this.sent === sent;
    const learnt = await this.learn(names, isLast);
    if (isLast()) this.names = learnt;
  }

  /** @param atMs session time */
  look(atMs: number, symbol: CodeSymbol): void {
    const last = this.focuses.at(-1);
    if (last && last.symbol.name === symbol.name && last.symbol.uri === symbol.uri) return;
    this.focuses.push({ atMs, symbol });
    if (this.focuses.length > MAX_FOCUSES) this.focuses.shift();
  }

  /** Returns the insight with links to its code symbols; existing links stay. */
  link<T extends Insight>(insight: T): T {
    if (this.symbols.size === 0 && this.focuses.length === 0) return insight;
    const links = new Map<string, CodeSymbol>(
      insight.symbols.map((symbol) => [symbol.name, symbol]),
    );
    for (const text of [insight.text, ...insight.evidence.map(({ quote }) => quote)]) {
      for (const name of this.names.find(text)) {
        // A symbol missing from the new list is no longer open.
        const symbol = this.symbols.get(name);
        if (symbol && !links.has(name)) links.set(name, symbol);
      }
    }
    const said = insight.evidence.find(({ quote }) => DEICTIC.test(quote));
    const focus = said && this.focusAt(said.endMs);
    if (focus && !links.has(focus.name)) links.set(focus.name, focus);
    return links.size === insight.symbols.length
      ? insight
      : { ...insight, symbols: [...links.values()].slice(0, MAX_LINKS) };
  }

  private focusAt(ms: number): CodeSymbol | undefined {
    return this.focuses.findLast(({ atMs }) => atMs <= ms)?.symbol ?? this.focuses[0]?.symbol;
  }
}
