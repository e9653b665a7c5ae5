/**
 * Decides whether a command word is meant as the command or as the word. The decision has a reason:
 * pauses around it, the grammar of the sentence with and without it, and the target. Where its
 * removal breaks the sentence ("it was a busy …"), the word stays.
 */
import type { SpokenCommand } from '../../protocol/dictationCommands';
import {
  ADVERB_AFTER,
  AUXILIARIES,
  BE_HAVE,
  COMPOUND_AFTER,
  DETERMINERS,
  FUNCTION_WORDS,
  MARK_VERBS,
  MODIFIERS_OF_WORD,
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

export type Reason =
  | 'pauses'
  | 'question'
  | 'fits'
  | 'determiner'
  | 'object'
  | 'preposition'
  | 'subject'
  | 'compound'
  | 'verb'
  | 'missing'
  | 'noPeriodHere'
  | 'nothingToWrite';

export interface Sense {
  readonly command: boolean;
  readonly reason: Reason;
}

const command = (reason: Reason): Sense => ({ command: true, reason });
const word = (reason: Reason): Sense => ({ command: false, reason });

/** @param to index behind the command's last word */
export function senseOf(
  spoken: SpokenCommand,
  at: number,
  to: number,
  context: SpokenContext,
): Sense {
  const { words, pause } = context;
  const apart = pause(at) && pause(to) && words.length > to - at;
  const place = new Place(at, to, context, spoken);
  switch (spoken.kind) {
    case 'literal':
      return place.hasDeterminer() ? word('determiner') : command('fits');
    case 'scratch':
      return apart || to >= words.length ? command('pauses') : word('verb');
    case 'style':
      return style(place);
    case 'caps':
      return caps(place);
    case 'glue':
      return glue(place);
    case 'line':
    case 'mark':
      return apart ? command('pauses') : mark(place);
  }
}

function mark(place: Place): Sense {
  if (place.standsApart()) return command('pauses');
  if (place.isQuestionMark && place.endsQuestion()) return command('question');
  return decided(place.spoken === 'period' ? PERIOD_RULES : MARK_RULES, place);
}

/** The surroundings of a command. */
class Place {
  readonly before: string;
  readonly after: string;
  readonly words: readonly string[];
  /** The command is an opening mark. */
  readonly opens: boolean;
  /** The command is a mark that ends a sentence. */
  readonly ends: boolean;
  readonly isQuestionMark: boolean;

  constructor(
    readonly at: number,
    readonly to: number,
    readonly context: SpokenContext,
    meant: SpokenCommand,
  ) {
    this.words = context.words;
    this.opens = meant.kind === 'mark' && meant.join === 'right';
    this.ends = meant.kind === 'mark' && meant.ends === true;
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

  /** Does a clause begin at word i? */
  opensClause(i: number): boolean {
    return (
      i <= 0 || this.context.pause(i) || /^(?:that|if|because|where|but|so)$/.test(this.word(i - 1))
    );
  }

  /** "the comma", "a trailing comma", "my first new line"; "the first item comma" has none. */
  hasDeterminer(): boolean {
    if (this.before === '') return false;
    let i = this.at - 1;
    while (i > 0 && !this.context.pause(i) && isModifier(this.word(i))) i--;
    const found = this.word(i);
    if (!DETERMINERS.has(found)) return false;
    // "a underscore b": the letter.
    if (found === 'a' && i === this.at - 1)
      return this.after.length !== 1 && !/^[aeiou]/.test(this.spoken);
    if (i === this.at - 1 && PRONOUN_DETERMINERS.has(found)) return this.pointsAt(i);
    return true;
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

type Rule = readonly [holds: (place: Place) => boolean, sense: Sense];

/** The first rule that holds decides. */
function decided(rules: readonly Rule[], place: Place): Sense {
  return rules.find(([holds]) => holds(place))?.[1] ?? command('fits');
}

const isPreposition = (before: string): boolean =>
  /^(?:of|with|without|by|between|and|or|to|plus|via|like)$/.test(before);

const MARK_RULES: readonly Rule[] = [
  [(place) => place.hasDeterminer(), word('determiner')],
  [({ context }) => context.code, command('fits')],
  [({ before }) => before === 'between', word('preposition')],
  // "open paren … close paren": the other half shows that both are commands.
  [
    ({ opens, words, to }) => opens && words.slice(to).some((one) => /^closed?$|^end$/.test(one)),
    command('fits'),
  ],
  [({ before }) => /^(?:missing|extra|stray|trailing|leading)$/.test(before), word('missing')],
  [({ after }) => COMPOUND_AFTER.has(after), word('compound')],
  [(place) => place.isCompound(), word('compound')],
  [(place) => place.isVerb(), word('verb')],
  [(place) => place.isObject(), word('object')],
  [
    ({ spoken, before, after }) => spoken === 'slash' && before === 'and' && after === 'or',
    command('fits'),
  ],
  [
    ({ before, after, opens }) => isPreposition(before) && !(opens && after !== ''),
    word('preposition'),
  ],
  [
    ({ before, after }) =>
      BE_HAVE.has(before) && (PREPOSITIONS.has(after) || ADVERB_AFTER.has(after)),
    word('subject'),
  ],
  [
    (place) =>
      place.opensClause(place.at) && (BE_HAVE.has(place.after) || AUXILIARIES.has(place.after)),
    word('subject'),
  ],
];

/** "the meeting is over period" ends a sentence, "the reporting period" does not. */
const PERIOD_RULES: readonly Rule[] = [
  [({ before, at, context }) => before === '' && context.pause(at + 1), command('pauses')],
  [({ before }) => before === '', word('noPeriodHere')],
  [(place) => place.hasDeterminer(), word('determiner')],
  [({ context }) => context.code, command('fits')],
  [isPeriodOfTime, word('compound')],
  [(place) => place.isObject(), word('object')],
  [({ before }) => /^(?:of|by|with|without|per|during|and|or)$/.test(before), word('preposition')],
  [({ after }) => after === '', command('fits')],
  // In the middle of a sentence, a new sentence has to begin after it.
  [
    ({ after }) =>
      SUBJECTS.has(after) ||
      DETERMINERS.has(after) ||
      /^(?:then|next|now|also|please|let's)$/.test(after),
    command('fits'),
  ],
  [() => true, word('noPeriodHere')],
];

/** "we are testing period": without an article before it, the sentence is whole. */
function isPeriodOfTime(place: Place): boolean {
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

/** "camel case retry count" is a name; "use camel case for variables" is advice. */
function style(place: Place): Sense {
  const { after, to, words, before } = place;
  if (to >= words.length || place.context.pause(to)) return word('nothingToWrite');
  if (
    /^(?:names?|naming|style|convention|conventions|identifiers?|everywhere|here|there|only|please|instead|throughout|not|please|variables?)$/.test(
      after,
    )
  )
    return word('compound');
  if (FUNCTION_WORDS.has(after)) {
    // "call it camel case is valid": a name may begin with one of these.
    const named = /^(?:call|called|name|named|to|variable|function|method|const|let)$/.test(before);
    const opensName = /^(?:is|has|on|to|from|with|can|should|will)$/.test(after);
    return named && opensName ? command('fits') : word('compound');
  }
  if (DETERMINERS.has(before)) return word('determiner');
  return command('fits');
}

function caps({ to, words, before, after, context }: Place): Sense {
  if (to >= words.length || context.pause(to)) return word('nothingToWrite');
  if (
    /^(?:in|with|of|the|are|is|were|was|be|has|have|use|using|no|these|those|written)$/.test(before)
  )
    return word('preposition');
  return FUNCTION_WORDS.has(after) || /^(?:here|there|names?|please|text|letters)$/.test(after)
    ? word('compound')
    : command('fits');
}

/** "data no space base" joins two words; "there is no space left" has none to join. */
function glue({ at, to, words, before, after, context }: Place): Sense {
  if (at === 0 || to >= words.length) return word('nothingToWrite');
  if (context.pause(at) && context.pause(to)) return command('pauses');
  if (
    BE_HAVE.has(before) ||
    isPreposition(before) ||
    /^(?:there's|leave|leaves|left|need|needs|want|wants|use|uses|add|with|find|found|got|get|see|say|says|almost|virtually|absolutely|basically|because|that|but|if)$/.test(
      before,
    )
  )
    return word('object');
  return FUNCTION_WORDS.has(after) ||
    /^(?:left|available|remaining|free|here|there|anymore|character|characters|either)$/.test(after)
    ? word('compound')
    : command('fits');
}
