/** The words around a command word, and what they are to it: object, compound, part of a path. */
import type { SpokenCommand } from '../../protocol/dictationCommands';
import {
  ADVERB_AFTER,
  AUXILIARIES,
  BE_HAVE,
  COMPOUND_AFTER,
  DETERMINERS,
  FUNCTION_WORDS,
  IMPERATIVES,
  MARK_VERBS,
  MODIFIERS_OF_WORD,
  OBJECT_OPENERS,
  PERIOD_NOUNS,
  PREPOSITIONS,
  PRONOUN_DETERMINERS,
  QUESTIONS,
  SUBJECTS,
  VERB_PARTICLES,
  isModifier,
} from './wordClasses';

export interface SpokenContext {
  /** Lower case. */
  readonly words: readonly string[];
  /** Does the recogniser write a pause before word i, or does a phrase begin there? */
  readonly pause: (i: number) => boolean;
  /** Was there a silence before word i, by the times of the words? Absent without such times. */
  readonly silence?: (i: number) => boolean;
  /** The target is code, where command words are rarely meant as words. */
  readonly code: boolean;
}

const ORDINALS = /^(?:first|second|third|fourth|fifth|next|last)$/;

/** The surroundings of a command. */
export class Place {
  readonly before: string;
  readonly after: string;
  readonly words: readonly string[];
  /** The command is an opening mark. */
  readonly opens: boolean;
  /** The command is a mark that ends a sentence. */
  readonly ends: boolean;
  readonly isQuestionMark: boolean;
  /** The same words open and close: "backtick npm backtick". */
  readonly toggles: boolean;

  constructor(
    readonly at: number,
    readonly to: number,
    readonly context: SpokenContext,
    meant: SpokenCommand,
  ) {
    this.words = context.words;
    this.opens = meant.kind === 'mark' && meant.join === 'right';
    this.ends = meant.kind === 'mark' && meant.ends === true;
    this.toggles = meant.kind === 'mark' && meant.join === 'toggle';
    this.isQuestionMark = meant.kind === 'mark' && meant.text === '?';
    this.before = context.pause(at) ? '' : this.word(at - 1);
    this.after = context.pause(to) ? '' : this.word(to);
  }

  /**
   * Silence on both sides. A person also hesitates before a word, so it counts only where the
   * sentence can do without the word.
   */
  standsApart(): boolean {
    const { context, at, to } = this;
    const silent =
      context.silence?.(at) === true &&
      context.silence(to) &&
      at > 0 &&
      (to < this.words.length || !this.isPeriodOfTime());
    return silent && !this.hasDeterminer() && !this.isObject() && !isPreposition(this.before);
  }

  private isPeriodOfTime(): boolean {
    return this.spoken === 'period' && isPeriodOfTime(this);
  }

  word(i: number): string {
    return this.words[i] ?? '';
  }

  get spoken(): string {
    return this.word(this.at);
  }

  /** A command was carried out right before it. */
  get followsCommand(): boolean {
    return this.words[this.at - 1] === '';
  }

  /** The other half of a pair of marks comes later. */
  isPaired(): boolean {
    const later = this.words.slice(this.to);
    if (this.toggles) return later.includes(this.spoken);
    return this.opens && later.some((one) => /^closed?$|^end$/.test(one));
  }

  /** Does a clause begin at word i? */
  opensClause(i: number): boolean {
    return (
      i <= 0 || this.context.pause(i) || /^(?:that|if|because|where|but|so)$/.test(this.word(i - 1))
    );
  }

  /** "the comma", "a trailing comma", "my first new line"; "the first item comma" has none. */
  hasDeterminer(): boolean {
    if (this.before === '' || this.isPath() || this.isNumberedItem()) return false;
    let i = this.at - 1;
    while (i > 0 && !this.context.pause(i) && isModifier(this.word(i))) i--;
    const found = this.word(i);
    if (!DETERMINERS.has(found)) return false;
    return i < this.at - 1 || this.isDetermined(found);
  }

  /** @param before the word right before, which may be a determiner of this one */
  private isDetermined(before: string): boolean {
    const { after, spoken } = this;
    // "a underscore b": the letter.
    if (before === 'a') return after.length !== 1 && !/^[aeiou]/.test(spoken);
    // "my underscore var" is a name, "my underscore is missing" is not.
    if (before === 'my' && spoken === 'underscore')
      return after === '' || FUNCTION_WORDS.has(after) || COMPOUND_AFTER.has(after);
    return PRONOUN_DETERMINERS.has(before) ? this.pointsAt(this.at - 1) : true;
  }

  /** "the tilde slash src folder", "the dot slash build script", "the slash tmp slash logs file". */
  private isPath(): boolean {
    const { spoken, after, words, to } = this;
    const named = after !== '' && !FUNCTION_WORDS.has(after) && !COMPOUND_AFTER.has(after);
    if (spoken === 'tilde') return after === 'slash';
    if (spoken === 'dot') return named && words[to - 1] === 'slash';
    return spoken === 'slash' && named && words.slice(to + 1).includes('slash');
  }

  /** "the first colon apples semicolon the second colon pears" is a list. */
  private isNumberedItem(): boolean {
    const { before, after, spoken, words } = this;
    const goesOn = [BE_HAVE, AUXILIARIES, PREPOSITIONS, ADVERB_AFTER, COMPOUND_AFTER];
    if (!ORDINALS.test(before) || after === '' || goesOn.some((one) => one.has(after)))
      return false;
    return words.some(
      // A command that was carried out has no word left.
      (one, i) =>
        (one === spoken || one === '') && i !== this.at && ORDINALS.test(this.word(i - 1)),
    );
  }

  /** "that is it period new line": the sentence ends before a command that ends the line. */
  endsBeforeLine(): boolean {
    const [next, then] = [this.after, this.word(this.to + 1)];
    return next === 'newline' || (next === 'new' && /^(?:line|paragraph)$/.test(then));
  }

  /** "the build is green period open a ticket": the words after it are a sentence. */
  opensImperative(): boolean {
    const object = this.word(this.to + 1);
    return (
      IMPERATIVES.has(this.after) &&
      (DETERMINERS.has(object) || OBJECT_OPENERS.has(object) || PREPOSITIONS.has(object))
    );
  }

  /** "remove that comma", "during this period"; "I know that comma but" has an object. */
  private pointsAt(i: number): boolean {
    const verb = this.word(i - 1);
    const goesOn = SUBJECTS.has(this.after) || /^(?:but|then)$/.test(this.after);
    if (goesOn && this.spoken !== 'period') return false;
    return i === 0 || this.context.pause(i) || PREPOSITIONS.has(verb) || MARK_VERBS.has(verb);
  }

  /** "why is it missing question mark"; an article before the mark makes it a noun. */
  endsQuestion(): boolean {
    return (
      this.to === this.words.length &&
      QUESTIONS.has(this.word(0)) &&
      !/^(?:an?|the|this|that|another|no)$/.test(this.word(this.at - 1)) &&
      !/^(?:an?|the|this|that)$/.test(this.word(this.at - 2))
    );
  }

  /** "remove underscore from the name", "please add comma here". */
  isObject(): boolean {
    const verb = this.before;
    if (!MARK_VERBS.has(verb)) return false;
    if (this.opens && /^(?:say|says|said|write|type|print|put|call|calls|echo)$/.test(verb))
      return false;
    const asked = this.word(this.at - 2);
    const imperative =
      this.opensClause(this.at - 1) ||
      AUXILIARIES.has(asked) ||
      /^(?:to|please|and|then|not|don't|let's|always|never|just)$/.test(asked);
    if (imperative) return true;
    return this.after === ''
      ? !this.ends
      : PREPOSITIONS.has(this.after) || ADVERB_AFTER.has(this.after);
  }

  /** "browser tab", "tab completion". */
  isCompound(): boolean {
    const partners = MODIFIERS_OF_WORD.get(this.spoken);
    return (
      partners !== undefined && (partners.before.has(this.before) || partners.after.has(this.after))
    );
  }

  /** "underscore the importance", "we should slash the budget", "pipe it through". */
  isVerb(): boolean {
    if (!/^(?:underscore|slash|dash|pipe|tab|hyphen|caret)$/.test(this.spoken)) return false;
    const goesOn =
      DETERMINERS.has(this.after) || VERB_PARTICLES.has(this.after) || SUBJECTS.has(this.after);
    if (this.spoken === 'underscore' && DETERMINERS.has(this.after)) return true;
    return (
      goesOn &&
      (this.opensClause(this.at) ||
        this.before === 'to' ||
        AUXILIARIES.has(this.before) ||
        SUBJECTS.has(this.before) ||
        /^(?:please|not|and|then)$/.test(this.before))
    );
  }
}

export const isPreposition = (before: string): boolean =>
  /^(?:of|with|without|by|between|and|or|to|plus|via|like)$/.test(before);

/** "we are testing period": without an article before it, the sentence is whole. */
export function isPeriodOfTime(place: Place): boolean {
  const { before } = place;
  const participle = /ing$|ed$/.test(before);
  if (PERIOD_NOUNS.has(before)) return true;
  const said = /^(?:looks?|seems?|feels?|sounds?|works?|gets?|got|very|so|too|all)$/;
  // "this looks good period": the adjective belongs to the verb.
  const predicate = BE_HAVE.has(place.word(place.at - 2)) || said.test(place.word(place.at - 2));
  return (
    (isModifier(before) && !participle && !predicate) || (/ing$/.test(before) && hasArticle(place))
  );
}

/** Is an article among the three words before? */
function hasArticle({ at, words, context }: Place): boolean {
  for (let i = at - 1; i >= Math.max(0, at - 4); i--) {
    if (DETERMINERS.has(words[i] ?? '')) return true;
    if (context.pause(i) || BE_HAVE.has(words[i] ?? '')) return false;
  }
  return false;
}
