/**
 * What the user's editor has open while people talk: names of the code, and the file and symbol in
 * front of them at each moment. A name that is spoken becomes a link, "this function" names the one
 * that was looked at, and the recogniser leans towards the nearest names.
 */
import type { Insight } from '../insights/types';

export interface CodeSymbol {
  readonly name: string;
  readonly uri?: string;
  /** From 1. */
  readonly line?: number;
}

/** Names of the code, by how they are said. */
export interface SpokenNames {
  /** Those that are said in a text, in order. */
  find(text: string): readonly string[];
  /** The nearest as a recogniser would write them if it knew them. */
  readonly phrases: readonly string[];
}

/** @param wanted asked meanwhile; where it says no the answer is not used */
export type NameLearner = (names: readonly string[], wanted: () => boolean) => Promise<SpokenNames>;

const NO_NAMES: SpokenNames = { find: () => [], phrases: [] };

/** Changes of what is looked at that are remembered: one a second for more than an hour. */
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
  /** Names that are known or being learnt, as one text. */
  private sent = '';
  private readonly focuses: Focus[] = [];

  /** @param own words of the user */
  constructor(
    private readonly own: readonly string[] = [],
    private readonly learn: NameLearner = () => Promise.resolve(NO_NAMES),
  ) {}

  /**
   * What is likely to be said, likeliest first: the user's own words, then the names of the code.
   */
  get phrases(): readonly string[] {
    return [...this.own, ...this.names.phrases];
  }

  /**
   * The names of the code as they are now, the nearest first. Resolves when they are known; those
   * of before are used until then, and later ones win.
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

  /** The insight with what it names in the code; links that it has already stay. */
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
