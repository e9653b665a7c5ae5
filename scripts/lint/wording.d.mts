export interface Avoided {
  pattern: RegExp;
  instead: string;
}
export const BANNED_WORDS: readonly Avoided[];
export const BANNED_OPENINGS: readonly Avoided[];
export function badWording(text: string): { line: number; word: string; instead: string }[];
