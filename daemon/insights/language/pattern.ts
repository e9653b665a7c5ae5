/**
 * Patterns over words, for the rule tables. A pattern is a line of elements, and a match may start
 * at any word. Each element is one of:
 *
 *   can|could       one of these words, contractions spelt out (`I'll` is `i will`)
 *   ~decide|agree   a word with one of these lemmas
 *   @VERB|AUX       a word with one of these parts of speech
 *   @BASE           a verb in its base form
 *   #name           a person's name; captured
 *   #due            the start of a time phrase (the whole phrase is taken)
 *   .               any word
 *   !not|never      none of these (looks ahead, takes nothing; `!@PRON`, `!~be`, `!#due` too)
 *   &while          one of these (looks ahead, takes nothing)
 *   ^               the first word of the clause, after openers like "okay, so"
 *   $               the end of the clause
 *   {task}          the rest of the clause, at least one word; captured
 *
 * `x?` is optional and `x*` stands for up to four.
 */
import type { WordToken } from './nlp';

export interface PatternContext {
  readonly words: readonly WordToken[];
  /** Index of the first word after the openers. */
  readonly core: number;
  isName(word: WordToken): boolean;
  /** Index after the time phrase that begins at `index`. */
  dueEnd(index: number): number | undefined;
}

export interface PatternMatch {
  readonly start: number;
  readonly end: number;
  /** Range of the words of `{task}`; `to` is exclusive. */
  readonly task?: readonly [number, number];
  /** Index of the `#name`. */
  readonly name?: number;
}

export interface Pattern {
  readonly source: string;
  /** Every match contains one of these words or lemmas; undefined if no element names words. */
  readonly needs: readonly string[] | undefined;
  /** The first match with the smallest start. */
  match(context: PatternContext): PatternMatch | undefined;
}

type Test = (context: PatternContext, at: number) => number | undefined;

interface Element {
  readonly kind: 'one' | 'optional' | 'many' | 'not' | 'ahead' | 'start' | 'end' | 'task' | 'name';
  readonly test: Test;
  /** Words or lemmas of the element, if it names any. */
  readonly words?: readonly string[] | undefined;
}

const MANY = 4;
const NEGATING = new Set(['not', 'never', 'hardly', 'no']);

/** @throws Error for a malformed pattern, which is a mistake in a rule table */
export function compilePattern(source: string): Pattern {
  const elements = source.trim().split(/\s+/).map(compileElement);
  const anchored = elements[0]?.kind === 'start';
  const named = elements
    .filter(({ kind, words }) => kind === 'one' && words !== undefined)
    .map(({ words }) => words ?? []);
  return {
    source,
    needs: named.sort((a, b) => a.length - b.length)[0],
    match(context) {
      const last = anchored ? context.core : context.words.length - 1;
      for (let start = anchored ? context.core : 0; start <= last; start++) {
        const found = run(elements, 0, context, start, start, {});
        if (found) return found;
      }
      return undefined;
    },
  };
}

/** Words and lemmas of a clause, used to skip patterns that cannot match. */
export function vocabulary(words: readonly WordToken[]): ReadonlySet<string> {
  return new Set(words.flatMap(({ norm, lemma }) => [norm, lemma]));
}

/** A fast test. False means that the pattern cannot match. */
export function mayMatch(pattern: Pattern, words: ReadonlySet<string>): boolean {
  return pattern.needs === undefined || pattern.needs.some((word) => words.has(word));
}

type Captures = { readonly task?: readonly [number, number]; readonly name?: number };

function run(
  elements: readonly Element[],
  index: number,
  context: PatternContext,
  start: number,
  at: number,
  captures: Captures,
): PatternMatch | undefined {
  const element = elements[index];
  if (!element) return { start, end: at, ...captures };
  const next = (to: number, more: Captures = captures) =>
    run(elements, index + 1, context, start, to, more);
  switch (element.kind) {
    case 'start':
      return at === context.core ? next(at) : undefined;
    case 'end':
      return at >= context.words.length ? next(at) : undefined;
    case 'task':
      return at < context.words.length
        ? next(context.words.length, { ...captures, task: [at, context.words.length] })
        : undefined;
    case 'not':
      return element.test(context, at) === undefined ? next(at) : undefined;
    case 'ahead':
      return element.test(context, at) === undefined ? undefined : next(at);
    case 'one':
    case 'name': {
      const to = element.test(context, at);
      return to === undefined
        ? undefined
        : next(to, element.kind === 'name' ? { ...captures, name: at } : captures);
    }
    case 'optional': {
      const to = element.test(context, at);
      return (to === undefined ? undefined : next(to)) ?? next(at);
    }
    case 'many': {
      const stops = [at];
      for (let count = 0, to: number | undefined = at; count < MANY; count++) {
        to = element.test(context, to);
        if (to === undefined) break;
        stops.push(to);
      }
      for (const stop of stops.reverse()) {
        const found = next(stop);
        if (found) return found;
      }
      return undefined;
    }
  }
}

function compileElement(source: string): Element {
  if (source === '^') return { kind: 'start', test: () => undefined };
  if (source === '$') return { kind: 'end', test: () => undefined };
  if (source === '{task}') return { kind: 'task', test: () => undefined };
  if (source.startsWith('!')) return { kind: 'not', test: wordTest(source.slice(1)) };
  if (source.startsWith('&')) return { kind: 'ahead', test: wordTest(source.slice(1)) };
  if (source === '#name') return { kind: 'name', test: wordTest(source) };
  if (source.length > 1 && source.endsWith('?'))
    return { kind: 'optional', test: wordTest(source.slice(0, -1)) };
  if (source.length > 1 && source.endsWith('*'))
    return { kind: 'many', test: wordTest(source.slice(0, -1)) };
  return {
    kind: 'one',
    test: wordTest(source),
    words: /^[@.#]/.test(source) ? undefined : source.replace(/^~/, '').split('|'),
  };
}

function wordTest(source: string): Test {
  const one =
    (accepts: (word: WordToken, context: PatternContext) => boolean): Test =>
    (context, at) => {
      const word = context.words[at];
      return word && accepts(word, context) ? at + 1 : undefined;
    };
  if (source === '.') return one(() => true);
  if (source === '#name') return one((word, context) => context.isName(word));
  if (source === '#due') return (context, at) => context.dueEnd(at);
  const sigil = /^[~@]/.test(source) ? source[0] : '';
  const names = new Set(source.slice(sigil ? 1 : 0).split('|'));
  if (names.size === 0 || names.has('') || /[{}()#^$!]/.test(source))
    throw new Error(`The pattern element "${source}" is not well formed.`);
  if (sigil === '~') return one((word) => names.has(word.lemma));
  // Negating adverbs change the meaning, so a part-of-speech element never matches them.
  if (source === '@BASE') return one((word) => word.pos === 'VERB' && word.norm === word.lemma);
  if (sigil === '@') return one((word) => names.has(word.pos) && !NEGATING.has(word.norm));
  return one((word) => names.has(word.norm));
}
