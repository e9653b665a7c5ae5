export interface UserString {
  file: string;
  /** From 1. */
  line: number;
  /** A computed part reads `{}`. */
  text: string;
}
export function userStringsOf(file: string, source: string): UserString[];
export function userStrings(): UserString[];
export function longSentences(text: string, most: number): string[];
