/**
 * Words to phonemes: by the dictionary, by developers' short forms, letter by letter, and by
 * spelling rules where nothing else is known.
 */
import { spellingToPhonemes } from './letterToPhoneme';
import { LETTERS, LONG_FORMS, SAID } from './lexicon';
import { numberToWords } from '../transcript/numberWords';
import { type Phonemes, isVowel, joinPhonemes, toPhonemes } from './phonemes';

/** ARPAbet transcriptions of a lower-case word; none where the word is unknown. */
export type Pronunciations = (word: string) => readonly string[];

/** Longest unknown word that is also tried letter by letter. */
const MAX_SPELLED = 5;
/** A word counts as two known ones when each has at least this many letters. */
const MIN_PART = 3;
/** Entries in the cache; a phrase and its candidates have far fewer. */
const MAX_REMEMBERED = 200_000;

export class Pronouncer {
  private readonly known = new Map<string, boolean>();
  private readonly remembered = new Map<string, readonly Phonemes[]>();

  constructor(private readonly dictionary: Pronunciations) {}

  /** Is it an English word by the dictionary? */
  knows(word: string): boolean {
    const known = this.known.get(word) ?? this.dictionary(word.toLowerCase()).length > 0;
    if (this.known.size >= MAX_REMEMBERED) this.known.clear();
    this.known.set(word, known);
    return known;
  }

  /** Pronunciations of a word, most usual first; never empty for letters and digits. */
  of(word: string): readonly Phonemes[] {
    const known = this.remembered.get(word);
    if (known) return known;
    const readings = distinct(this.readings(word));
    if (this.remembered.size >= MAX_REMEMBERED) this.remembered.clear();
    this.remembered.set(word, readings);
    return readings;
  }

  private readings(word: string): Phonemes[] {
    const lower = word.toLowerCase();
    if (/^\d+$/.test(lower))
      return [
        this.join(numberToWords(lower)),
        joinPhonemes([...lower].map((digit) => this.join(numberToWords(digit)))),
      ];
    if (lower.length === 1) return [toPhonemes(LETTERS.get(lower) ?? '')];
    const said = (SAID.get(lower) ?? []).map(toPhonemes);
    const listed = this.dictionary(lower).map(toPhonemes);
    const long = LONG_FORMS.get(lower);
    const readings = [...said, ...listed, ...(long === undefined ? [] : [this.join([long])])];
    const letters = joinPhonemes([...lower].map((letter) => toPhonemes(LETTERS.get(letter) ?? '')));
    // Two or three capitals in a row are said letter by letter, even if they spell a word.
    if (/^[A-Z]{2,4}$/.test(word))
      return readings.length > 0
        ? [...said, letters, ...listed]
        : [letters, spellingToPhonemes(lower)];
    if (readings.length > 0) return readings;
    const bare = lower.replace(/'s$|s'$|'/g, '');
    if (bare !== lower && bare !== '') return [...this.of(bare)];
    const parts = this.twoWords(lower);
    if (parts) return [this.join(parts)];
    const spelled = spellingToPhonemes(lower);
    if (!spelled.some(isVowel)) return [letters];
    return lower.length <= MAX_SPELLED ? [spelled, letters] : [spelled];
  }

  private join(words: readonly string[]): Phonemes {
    return joinPhonemes(words.map((word) => this.of(word)[0] ?? new Uint8Array()));
  }

  /** `userprofile` is user + profile. */
  private twoWords(word: string): readonly [string, string] | undefined {
    for (let at = word.length - MIN_PART; at >= MIN_PART; at--) {
      const [first, second] = [word.slice(0, at), word.slice(at)];
      if (this.knownPart(first) && this.knownPart(second)) return [first, second];
    }
    return undefined;
  }

  private knownPart(word: string): boolean {
    return SAID.has(word) || this.dictionary(word).length > 0;
  }
}

function distinct(readings: readonly Phonemes[]): Phonemes[] {
  const seen = new Set<string>();
  return readings.filter((phonemes) => {
    const key = phonemes.join(' ');
    if (phonemes.length === 0 || seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
