/**
 * The items of a dictation as text. The recogniser's text between words stays, except beside a
 * command; dictated marks always stay.
 */
import { endsWithAbbreviation } from '../../protocol/abbreviations';
import type { Command } from './commands';
import { endsSentence, lowerFirst, upperFirst } from '../transcript/words';

interface Written {
  readonly kind: 'word' | 'symbol';
  readonly text: string;
  /** The recogniser's gap before it. */
  readonly gap: string;
}

export type Item =
  Written | { readonly kind: 'command'; readonly command: Command; readonly gap: string };

type Given = Extract<Item, { kind: 'command' }>;
/** The end of the text so far; `joined` takes no blank after it. */
type Before = 'start' | 'word' | 'symbol' | 'joined' | 'mark';

/**
 * @param opens a sentence begins with the first item
 * @param code code has no sentences, so no word gets a capital
 */
export function render(
  items: readonly Item[],
  tail: string,
  { opens, code }: { readonly opens: boolean; readonly code: boolean },
): string {
  const text = new Text(opens, code);
  items.forEach((item, i) => {
    if (item.kind === 'command') text.command(item, isCall(item, items[i + 1]));
    else text.word(item, items[i - 1]);
  });
  const end = items.at(-1);
  return end === undefined ? '' : end.kind === 'command' ? text.value : text.value + tail.trimEnd();
}

/** An opened bracket that is closed at once belongs to a call: "call foo()". */
const isCall = ({ command }: Given, next: Item | undefined): boolean =>
  command.kind === 'mark' &&
  command.text === '(' &&
  next?.kind === 'command' &&
  next.command.kind === 'mark' &&
  next.command.text === ')';

/** Characters at the end that a later item may read. No abbreviation or compound is longer. */
const END_CHARS = 400;

/** A growing text: its end and the number of its quotes are read without the rest. */
class Grown {
  private readonly done: string[] = [];
  end = '';
  /** Everything that was added, and how much of it was searched for a mark. */
  private readonly added: string[] = [];
  private readonly counts = new Map<string, { count: number; searched: number }>();

  get value(): string {
    return this.done.join('') + this.end;
  }

  add(text: string): void {
    this.added.push(text);
    this.end += text;
    if (this.end.length <= 2 * END_CHARS) return;
    this.done.push(this.end.slice(0, -END_CHARS));
    this.end = this.end.slice(-END_CHARS);
  }

  trimBlanks(): void {
    for (;;) {
      this.end = this.end.replace(/(?<! ) +$/u, '');
      if (this.end !== '' || this.done.length === 0) return;
      this.end = this.done.pop() ?? '';
    }
  }

  /** How often a mark of one character was added. */
  count(mark: string): number {
    const known = this.counts.get(mark) ?? { count: 0, searched: 0 };
    this.counts.set(mark, known);
    for (; known.searched < this.added.length; known.searched++)
      known.count += (this.added[known.searched] ?? '').split(mark).length - 1;
    return known.count;
  }
}

class Text {
  private readonly grown = new Grown();
  private before: Before = 'start';

  constructor(
    private sentence: boolean,
    private readonly code: boolean,
  ) {}

  get value(): string {
    return this.grown.value;
  }

  command({ command, gap }: Given, call: boolean): void {
    if (command.kind === 'line') {
      this.grown.trimBlanks();
      this.grown.add(`${this.keptEnd(gap, /(?<![.?!…])[.?!…]+/u)}${'\n'.repeat(command.count)}`);
      this.sentence = true;
      this.before = 'start';
    } else if (command.kind === 'glue') this.before = 'joined';
    else if (command.kind === 'mark') this.mark(command, gap, call);
  }

  word(item: Written, previous: Item | undefined): void {
    // A compound with a name in it is written as separate words.
    if (item.kind === 'symbol' && item.gap === '-')
      this.grown.end = this.grown.end.replace(/(?<!\S)\S+$/u, (word) => word.replaceAll('-', ' '));
    const gap = this.gapBefore(item, previous);
    const opens =
      !this.code &&
      (this.sentence ||
        (previous?.kind !== 'command' &&
          endsSentence(gap) &&
          !endsWithAbbreviation(this.grown.end + gap, item.text)));
    this.grown.add(gap + (/[#@$~]$/u.test(gap) ? item.text : this.cased(item, previous, opens)));
    this.sentence = false;
    this.before = item.kind;
  }

  private mark(
    { text, join, ends }: Extract<Command, { kind: 'mark' }>,
    gap: string,
    call: boolean,
  ): void {
    const side = join === 'toggle' ? this.toggled(text) : join;
    const punctuation = /^[,.;:?!…]$/u.test(text);
    // The recogniser's "?" stays before a bracket or a quote; a dictated mark takes its place.
    if (!punctuation && side !== 'both') this.grown.add(this.keptEnd(gap, /(?<![?!])[?!]+/u));
    const touches =
      call ||
      side === 'left' ||
      side === 'both' ||
      this.before === 'start' ||
      this.before === 'joined' ||
      (text === '(' && this.before === 'symbol');
    this.grown.add(`${touches ? '' : ' '}${text}`);
    this.sentence = ends === true;
    this.before = side === 'right' || side === 'both' ? 'joined' : 'mark';
  }

  /** Opening at an even count so far, else closing. */
  private toggled(text: string): 'left' | 'right' {
    return this.grown.count(text) % 2 === 0 ? 'right' : 'left';
  }

  /** The recogniser's end of a sentence before a command. */
  private keptEnd(gap: string, marks: RegExp): string {
    const spoken = this.before === 'word' || this.before === 'symbol';
    return spoken ? (marks.exec(gap)?.[0] ?? '') : '';
  }

  private gapBefore(item: Written, previous: Item | undefined): string {
    const { before } = this;
    const gap =
      item.kind === 'symbol' || previous?.kind === 'symbol'
        ? item.gap.replace(/^-$/, ' ')
        : item.gap;
    const afterCommand = previous?.kind === 'command';
    const sign = afterCommand ? this.signBefore(item) : '';
    if (before === 'joined') return sign;
    if (before === 'start') return afterCommand ? sign : gap.replace(/^[\s,.;:!?]+/u, '');
    if (afterCommand) return ` ${sign}`;
    // The extension of a file name.
    if (item.kind === 'symbol' && item.text.startsWith('.')) return '';
    if (gap !== '') return gap;
    return before === 'symbol' || item.kind === 'symbol' ? ' ' : '';
  }

  /** A sign of the recogniser's that belongs to the word: "#12", "@anna", "$home". */
  private signBefore({ gap }: Written): string {
    const sign = /[#@$~]$/u.exec(gap)?.[0] ?? '';
    return this.grown.end.endsWith(sign) ? '' : sign;
  }

  /** A name keeps its case. The recogniser's capital is lowered where no sentence begins. */
  private cased({ kind, text, gap }: Written, previous: Item | undefined, opens: boolean): string {
    if (kind === 'symbol') return text;
    if (opens) return upperFirst(text);
    if (previous?.kind !== 'command' || keepsCapital(text)) return text;
    return endsSentence(gap) || this.before !== 'mark' ? lowerFirst(text) : text;
  }
}

/** "I", weekdays and months are always capitalised. */
const keepsCapital = (text: string): boolean =>
  /^(?:I(?:['’]\p{L}+)?|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|February|March|April|May|June|July|August|September|October|November|December)$/u.test(
    text,
  );
