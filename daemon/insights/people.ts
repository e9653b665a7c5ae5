/** Who is who: names in the meeting, labels that stand for several people, whom "you" means. */
import { couldBeName, type IsName } from './language/clauses';
import type { WordToken } from './language/nlp';

/** Labels that name a source, not a person: several people may speak under one. */
const GENERIC = /^(?:others?|unknown|speaker(?: \d+)?|participants?|system|room|guest)$/i;
const TITLES = new Set(['mr', 'mrs', 'ms', 'dr', 'prof', 'mr.', 'mrs.', 'ms.', 'dr.']);

/** True for "Others" and the like, under which anybody may speak. */
export function isGeneric(speaker: string): boolean {
  return GENERIC.test(speaker);
}

/** True for a label that tells a voice apart and is no name. */
export function isNumbered(speaker: string): boolean {
  return /^Speaker \d+$/.test(speaker);
}

/** Names heard or labelled so far. Grows while people speak; `version` counts them. */
export class People {
  /** Lower-case word → how to show the person. */
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

  /** A name that somebody was called by. */
  addMention(token: WordToken): void {
    if (couldBeName(token)) this.add(token.text, token.text);
  }

  /** Names learnt since then, lower case. */
  addedSince(version: number): readonly string[] {
    return version === this.byWord.size ? [] : [...this.byWord.keys()].slice(version);
  }

  /** The person behind a name, as the transcript labels them. */
  show(token: WordToken): string {
    return this.byWord.get(token.norm) ?? token.text;
  }

  private add(word: string, shown: string): void {
    const key = word.toLowerCase();
    if (this.byWord.has(key)) return;
    this.byWord.set(key, shown);
  }
}
