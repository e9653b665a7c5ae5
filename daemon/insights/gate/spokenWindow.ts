/** A window of the transcript with its words, read once for all the texts that are checked. */
import type { Window } from '../write/parts';
import { contentStems, numbersOf, stemOf, wordsOf } from './words';

export class SpokenWindow {
  readonly lines: readonly string[];
  /** Names of the speakers, each once; a text may use them. */
  readonly speakers: readonly string[];
  /** Stems of the content words, of speakers too. */
  readonly content: ReadonlySet<string>;
  /** Stems of all words, of speakers too. */
  readonly stems: ReadonlySet<string>;
  /** Spoken numbers as digits. */
  readonly numbers: ReadonlySet<string>;

  constructor(readonly segments: Window) {
    this.lines = segments.map(({ text }) => text);
    this.speakers = [...new Set(segments.map(({ speaker }) => speaker))];
    const meeting = this.lines.join('\n');
    const all = `${meeting} ${this.speakers.join(' ')}`;
    this.content = contentStems(all);
    this.stems = new Set(wordsOf(all).map(stemOf));
    this.numbers = numbersOf(meeting);
  }

  /** Lines from `before` lines ahead of a quoted one to `after` lines behind it. */
  near(quoted: readonly number[], before: number, after: number): string[] {
    return this.lines.filter((_, at) =>
      quoted.some((line) => at >= line - before && at <= line + after),
    );
  }
}
