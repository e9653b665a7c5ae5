/**
 * The phonemes of English (ARPAbet, without stress) as small numbers, and the cost of confusing two
 * of them. Costs follow articulation: place, manner and voice of consonants, position of the tongue
 * for vowels.
 */

/** A string of phonemes; each byte is an index into `PHONEMES`. */
export type Phonemes = Uint8Array;

/**
 * Height (0 close … 1 open), backness (0 front … 1 back), and the direction of a diphthong's glide
 * (0 none, −1 front, 1 back).
 */
const VOWELS: Readonly<Record<string, readonly [height: number, backness: number, glide: number]>> =
  {
    IY: [0, 0, 0],
    IH: [0.2, 0.15, 0],
    EY: [0.35, 0.1, -1],
    EH: [0.55, 0.15, 0],
    AE: [0.85, 0.2, 0],
    AH: [0.6, 0.55, 0],
    AA: [1, 0.75, 0],
    AO: [0.7, 0.95, 0],
    OW: [0.4, 0.95, 1],
    UH: [0.2, 0.8, 0],
    UW: [0, 0.9, 0],
    AY: [0.9, 0.5, -1],
    AW: [0.9, 0.6, 1],
    OY: [0.6, 0.95, -1],
  };

/** Place (0 lips … 5 throat), manner, voice. */
const CONSONANTS: Readonly<
  Record<
    string,
    readonly [
      place: number,
      manner: 'stop' | 'fricative' | 'affricate' | 'nasal' | 'liquid' | 'glide',
      voiced: boolean,
    ]
  >
> = {
  P: [0, 'stop', false],
  B: [0, 'stop', true],
  T: [2, 'stop', false],
  D: [2, 'stop', true],
  K: [4, 'stop', false],
  G: [4, 'stop', true],
  F: [0.5, 'fricative', false],
  V: [0.5, 'fricative', true],
  TH: [1.5, 'fricative', false],
  DH: [1.5, 'fricative', true],
  S: [2, 'fricative', false],
  Z: [2, 'fricative', true],
  SH: [3, 'fricative', false],
  ZH: [3, 'fricative', true],
  HH: [5, 'fricative', false],
  CH: [3, 'affricate', false],
  JH: [3, 'affricate', true],
  M: [0, 'nasal', true],
  N: [2, 'nasal', true],
  NG: [4, 'nasal', true],
  L: [2, 'liquid', true],
  R: [3, 'liquid', true],
  W: [0, 'glide', true],
  Y: [3.5, 'glide', true],
};

const PHONEMES: readonly string[] = [...Object.keys(VOWELS), ...Object.keys(CONSONANTS)];

const INDEX = new Map(PHONEMES.map((name, i) => [name, i]));
const VOWEL_COUNT = Object.keys(VOWELS).length;

export function isVowel(phoneme: number): boolean {
  return phoneme < VOWEL_COUNT;
}

/**
 * @param arpabet names with or without stress digits, separated by blanks; ER counts as AH R.
 * Unknown names are skipped.
 */
export function toPhonemes(arpabet: string): Phonemes {
  const found: number[] = [];
  for (const name of arpabet
    .replace(/\d/g, '')
    .replace(/\bER\b/g, 'AH R')
    .split(/\s+/)) {
    const index = INDEX.get(name);
    if (index !== undefined) found.push(index);
  }
  return Uint8Array.from(found);
}

export function joinPhonemes(parts: readonly Phonemes[]): Phonemes {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function vowelCost(a: string, b: string): number {
  const [heightA, backA, glideA] = VOWELS[a] as readonly [number, number, number];
  const [heightB, backB, glideB] = VOWELS[b] as readonly [number, number, number];
  // In fast speech the unstressed vowel replaces any other.
  if (a === 'AH' || b === 'AH') return 0.35;
  return Math.min(
    0.7,
    0.15 + 0.6 * Math.hypot(heightA - heightB, backA - backB) + (glideA === glideB ? 0 : 0.1),
  );
}

function consonantCost(a: string, b: string): number {
  const [placeA, mannerA, voiceA] = CONSONANTS[a] as (typeof CONSONANTS)[string];
  const [placeB, mannerB, voiceB] = CONSONANTS[b] as (typeof CONSONANTS)[string];
  const sonorant = (manner: string): boolean => manner === 'liquid' || manner === 'glide';
  const manner =
    mannerA === mannerB
      ? 0
      : sonorant(mannerA) && sonorant(mannerB)
        ? 0.3
        : sonorant(mannerA) || sonorant(mannerB) || (mannerA === 'nasal') !== (mannerB === 'nasal')
          ? 0.7
          : 0.35;
  return Math.min(
    1,
    0.1 + manner + 0.2 * Math.min(2.5, Math.abs(placeA - placeB)) + (voiceA === voiceB ? 0 : 0.1),
  );
}

const SIZE = PHONEMES.length;

/** Cost of recognising one phoneme as another, 0 for the same; row-major, PHONEMES × PHONEMES. */
const SUBSTITUTION = Float32Array.from({ length: SIZE * SIZE }, (_, i) => {
  const [a, b] = [PHONEMES[Math.floor(i / SIZE)] as string, PHONEMES[i % SIZE] as string];
  if (a === b) return 0;
  if (a in VOWELS && b in VOWELS) return vowelCost(a, b);
  if (a in CONSONANTS && b in CONSONANTS) return consonantCost(a, b);
  // Recognisers often drop an R after a vowel.
  return [a, b].includes('R')
    ? 0.6
    : [a, b].includes('Y') && [a, b].includes('IY')
      ? 0.4
      : [a, b].includes('W') && [a, b].includes('UW')
        ? 0.4
        : 1.2;
});

/** Phonemes that recognisers often add or drop: schwa, R after a vowel, H, T and D in clusters. */
const WEAK: Readonly<Record<string, number>> = {
  AH: 0.35,
  R: 0.35,
  HH: 0.35,
  IH: 0.45,
  Y: 0.45,
  W: 0.45,
  T: 0.5,
  D: 0.5,
  L: 0.6,
  N: 0.6,
};

/** Cost of a phoneme that only one of the two strings has. */
const INDEL = Float32Array.from(PHONEMES, (name) => WEAK[name] ?? 0.75);

/** Costs of recognising `sound` as each other phoneme. */
const SUBSTITUTIONS = Array.from({ length: SIZE }, (_, phoneme) =>
  SUBSTITUTION.subarray(phoneme * SIZE, (phoneme + 1) * SIZE),
);

/** Costs of recognising each phoneme as this one, 0 for the same. */
export function substitutionCosts(phoneme: number): Float32Array {
  return SUBSTITUTIONS[phoneme] as Float32Array;
}

export function indelCost(phoneme: number): number {
  return INDEL[phoneme] as number;
}
