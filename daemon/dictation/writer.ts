/**
 * What a developer means by what was said: symbols spelled as in the code, spoken punctuation and
 * commands carried out, numbers in digits, a capital at the start of a sentence.
 */
import { type Command, type NameStyle, matchAfterLiteral, matchCommand, styled } from './commands';
import { matchNumber } from './numbers';
import type { NamedSymbol, SymbolSpeller } from './respell';
import { endsSentence, lowerFirst, splitWords, upperFirst } from './words';

export interface Dictated {
  readonly text: string;
  /** It begins with a name whose first letter stays as it is. */
  readonly named: boolean;
  /** Phrases before this one that are to be taken back ("scratch that"). */
  readonly takeBack: number;
  /** What was spelled anew: heard → written, in order. */
  readonly spelled: readonly { readonly recognised: string; readonly written: string }[];
}

interface Written {
  readonly kind: 'word' | 'symbol';
  readonly text: string;
  /** What the recogniser wrote before it. */
  readonly gap: string;
}

type Item = Written | { readonly kind: 'command'; readonly command: Command };

/** Spellings of a hundred years ago, which the embedded model has from its audio books. */
const OLD_SPELLINGS: Readonly<Record<string, string>> = {
  'to-day': 'today',
  'to-morrow': 'tomorrow',
  'to-night': 'tonight',
  'good-by': 'goodbye',
  'good-bye': 'goodbye',
};
/** Before `dot` and a word these are a path into an object. */
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
/** A name said with "camel case" goes on to one of these. */
const STYLE_ENDS = new Set(
  'is are was were to in of from with for and or should must can will returns takes equals when if the a an end'.split(
    ' ',
  ),
);

/**
 * @param said what was heard, phrase by phrase: "scratch that" takes back one
 * @param speller of the symbols of the workspace; without one only commands and numbers are written
 * @param opens a sentence begins with it; else its first letter stays as it was heard, for whoever
 * knows what stands before
 */
export function writeDictation(
  said: string | readonly string[],
  speller?: SymbolSpeller,
  opens = true,
): Dictated {
  const phrases = (typeof said === 'string' ? [said] : said).map(modern);
  const list = splitWords(phrases.join(' '));
  const lower = list.words.map((word) => word.toLowerCase());
  const pause = (i: number): boolean =>
    i === 0 || i === list.words.length || /[,.;:!?\n]/.test(list.gaps[i] ?? '');
  const isolated = (from: number, to: number): boolean =>
    pause(from) && pause(to) && (from > 0 || to < lower.length);
  const fixed = protectedWords(lower, isolated);
  const named = speller?.find(list, (i) => fixed.has(i)) ?? [];
  const spelled: { recognised: string; written: string }[] = [];
  const spell = (from: number, to: number, written: string): string => {
    const recognised = list.words.slice(from, to).join(' ');
    if (recognised !== written) spelled.push({ recognised, written });
    return written;
  };
  const items: Item[] = [];
  const starts = phraseStarts(phrases);
  /** Where the items of each phrase so far begin. */
  const marks: number[] = [];
  let takeBack = 0;
  /** What stood before the words that were taken back stands before those that come instead. */
  let gap: string | undefined;
  for (let at = 0; at < lower.length;) {
    while ((starts[0] ?? Infinity) <= at) {
      marks.push(items.length);
      starts.shift();
    }
    const step = next(at);
    at += step.count;
    if (step.item?.kind === 'command' && step.item.command.kind === 'scratch') {
      if (items.length === 0) takeBack++;
      // What was said before it in its own phrase; where that is nothing, the phrase before.
      while (items.length > 0 && marks.at(-1) === items.length) marks.pop();
      const [first] = items.splice(marks.at(-1) ?? 0);
      if (first !== undefined && first.kind !== 'command') gap = first.gap;
    } else if (step.item) {
      items.push(
        gap === undefined || step.item.kind === 'command' ? step.item : { ...step.item, gap },
      );
      gap = undefined;
    }
  }
  return {
    text: render(items, list.gaps.at(-1) ?? '', opens),
    named: items[0]?.kind === 'symbol',
    takeBack,
    spelled,
  };

  function next(at: number): { item?: Item; count: number } {
    const gap = list.gaps[at] ?? '';
    const symbol = named.find(({ from }) => from === at);
    if (symbol)
      return {
        item: { kind: 'symbol', text: spell(at, symbol.to, symbol.name), gap },
        count: symbol.to - at,
      };
    const free = freeEnd(named, at, lower.length);
    const words = lower.slice(0, free);
    const found = matchCommand(words, at, isolated);
    if (found?.command.kind === 'literal') {
      const count = matchAfterLiteral(words, at + 1, isolated) ?? 1;
      return {
        item: { kind: 'word', text: list.words.slice(at + 1, at + 1 + count).join(' '), gap },
        count: count + 1,
      };
    }
    if (found?.command.kind === 'style')
      return name(at + found.count, found.command.style, found.count, gap);
    if (found?.command.kind === 'caps')
      return caps(at + found.count, found.command.caps, found.count, gap);
    if (found) return { item: { kind: 'command', command: found.command }, count: found.count };
    const number = matchNumber(words, at, (i) => /[^\s\-–'’]/u.test(list.gaps[i] ?? ''));
    if (number)
      return {
        item: { kind: 'word', text: number.written ?? asSaid(at, number.count), gap },
        count: number.count,
      };
    const dotted = dot(at, words);
    if (dotted) return dotted;
    return { item: { kind: 'word', text: list.words[at] ?? '', gap }, count: 1 };
  }

  /** Words `at` … with what stands between them. */
  function asSaid(at: number, count: number): string {
    return list.words
      .slice(at, at + count)
      .map((word, i) => (i === 0 ? word : `${list.gaps[at + i] ?? ' '}${word}`))
      .join('');
  }

  /** `… dot x` joins where it is a path into something or an ending of a file. */
  function dot(at: number, words: readonly string[]): { item: Item; count: number } | undefined {
    if (words[at] !== 'dot' || at === 0) return undefined;
    const letters = letterRun(list.words, at + 1);
    const after =
      letters > 1
        ? list.words
            .slice(at + 1, at + 1 + letters)
            .join('')
            .toLowerCase()
        : (lower[at + 1] ?? '');
    const symbolBefore = named.some(({ to }) => to === at);
    if (
      !EXTENSIONS.has(after) &&
      !(symbolBefore && after !== '') &&
      !DOTTED.has(lower[at - 1] ?? '')
    )
      return undefined;
    if (letters > 1)
      return { item: { kind: 'symbol', text: `.${after}`, gap: '' }, count: 1 + letters };
    return {
      item: { kind: 'command', command: { kind: 'mark', text: '.', join: 'both' } },
      count: 1,
    };
  }

  function name(
    from: number,
    style: NameStyle,
    count: number,
    gap: string,
  ): { item: Item; count: number } {
    let to = from;
    while (
      to < lower.length &&
      (to === from ||
        (!pause(to) && !STYLE_ENDS.has(lower[to] ?? '') && !matchCommand(lower, to, isolated)))
    )
      to++;
    const end = lower[to] === 'end' && lower[to + 1] === 'case' ? 2 : 0;
    return {
      item: {
        kind: 'symbol',
        text: spell(from, to, styled(list.words.slice(from, to), style)),
        gap,
      },
      count: count + to - from + end,
    };
  }

  function caps(
    from: number,
    how: 'upper' | 'lower',
    count: number,
    gap: string,
  ): { item?: Item; count: number } {
    const word = list.words[from];
    if (word === undefined) return { count };
    return {
      item: {
        kind: 'symbol',
        text: how === 'upper' ? word.toUpperCase() : word.toLowerCase(),
        gap,
      },
      count: count + 1,
    };
  }
}

/** Number of the first word of each phrase. */
function phraseStarts(phrases: readonly string[]): number[] {
  let words = 0;
  return phrases.map((phrase) => {
    const start = words;
    words += splitWords(phrase).words.length;
    return start;
  });
}

/** Words of names that are spelled by command, and what "literal" protects: no symbols there. */
function protectedWords(
  words: readonly string[],
  isolated: (from: number, to: number) => boolean,
): ReadonlySet<number> {
  const fixed = new Set<number>();
  for (let at = 0; at < words.length; at++) {
    const found = matchCommand(words, at, isolated);
    if (!found) continue;
    let to = at + found.count;
    if (found.command.kind === 'literal') to += matchAfterLiteral(words, to, isolated) ?? 0;
    if (found.command.kind === 'style')
      while (to < words.length && !STYLE_ENDS.has(words[to] ?? '')) to++;
    if (found.command.kind === 'literal' || found.command.kind === 'style')
      for (let i = at; i < to; i++) fixed.add(i);
  }
  return fixed;
}

function freeEnd(named: readonly NamedSymbol[], at: number, length: number): number {
  return named.find(({ from }) => from > at)?.from ?? length;
}

/** Letters said one by one from word `at` on. */
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

/** What the text ends with; after `joined` nothing is put between. */
type Before = 'start' | 'word' | 'symbol' | 'joined' | 'mark';

/**
 * Items to text. What the recogniser wrote between words stays, except beside what is a command.
 */
function render(items: readonly Item[], tail: string, opens: boolean): string {
  let text = '';
  let sentence = opens;
  let before: Before = 'start';
  items.forEach((item, i) => {
    if (item.kind === 'command') {
      const { command } = item;
      if (command.kind === 'line') {
        text = `${text.trimEnd()}${'\n'.repeat(command.count)}`;
        sentence = true;
        before = 'start';
      } else if (command.kind === 'glue') before = 'joined';
      else if (command.kind === 'mark') {
        const touches =
          command.join === 'left' ||
          command.join === 'both' ||
          before === 'start' ||
          before === 'joined' ||
          (command.text === '(' && before === 'symbol');
        text = `${text.replace(/[\s,;:.]+$/u, (end) => (command.join === 'left' || command.join === 'both' ? '' : end.trimEnd()))}${touches ? '' : ' '}${command.text}`;
        // The recogniser writes the mark it was told of as well: "again? question mark".
        if (command.ends) text = text.replace(/([?!.])[?!.]$/u, command.text);
        sentence = command.ends === true;
        before = command.join === 'right' || command.join === 'both' ? 'joined' : 'mark';
      }
      return;
    }
    const previous = items[i - 1];
    // A compound of which a part is a name falls apart.
    if (item.kind === 'symbol' && item.gap === '-')
      text = text.replace(/\S+$/u, (word) => word.replaceAll('-', ' '));
    const gap = gapBefore(item, previous, before);
    const word = cased(
      item,
      previous,
      before,
      sentence || (previous?.kind !== 'command' && endsSentence(gap)),
    );
    text += gap + word;
    sentence = false;
    before = item.kind;
  });
  const end = items.at(-1);
  return end === undefined ? '' : end.kind === 'command' ? text : text + tail.trimEnd();
}

function gapBefore(item: Written, previous: Item | undefined, before: Before): string {
  const gap =
    item.kind === 'symbol' || previous?.kind === 'symbol' ? item.gap.replace(/^-$/, ' ') : item.gap;
  const afterCommand = previous?.kind === 'command';
  if (before === 'joined') return '';
  if (before === 'start') return afterCommand ? '' : gap.replace(/^[\s,.;:!?]+/u, '');
  if (afterCommand) return ' ';
  // The ending of a file's name.
  if (item.kind === 'symbol' && item.text.startsWith('.')) return '';
  if (gap !== '') return gap;
  return before === 'symbol' || item.kind === 'symbol' ? ' ' : '';
}

/** A name stays as it is; the recogniser's capital goes where its sentence was none. */
function cased(
  { kind, text, gap }: Written,
  previous: Item | undefined,
  before: Before,
  opensSentence: boolean,
): string {
  if (kind === 'symbol') return text;
  if (opensSentence) return upperFirst(text);
  if (previous?.kind !== 'command') return text;
  return endsSentence(gap) || (before !== 'mark' && !/^I(?:['’]|$)/u.test(text))
    ? lowerFirst(text)
    : text;
}
