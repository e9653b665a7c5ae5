/**
 * Words → sounds: the dictionary, what developers say for short forms, letter names, and spelling
 * where nothing else is known.
 */
import { spellingToSounds } from './letterToPhoneme';
import { LETTERS, LONG_FORMS, SAID } from './lexicon';
import { numberToWords } from './numbers';
import { type Sounds, isVowel, joinSounds, toSounds } from './phonemes';

/** ARPAbet transcriptions of a lower-case word; none where it is unknown. */
export type WordSounds = (word: string) => readonly string[];

/** Longest word that is also tried letter by letter when it is unknown. */
const MAX_SPELLED = 5;
/** A word is taken for two known ones when each has this many letters. */
const MIN_PART = 3;
/** Pronunciations that are remembered; a phrase and its candidates have far fewer. */
const MAX_REMEMBERED = 200_000;

export class Pronouncer {
  private readonly known = new Map<string, boolean>();
  private readonly remembered = new Map<string, readonly Sounds[]>();

  constructor(private readonly dictionary: WordSounds) {}

  /** Is it an English word, as far as the dictionary knows? */
  knows(word: string): boolean {
    const known = this.known.get(word) ?? this.dictionary(word.toLowerCase()).length > 0;
    if (this.known.size >= MAX_REMEMBERED) this.known.clear();
    this.known.set(word, known);
    return known;
  }

  /** How a word may be said, most usual first; never empty for letters and digits. */
  of(word: string): readonly Sounds[] {
    const known = this.remembered.get(word);
    if (known) return known;
    const readings = distinct(this.readings(word));
    if (this.remembered.size >= MAX_REMEMBERED) this.remembered.clear();
    this.remembered.set(word, readings);
    return readings;
  }

  private readings(word: string): Sounds[] {
    const lower = word.toLowerCase();
    if (/^\d+$/.test(lower))
      return [
        this.join(numberToWords(lower)),
        joinSounds([...lower].map((digit) => this.join(numberToWords(digit)))),
      ];
    if (lower.length === 1) return [toSounds(LETTERS.get(lower) ?? '')];
    const said = (SAID.get(lower) ?? []).map(toSounds);
    const listed = this.dictionary(lower).map(toSounds);
    const long = LONG_FORMS.get(lower);
    const readings = [...said, ...listed, ...(long === undefined ? [] : [this.join([long])])];
    const letters = joinSounds([...lower].map((letter) => toSounds(LETTERS.get(letter) ?? '')));
    // Two or three capitals in a row are said one by one, whatever word they happen to spell.
    if (/^[A-Z]{2,4}$/.test(word))
      return readings.length > 0
        ? [...said, letters, ...listed]
        : [letters, spellingToSounds(lower)];
    if (readings.length > 0) return readings;
    const bare = lower.replace(/'s$|s'$|'/g, '');
    if (bare !== lower && bare !== '') return [...this.of(bare)];
    const parts = this.twoWords(lower);
    if (parts) return [this.join(parts)];
    const spelled = spellingToSounds(lower);
    if (!spelled.some(isVowel)) return [letters];
    return lower.length <= MAX_SPELLED ? [spelled, letters] : [spelled];
  }

  private join(words: readonly string[]): Sounds {
    return joinSounds(words.map((word) => this.of(word)[0] ?? new Uint8Array()));
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

function distinct(readings: readonly Sounds[]): Sounds[] {
  const seen = new Set<string>();
  return readings.filter((sounds) => {
    const key = sounds.join(' ');
    if (sounds.length === 0 || seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
