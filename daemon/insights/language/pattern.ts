/**
 * Patterns over words, for the rule tables. A pattern is a line of elements, matched from any word
 * on. Each element is one word that
 *
 *   can|could       is one of these, contractions spelt out (`I'll` is `i will`)
 *   ~decide|agree   has one of these lemmas
 *   @VERB|AUX       has one of these parts of speech
 *   @BASE           is a verb in its base form
 *   #name           is somebody's name; captured
 *   #due            begins a time phrase (the whole phrase is taken)
 *   .               is any word
 *   !not|never      is none of these (looks ahead, takes nothing; `!@PRON`, `!~be`, `!#due` too)
 *   &while          is one of these (looks ahead, takes nothing)
 *   ^               is the first one of the clause, openers like "okay, so" left out
 *   $               ends the clause
 *   {task}          the rest of the clause, one word at least; captured
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
  /** Words of `{task}`: from, to. */
  readonly task?: readonly [number, number];
  /** Index of the `#name`. */
  readonly name?: number;
}

export interface Pattern {
  readonly source: string;
  /** One of these words or lemmas stands in every match; undefined where no element names words. */
  readonly needs: readonly string[] | undefined;
  /** First match whose start is the smallest. */
  match(context: PatternContext): PatternMatch | undefined;
}

type Test = (context: PatternContext, at: number) => number | undefined;

interface Element {
  readonly kind: 'one' | 'optional' | 'many' | 'not' | 'ahead' | 'start' | 'end' | 'task' | 'name';
  readonly test: Test;
  /** The words or lemmas that it takes, where it names them. */
  readonly words?: readonly string[] | undefined;
}

const MANY = 4;
const NEGATING = new Set(['not', 'never', 'hardly', 'no']);

/** @throws Error for a pattern that is not well formed: a mistake in a rule table */
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

/** Words and lemmas of a clause, to pass over the patterns that cannot match. */
export function vocabulary(words: readonly WordToken[]): ReadonlySet<string> {
  return new Set(words.flatMap(({ norm, lemma }) => [norm, lemma]));
}

/** Quick and never wrongly false. */
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
  // A negating adverb changes the meaning and is never passed over as one adverb among others.
  if (source === '@BASE') return one((word) => word.pos === 'VERB' && word.norm === word.lemma);
  if (sigil === '@') return one((word) => names.has(word.pos) && !NEGATING.has(word.norm));
  return one((word) => names.has(word.norm));
}
