/** The people of a meeting: names, labels that stand for several people, and numbered labels. */
import { couldBeName, type IsName } from '../language/clauses';
import type { WordToken } from '../language/nlp';

/** Labels that name a source, not a person. Several people may speak under one label. */
const GENERIC = /^(?:others?|unknown|speaker(?: \d+)?|participants?|system|room|guest)$/i;
const TITLES = new Set(['mr', 'mrs', 'ms', 'dr', 'prof', 'mr.', 'mrs.', 'ms.', 'dr.']);

/** True for "Others" and similar labels, which stand for several people. */
export function isGeneric(speaker: string): boolean {
  return GENERIC.test(speaker);
}

/** True for a numbered label, which separates a voice but is not a name. */
export function isNumbered(speaker: string): boolean {
  return /^Speaker \d+$/.test(speaker);
}

/**
 * Names from labels and from speech. The set grows while people speak, and `version` is its size.
 */
export class People {
  /** Lower-case word → display name of the person. */
  private readonly byWord = new Map<string, string>();
  private readonly labels = new Set<string>();
  get version(): number {
    return this.byWord.size;
  }

  readonly isName: IsName = (token) => this.byWord.has(token.norm);

  /** @param word lower case */
  knows(word: string): boolean {
    return this.byWord.has(word);
  }

  addSpeaker(label: string): void {
    if (this.labels.has(label)) return;
    this.labels.add(label);
    if (isGeneric(label) || /^you$/i.test(label)) return;
    const words = label.split(/\s+/).filter((word) => !TITLES.has(word.toLowerCase()));
    for (const word of words) if (/^\p{L}{2,}$/u.test(word)) this.add(word, label);
  }

  /** Adds a name by which somebody was called. */
  addMention(token: WordToken): void {
    if (couldBeName(token)) this.add(token.text, token.text);
  }

  /** Names added since then, lower case. */
  addedSince(version: number): readonly string[] {
    return version === this.byWord.size ? [] : [...this.byWord.keys()].slice(version);
  }

  /** The person's label in the transcript, or the name itself. */
  show(token: WordToken): string {
    return this.byWord.get(token.norm) ?? token.text;
  }

  private add(word: string, shown: string): void {
    const key = word.toLowerCase();
    if (this.byWord.has(key)) return;
    this.byWord.set(key, shown);
  }
}
