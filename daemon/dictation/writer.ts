/**
 * Writes recognised speech as a developer means it: symbols spelled as in the code, spoken
 * punctuation and commands carried out, numbers in digits, a capital at the start of a sentence.
 */
import { matchAfterLiteral, matchCommand, type NameStyle, styled } from './commands';
import type { SpokenContext } from './commandPlace';
import { type SpokenPhrase, silentWords } from './spokenSilences';
import { matchNumber } from '../transcript/numbers';
import type { NamedSymbol, SymbolSpeller } from './respell';
import { type Item, render } from './writtenText';
import { splitWords, upperFirst, type WordList } from '../transcript/words';

export interface Dictated {
  readonly text: string;
  /** The text begins with a name, whose first letter stays. */
  readonly named: boolean;
  /** Number of earlier phrases to remove ("scratch that"). */
  readonly takeBack: number;
  /** Respelled words in order, recognised → written. */
  readonly spelled: readonly { readonly recognised: string; readonly written: string }[];
}

/** Old spellings that the embedded model has learned from audio books. */
const OLD_SPELLINGS: Readonly<Record<string, string>> = {
  'to-day': 'today',
  'to-morrow': 'tomorrow',
  'to-night': 'tonight',
  'good-by': 'goodbye',
  'good-bye': 'goodbye',
};
/** After these, `dot` and a word are a path into an object. */
const DOTTED = new Set(
  'this self process console module window document math json object array promise node package example std os sys np pd response request req res error event config app'.split(
    ' ',
  ),
);
const EXTENSIONS = new Set(
  'ts tsx js jsx mjs cjs py rb go rs java kt swift c h cpp cs php html css scss json yaml yml toml md txt sh sql xml csv svg png lock env com org io dev net'.split(
    ' ',
  ),
);
/** A name after "camel case" ends before one of these. */
const STYLE_ENDS = new Set(
  'is are was were to in of from with for and or should must can will returns takes equals when if the a an end'.split(
    ' ',
  ),
);

/**
 * @param said recognised text, phrase by phrase: "scratch that" removes one
 * @param speller of the symbols of the workspace; without one only commands and numbers are written
 * @param opens a sentence begins with it; else its first letter stays as recognised, for the caller
 * that knows the text before it
 * @param code the target is code, where command words are rarely meant as words
 */
export function writeDictation(
  said: string | readonly (string | SpokenPhrase)[],
  speller?: SymbolSpeller,
  opens = true,
  code = false,
): Dictated {
  const phrases = (typeof said === 'string' ? [said] : said)
    .map((one) => (typeof one === 'string' ? { text: one, silences: [] } : one))
    .map(({ text, silences }) => ({ text: modern(text), silences }));
  return new Writer(phrases, speller, code).write(opens);
}

const COMMAND_WORD = '';

interface Step {
  readonly item?: Item;
  /** Number of words taken. */
  readonly count: number;
}

/** The items so far, from which "scratch that" removes a phrase. */
class Taken {
  readonly items: Item[] = [];
  /** Number of earlier phrases to remove. */
  takeBack = 0;
  /** Index of each phrase's first item. */
  private readonly marks: number[] = [];
  /** The gap before removed words stands before those that replace them. */
  private gap: string | undefined;

  phrase(): void {
    this.marks.push(this.items.length);
  }

  take(item: Item): void {
    if (item.kind === 'command' && item.command.kind === 'scratch') return this.scratch();
    this.items.push(
      this.gap === undefined || item.kind === 'command' ? item : { ...item, gap: this.gap },
    );
    this.gap = undefined;
  }

  private scratch(): void {
    const { items, marks } = this;
    if (items.length === 0) this.takeBack++;
    // Removes the words before it in its own phrase; where there are none, the phrase before.
    while (items.length > 0 && marks.at(-1) === items.length) marks.pop();
    const [first] = items.splice(marks.at(-1) ?? 0);
    if (first !== undefined && first.kind !== 'command') this.gap = first.gap;
  }
}

class Writer {
  private readonly list: WordList;
  private readonly lower: readonly string[];
  /** `lower`, without the words of commands that were carried out. */
  private readonly unread: string[];
  private readonly starts: readonly number[];
  private readonly silences: ReadonlySet<number>;
  private readonly context: SpokenContext;
  private readonly named: ReadonlyMap<number, NamedSymbol>;
  /** Words in front of which a name begins or has ended, ascending and as a set. */
  private readonly nameStarts: readonly number[];
  private readonly nameEnds: ReadonlySet<number>;
  /** Number of names that begin up to the word that is read. */
  private begun = 0;
  /** `unread` up to the next name. A copy for each word would cost the square of the text. */
  private free: string[];
  private readonly spelled: { recognised: string; written: string }[] = [];

  constructor(
    phrases: readonly SpokenPhrase[],
    speller: SymbolSpeller | undefined,
    private readonly code: boolean,
  ) {
    this.list = splitWords(phrases.map(({ text }) => text).join(' '));
    this.lower = this.list.words.map((word) => word.toLowerCase());
    this.unread = [...this.lower];
    this.starts = phraseStarts(phrases);
    this.silences = silentWords(phrases, this.starts);
    this.context = this.contextOf(this.lower);
    const fixed = protectedWords(this.context);
    const named = speller?.find(this.list, (i) => fixed.has(i)) ?? [];
    this.named = new Map(named.map((one) => [one.from, one]));
    this.nameStarts = named.map(({ from }) => from);
    this.nameEnds = new Set(named.map(({ to }) => to));
    this.free = this.unread;
  }

  write(opens: boolean): Dictated {
    const said = new Taken();
    const starts = [...this.starts];
    for (let at = 0; at < this.lower.length;) {
      while ((starts[0] ?? Infinity) <= at) {
        said.phrase();
        starts.shift();
      }
      const { item, count } = this.next(at);
      at += count;
      if (item) said.take(item);
    }
    return {
      text: render(said.items, this.list.gaps.at(-1) ?? '', { opens, code: this.code }),
      named: said.items[0]?.kind === 'symbol',
      takeBack: said.takeBack,
      spelled: this.spelled,
    };
  }

  private contextOf(words: readonly string[]): SpokenContext {
    const starts = new Set(this.starts);
    return {
      words,
      code: this.code,
      silence: (i) => i === 0 || i === this.lower.length || this.silences.has(i),
      pause: (i) =>
        i === 0 ||
        i === this.lower.length ||
        starts.has(i) ||
        this.unread[i - 1] === COMMAND_WORD ||
        /[,.;:!?\n]/.test(this.list.gaps[i] ?? ''),
    };
  }

  private spell(from: number, to: number, written: string): string {
    const recognised = this.list.words.slice(from, to).join(' ');
    if (recognised !== written) this.spelled.push({ recognised, written });
    return written;
  }

  private next(at: number): Step {
    const gap = this.list.gaps[at] ?? '';
    const symbol = this.named.get(at);
    if (symbol)
      return {
        item: { kind: 'symbol', text: this.spell(at, symbol.to, symbol.name), gap },
        count: symbol.to - at,
      };
    const words = this.freeWords(at);
    const command = this.command(at, { ...this.context, words });
    if (command) {
      if (command.item?.kind === 'command')
        for (const some of new Set([this.unread, this.free]))
          some.fill(COMMAND_WORD, at, at + command.count);
      return command;
    }
    const counted = this.isHash(at - 1) ? words.with(at - 1, 'number') : words;
    const number = matchNumber(counted, at, (i) => /[^\s\-–]/u.test(this.list.gaps[i] ?? ''));
    if (number)
      return {
        item: { kind: 'word', text: number.written ?? this.asSaid(at, number.count), gap },
        count: number.count,
      };
    return this.dot(at, words) ?? this.word(at, 1);
  }

  /** The words up to the next name after word `at`. */
  private freeWords(at: number): readonly string[] {
    while ((this.nameStarts[this.begun] ?? Infinity) <= at) this.begun++;
    const end = this.nameStarts[this.begun] ?? this.unread.length;
    if (this.free.length !== end)
      this.free = end === this.unread.length ? this.unread : this.unread.slice(0, end);
    return this.free;
  }

  private word(at: number, count: number, gap = this.list.gaps[at] ?? ''): Step {
    return { item: { kind: 'word', text: this.asSaid(at, count), gap }, count };
  }

  private command(at: number, context: SpokenContext): Step | undefined {
    const gap = this.list.gaps[at] ?? '';
    const found = matchCommand(at, context);
    if (!found) return undefined;
    const { command, count } = found;
    if (command === undefined) return this.word(at, count);
    const behind = at + count;
    switch (command.kind) {
      case 'literal': {
        const kept = this.word(behind, matchAfterLiteral(behind, context) ?? 1, gap);
        return { ...kept, count: count + kept.count };
      }
      case 'style':
        return this.name(behind, command.style, count, gap);
      case 'caps':
        return this.caps(behind, command.caps, count, gap);
      default: {
        const shown = command.kind === 'mark' ? this.fitted(command, at, behind, context) : command;
        return { item: { kind: 'command', command: shown, gap }, count };
      }
    }
  }

  /** Words from `at` on with the gaps between them. */
  private asSaid(at: number, count: number): string {
    return this.list.words
      .slice(at, at + count)
      .map((word, i) => (i === 0 ? word : `${this.list.gaps[at + i] ?? ' '}${word}`))
      .join('');
  }

  /** `… dot x` joins in a path or before the extension of a file. */
  private dot(at: number, words: readonly string[]): Step | undefined {
    if (words[at] !== 'dot' || at === 0) return undefined;
    const letters = letterRun(this.list.words, at + 1);
    const after =
      letters > 1
        ? this.list.words
            .slice(at + 1, at + 1 + letters)
            .join('')
            .toLowerCase()
        : (this.lower[at + 1] ?? '');
    if (!this.joinsDot(at, after)) return undefined;
    if (letters > 1)
      return { item: { kind: 'symbol', text: `.${after}`, gap: '' }, count: 1 + letters };
    return {
      item: { kind: 'command', command: { kind: 'mark', text: '.', join: 'both' }, gap: '' },
      count: 1,
    };
  }

  /** "hash sign seven" is the number of an issue. */
  private isHash(i: number): boolean {
    const { lower, unread } = this;
    if (unread[i] !== COMMAND_WORD) return false;
    return lower[i] === 'hashtag' || (lower[i] === 'sign' && lower[i - 1] === 'hash');
  }

  /** Does the dot before `after` belong to a name, a path, a file name or code? */
  private joinsDot(at: number, after: string): boolean {
    const before = this.lower[at - 1] ?? '';
    if (after === '') return DOTTED.has(before);
    // A hidden file in a path: "tilde slash dot config".
    const inPath = this.unread[at - 1] === COMMAND_WORD && /slash$/.test(before);
    return (
      this.code || inPath || EXTENSIONS.has(after) || DOTTED.has(before) || this.nameEnds.has(at)
    );
  }

  private fitted(mark: Mark, at: number, to: number, context: SpokenContext): Mark {
    return !this.code && this.isBullet(at, to)
      ? { ...mark, join: 'none' }
      : fitted(mark, at, to, context);
  }

  /** "dash" that begins a line is the mark of a list item; "dash m" is an option. */
  private isBullet(at: number, to: number): boolean {
    const { lower } = this;
    const opensLine = (i: number): boolean =>
      lower[i - 1] === 'newline' ||
      (lower[i - 2] === 'new' && /^(?:line|paragraph)$/.test(lower[i - 1] ?? ''));
    const item = lower[to] ?? '';
    if (lower[at] !== 'dash' || to - at > 1 || item === '') return false;
    if (item.length === 1 && !(/[ai]/.test(item) && to + 1 < lower.length)) return false;
    if (matchCommand(to, this.context)?.command) return false;
    return (
      opensLine(at) ||
      (at === 0 && lower.some((word, i) => i > 0 && word === 'dash' && opensLine(i)))
    );
  }

  private name(from: number, style: NameStyle, count: number, gap: string): Step {
    const { lower } = this;
    const goesOn = (i: number): boolean =>
      !this.context.pause(i) &&
      !STYLE_ENDS.has(lower[i] ?? '') &&
      !matchCommand(i, this.context)?.command;
    let to = from;
    while (to < lower.length && (to === from || goesOn(to))) to++;
    const end = lower[to] === 'end' && lower[to + 1] === 'case' ? 2 : 0;
    const text = this.spell(from, to, styled(this.list.words.slice(from, to), style));
    return { item: { kind: 'symbol', text, gap }, count: count + to - from + end };
  }

  private caps(from: number, how: 'upper' | 'lower', count: number, gap: string): Step {
    const word = this.list.words[from];
    if (word === undefined) return { count };
    const text = how === 'upper' ? word.toUpperCase() : word.toLowerCase();
    return { item: { kind: 'symbol', text, gap }, count: count + 1 };
  }
}

type Mark = Extract<Item, { kind: 'command' }>['command'] & { readonly kind: 'mark' };

/** A path begins here: "cd slash etc", "in slash tmp". */
const PATH_OPENERS = new Set(
  'cd ls cat open rm cp mv mkdir in to from at under into path route endpoint get post put delete patch of'.split(
    ' ',
  ),
);

/** The word after "dash" and "slash" decides the side on which they touch. */
function fitted(mark: Mark, at: number, to: number, { words, pause }: SpokenContext): Mark {
  const [before, after] = [words[at - 1] ?? '', words[to] ?? ''];
  if (mark.text === '/' && !pause(at) && PATH_OPENERS.has(before))
    return { ...mark, join: 'right' };
  // An address: "anna at sign example dot com".
  if (mark.text === '@' && at > 0 && words[to + 1] === 'dot' && EXTENSIONS.has(words[to + 2] ?? ''))
    return { ...mark, join: 'both' };
  // An option of one letter: "commit dash m"; "a dash b" joins.
  if (mark.text === '-' && words[at] === 'dash' && after.length === 1 && before.length > 1)
    return { ...mark, join: 'right' };
  return mark;
}

/** Number of the first word of each phrase. */
function phraseStarts(phrases: readonly SpokenPhrase[]): number[] {
  let words = 0;
  return phrases.map(({ text }) => {
    const start = words;
    words += splitWords(text).words.length;
    return start;
  });
}

/** Words of names that a command spells, and words that "literal" protects: no symbols there. */
function protectedWords(context: SpokenContext): ReadonlySet<number> {
  const { words } = context;
  const fixed = new Set<number>();
  /** Where the last name ended: a later one in it ends there too. */
  let ended = 0;
  let done = 0;
  for (let at = 0; at < words.length; at++) {
    const found = matchCommand(at, context);
    if (!found?.command) continue;
    let to = at + found.count;
    if (found.command.kind === 'literal') to += matchAfterLiteral(to, context) ?? 0;
    if (found.command.kind === 'style') {
      to = Math.max(to, ended);
      while (to < words.length && !STYLE_ENDS.has(words[to] ?? '')) to++;
      ended = to;
    }
    if (found.command.kind === 'literal' || found.command.kind === 'style')
      for (let i = Math.max(at, done); i < to; i++) fixed.add(i);
    done = Math.max(done, fixed.has(at) ? to : 0);
  }
  return fixed;
}

/** Spelled letters from word `at` on. */
function letterRun(words: readonly string[], at: number): number {
  let count = 0;
  while (/^\p{L}$/u.test(words[at + count] ?? '')) count++;
  return count;
}

function modern(text: string): string {
  return text.replace(/\b\p{L}+-\p{L}+\b/gu, (word) => {
    const now = OLD_SPELLINGS[word.toLowerCase()];
    return now === undefined ? word : /^\p{Lu}/u.test(word) ? upperFirst(now) : now;
  });
}
