/**
 * Which stretches of a phrase name which symbols: by sound, then by whether a name makes sense
 * there.
 */
import { FUNCTION_WORDS, NAME_THRESHOLD, nameScore } from './nameOrProse';
import { joinPhonemes } from './phonemes';
import type { Pronouncer } from './pronounce';
import { type PhoneticMatch, PhoneticMatcher, similarity } from './phoneticMatch';
import { spokenSymbol } from './symbols';
import { spokenPhrases } from './spokenPhrases';
import { type WordList, endsSentence } from './words';

export interface NamedSymbol {
  readonly name: string;
  /** Words `from` to `to`, `to` excluded. */
  readonly from: number;
  readonly to: number;
}

/** A name this far over the threshold makes other names in the phrase likelier. */
const SURE = 0.4;
/** What other names in the phrase can add to a score at most. */
const HOPE = 0.8;
/** Candidates of one phrase that are looked at closely. */
const MAX_CANDIDATES = 200;
/** Names whose spoken forms a recogniser is told of. */
const MAX_SPOKEN = 300;

interface Candidate {
  readonly match: PhoneticMatch;
  /** The very words were heard. */
  readonly exact: boolean;
  /** How far over the threshold of a name. */
  value: number;
}

export class SymbolSpeller {
  private readonly names = new Set<string>();
  private readonly matcher = new PhoneticMatcher();
  private readonly spoken: string[] = [];

  /** @param names nearest to the cursor first; what cannot be said is passed over */
  constructor(
    names: readonly string[],
    private readonly pronouncer: Pronouncer,
  ) {
    for (const name of names) this.add(name);
  }

  get size(): number {
    return this.names.size;
  }

  /** The nearest names as a recogniser would write them if it knew them. */
  get phrases(): readonly string[] {
    return this.spoken;
  }

  /** A name that is farther away than all before it. */
  add(name: string): void {
    if (this.names.has(name)) return;
    const symbol = spokenSymbol(name, this.names.size, this.pronouncer);
    if (!symbol) return;
    this.names.add(name);
    this.matcher.add(symbol);
    if (this.spoken.length < MAX_SPOKEN)
      this.spoken.push(...spokenPhrases(symbol, this.pronouncer));
  }

  /** Stretches in order, none overlapping. @param taken words that are something else already */
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
      // A sentence that ends inside is no name; the dot of a file name is written without a blank.
      for (let i = match.from + 1; i < match.to; i++) if (endsSentence(gaps[i] ?? '')) return [];
      const candidate = { match, exact: sameLetters(match, lower), value: 0 };
      if (
        !candidate.exact &&
        (onlyItsEnd(match, lower) || (match.symbol.style === 'file' && !hasDot(match, lower, gaps)))
      )
        return [];
      candidate.value = score(candidate, 0) - NAME_THRESHOLD;
      // The very words stay even where they are prose: what merely sounds like them must not win
      // over them.
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

  /** Is there a little word in the stretch of which the symbol has nothing? */
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

/** A file's name has a dot, said or written. */
function hasDot(
  { from, to }: PhoneticMatch,
  words: readonly string[],
  gaps: readonly string[],
): boolean {
  return (
    words.slice(from, to).includes('dot') || gaps.slice(from + 1, to).some((gap) => gap === '.')
  );
}

/** "the email" has of sendEmail no more than the last word; the little word is one of its own. */
function onlyItsEnd({ symbol, from, to }: PhoneticMatch, words: readonly string[]): boolean {
  if (!FUNCTION_WORDS.has(words[from] ?? '') || symbol.words[0] === words[from]) return false;
  const rest = words.slice(from + 1, to).join('');
  return rest !== '' && symbol.words.slice(1).join('').endsWith(rest);
}

/** The very words, whether written together or apart. */
function sameLetters({ symbol, from, to }: PhoneticMatch, words: readonly string[]): boolean {
  const spokenWords = words
    .slice(from, to)
    .filter((word) => word !== 'dot')
    .join('')
    .replace(/['’]/g, '');
  return spokenWords === symbol.words.filter((word) => word !== 'dot').join('');
}

/**
 * Of the stretches for one symbol that overlap the likest; nothing that overlaps the very words of
 * another symbol, but for a longer one over a single word: `token` leaves `AUTH_TOKEN_TTL` be.
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
 * The set of stretches that do not overlap with the greatest sum; of equals the nearer symbol.
 * Values under zero are left out.
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
