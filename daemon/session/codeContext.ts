/**
 * What the user's editor has open while people talk: names of the code, and the file and symbol in front of them at
 * each moment. A name that is spoken becomes a link, and "this function" names the one that was looked at.
 */
import type { Insight } from '../analysis/types';

export interface CodeSymbol {
  readonly name: string;
  readonly uri?: string;
  /** From 1. */
  readonly line?: number;
}

/** Finds which of the names it was made for are said in a text, in order. */
export type NameFinder = (text: string) => readonly string[];

/** Changes of what is looked at that are remembered: one a second for more than an hour. */
const MAX_FOCUSES = 5_000;
const MAX_LINKS = 8;
const DEICTIC = /\b(?:this|that|the current) (?:function|method|class|component|file|module|test|hook|type|interface|struct|helper|handler|line|code)\b/i;

interface Focus {
  readonly atMs: number;
  readonly symbol: CodeSymbol;
}

export class CodeContext {
  private symbols = new Map<string, CodeSymbol>();
  private find: NameFinder = () => [];
  private readonly focuses: Focus[] = [];

  constructor(private readonly finderFor: (names: readonly string[]) => NameFinder) {}

  /** The names of the code as they are now, the nearest first. */
  setSymbols(symbols: readonly CodeSymbol[]): void {
    this.symbols = new Map([...symbols].reverse().map((symbol) => [symbol.name, symbol]));
    this.find = this.finderFor(symbols.map(({ name }) => name));
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
    const links = new Map<string, CodeSymbol>(insight.symbols.map((symbol) => [symbol.name, symbol]));
    for (const text of [insight.text, ...insight.evidence.map(({ quote }) => quote)]) {
      for (const name of this.find(text)) if (!links.has(name)) links.set(name, this.symbols.get(name) ?? { name });
    }
    const said = insight.evidence.find(({ quote }) => DEICTIC.test(quote));
    const focus = said && this.focusAt(said.endMs);
    if (focus && !links.has(focus.name)) links.set(focus.name, focus);
    return links.size === insight.symbols.length ? insight : { ...insight, symbols: [...links.values()].slice(0, MAX_LINKS) };
  }

  private focusAt(ms: number): CodeSymbol | undefined {
    return this.focuses.findLast(({ atMs }) => atMs <= ms)?.symbol ?? this.focuses[0]?.symbol;
  }
}
