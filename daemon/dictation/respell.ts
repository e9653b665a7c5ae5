/** Finds which stretches of a phrase name which symbols: first by sound, then by grammar. */
import { FUNCTION_WORDS, NAME_THRESHOLD, nameScore } from './nameOrProse';
import { joinPhonemes } from './phonemes';
import type { Pronouncer } from './pronounce';
import { type PhoneticMatch, PhoneticMatcher, similarity } from './phoneticMatch';
import { spokenSymbol } from './symbols';
import { spokenPhrases } from './spokenPhrases';
import { type WordList, endsSentence } from '../transcript/words';

export interface NamedSymbol {
  readonly name: string;
  /** Words `from` to `to`, `to` excluded. */
  readonly from: number;
  readonly to: number;
}

/** A name this far over the threshold makes other names of the phrase more likely. */
const SURE = 0.4;
/** Highest amount that other names of the phrase add to a score. */
const HOPE = 0.8;
/** Candidates of one phrase that are scored. */
const MAX_CANDIDATES = 200;
/** Names whose spoken forms are given to a recogniser. */
const MAX_SPOKEN = 300;

interface Candidate {
  readonly match: PhoneticMatch;
  /** The recogniser wrote the exact words. */
  readonly exact: boolean;
  /** Distance to the threshold of a name. */
  value: number;
}

export class SymbolSpeller {
  private readonly names = new Set<string>();
  private readonly matcher = new PhoneticMatcher();
  private readonly spoken: string[] = [];

  /** @param names nearest to the cursor first; unpronounceable names are skipped */
  constructor(
    names: readonly string[],
    private readonly pronouncer: Pronouncer,
  ) {
    for (const name of names) this.add(name);
  }

  get size(): number {
    return this.names.size;
  }

  /** The nearest names in the form a recogniser would write. */
  get phrases(): readonly string[] {
    return this.spoken;
  }

  /** Adds a name that is further away than all before it. */
  add(name: string): void {
    if (this.names.has(name)) return;
    const symbol = spokenSymbol(name, this.names.size, this.pronouncer);
    if (!symbol) return;
    this.names.add(name);
    this.matcher.add(symbol);
    if (this.spoken.length < MAX_SPOKEN)
      this.spoken.push(...spokenPhrases(symbol, this.pronouncer));
  }

  /**
   * Stretches in order, without overlaps.
   * @param taken words that already belong to something else
   */
  find({ words, gaps }: WordList, taken: (word: number) => boolean = () => false): NamedSymbol[] {
    if (this.names.size === 0 || words.length === 0) return [];
    const lower = words.map((word) => word.toLowerCase());
    const phonemes = words.map((word) => this.pronouncer.of(word)[0] ?? new Uint8Array());
    const breaks = gaps.map((gap) => /[,.;:!?]/.test(gap) && gap !== '.');
    const unknown = lower.map((word) => word.length > 2 && !this.pronouncer.knows(word));
    const score = ({ match, exact }: Candidate, companions: number): number =>
      nameScore({
        words: lower,
        from: match.from,
        to: match.to,
        breakBefore: (i) => breaks[i] ?? false,
        symbol: match.symbol,
        similarity: match.similarity,
        exact,
        unknownWords: unknown.slice(match.from, match.to).filter(Boolean).length,
        companions,
      });
    const all = this.matcher.find(phonemes).flatMap((match): Candidate[] => {
      for (let i = match.from; i < match.to; i++) if (taken(i)) return [];
      // A name does not contain the end of a sentence; the dot of a file name is written without a
      // blank.
      for (let i = match.from + 1; i < match.to; i++) if (endsSentence(gaps[i] ?? '')) return [];
      const candidate = { match, exact: sameLetters(match, lower), value: 0 };
      if (
        !candidate.exact &&
        (onlyItsEnd(match, lower) || (match.symbol.style === 'file' && !hasDot(match, lower, gaps)))
      )
        return [];
      candidate.value = score(candidate, 0) - NAME_THRESHOLD;
      // Exact words stay even in prose, so that a similar sound does not win over them.
      return candidate.exact || candidate.value > -HOPE ? [candidate] : [];
    });
    const likeliest = all
      .sort((a, b) => Number(b.exact) - Number(a.exact) || b.value - a.value)
      .slice(0, MAX_CANDIDATES);
    const candidates = nearest(likeliest).filter(
      ({ match, exact }) => exact || !this.swallows(match, lower, phonemes),
    );
    const sure = best(
      candidates.map((candidate) => ({ ...candidate, value: candidate.value - SURE })),
    );
    const second = candidates.map((candidate) => {
      const apart = sure.filter(
        ({ match }) => match.to <= candidate.match.from || match.from >= candidate.match.to,
      );
      return { ...candidate, value: score(candidate, apart.length) - NAME_THRESHOLD };
    });
    return best(second).map(({ match }) => ({
      name: match.symbol.name,
      from: match.from,
      to: match.to,
    }));
  }

  /** Does the stretch contain a function word that the symbol lacks? */
  private swallows(
    { symbol, from, to, similarity: whole }: PhoneticMatch,
    words: readonly string[],
    phonemes: readonly Uint8Array[],
  ): boolean {
    for (let i = from; i < to; i++) {
      if (
        to - from === 1 ||
        !FUNCTION_WORDS.has(words[i] ?? '') ||
        symbol.words.includes(words[i] ?? '')
      )
        continue;
      const without = joinPhonemes(phonemes.filter((_, k) => k >= from && k < to && k !== i));
      if (Math.max(...symbol.forms.map((form) => similarity(form, without))) >= whole) return true;
    }
    return false;
  }
}

/** A file's name has a dot, spoken or written. */
function hasDot(
  { from, to }: PhoneticMatch,
  words: readonly string[],
  gaps: readonly string[],
): boolean {
  return (
    words.slice(from, to).includes('dot') || gaps.slice(from + 1, to).some((gap) => gap === '.')
  );
}

/** "the email" shares only the last word with sendEmail; its article is not part of the name. */
function onlyItsEnd({ symbol, from, to }: PhoneticMatch, words: readonly string[]): boolean {
  if (!FUNCTION_WORDS.has(words[from] ?? '') || symbol.words[0] === words[from]) return false;
  const rest = words.slice(from + 1, to).join('');
  return rest !== '' && symbol.words.slice(1).join('').endsWith(rest);
}

/** The exact words, written together or apart. */
function sameLetters({ symbol, from, to }: PhoneticMatch, words: readonly string[]): boolean {
  const spokenWords = words
    .slice(from, to)
    .filter((word) => word !== 'dot')
    .join('')
    .replace(/['’]/g, '');
  return spokenWords === symbol.words.filter((word) => word !== 'dot').join('');
}

/**
 * Of overlapping stretches for one symbol, the most similar. Nothing may overlap the exact words of
 * another symbol, except a longer stretch over a single word: `token` gives way to
 * `AUTH_TOKEN_TTL`.
 */
function nearest(all: readonly Candidate[]): Candidate[] {
  const outranks = (a: Candidate, b: Candidate): boolean =>
    a !== b &&
    a.match.from < b.match.to &&
    b.match.from < a.match.to &&
    ((a.match.symbol === b.match.symbol && a.match.similarity > b.match.similarity) ||
      (a.exact && !b.exact && (a.match.to - a.match.from > 1 || b.match.to - b.match.from === 1)));
  return all.filter((one) => !all.some((another) => outranks(another, one)));
}

/**
 * The set of non-overlapping stretches with the highest sum; the nearer symbol wins a tie. Negative
 * values are left out.
 */
function best(all: readonly Candidate[]): Candidate[] {
  const good = all
    .filter(({ value }) => value > 0)
    .sort((a, b) => b.value - a.value || a.match.symbol.rank - b.match.symbol.rank);
  const end = Math.max(0, ...good.map(({ match }) => match.to));
  const sums: { value: number; picked: Candidate[] }[] = [{ value: 0, picked: [] }];
  for (let to = 1; to <= end; to++) {
    let top = sums[to - 1] as { value: number; picked: Candidate[] };
    for (const one of good) {
      if (one.match.to !== to) continue;
      const before = sums[one.match.from] as { value: number; picked: Candidate[] };
      if (before.value + one.value > top.value)
        top = { value: before.value + one.value, picked: [...before.picked, one] };
    }
    sums.push(top);
  }
  return sums.at(-1)?.picked ?? [];
}
