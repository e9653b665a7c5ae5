/**
 * Decides whether a command word is meant as the command or as the word. The decision has a reason:
 * pauses around it, the grammar of the sentence with and without it, and the target. Where its
 * removal breaks the sentence ("it was a busy …"), the word stays.
 */
import type { SpokenCommand } from '../../protocol/dictationCommands';
import { isPeriodOfTime, isPreposition, Place, type SpokenContext } from './commandPlace';
import {
  ADVERB_AFTER,
  AUXILIARIES,
  BE_HAVE,
  COMPOUND_AFTER,
  DETERMINERS,
  FUNCTION_WORDS,
  PREPOSITIONS,
  SUBJECTS,
} from './wordClasses';

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

type Rule = readonly [holds: (place: Place) => boolean, sense: Sense];

/** The first rule that holds decides. */
function decided(rules: readonly Rule[], place: Place): Sense {
  return rules.find(([holds]) => holds(place))?.[1] ?? command('fits');
}

const MARK_RULES: readonly Rule[] = [
  [(place) => place.hasDeterminer(), word('determiner')],
  [({ context }) => context.code, command('fits')],
  // "x equals y" is a sentence outside code; "equals sign" is the mark everywhere.
  [({ spoken, at, to }) => spoken === 'equals' && to - at === 1, word('verb')],
  [({ before }) => before === 'between', word('preposition')],
  // "open paren … close paren": the other half shows that both are commands.
  [(place) => place.isPaired(), command('fits')],
  // "new line dash a new parser" is an item of a list.
  [({ spoken, followsCommand }) => spoken === 'dash' && followsCommand, command('fits')],
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
  [(place) => place.endsBeforeLine() || place.opensImperative(), command('fits')],
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
    const verb = /^(?:it|this|that|them)$/.test(before) ? place.word(place.at - 2) : before;
    const named = /^(?:call|called|name|named|to|variable|function|method|const|let)$/.test(verb);
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
